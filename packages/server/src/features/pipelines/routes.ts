// Binds the contract's routes of pipelines and runs.
import { AppError } from '@gathering/contract/errors';
import * as contract from '@gathering/contract/pipelines';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { readTurn } from '../agents/index.ts';
import { readProject } from '../projects/index.ts';
import { cancelRun } from './cancel-run.ts';
import { decideNode } from './decide-node.ts';
import { sendSignal, signalNode } from './end-wait.ts';
import { listRunPage, readRun } from './read-run.ts';
import {
  changePipeline,
  checkDefinition,
  createPipeline,
  definitionOf,
  listPipelinePage,
  readPipeline,
  removePipeline,
  toPipeline,
} from './service.ts';
import { fingerprintOf, startRun } from './start-run.ts';

async function startAndRead(ctx: Ctx, request: Parameters<typeof startRun>[1]) {
  if (request.projectId !== null) await readProject(ctx, request.projectId);
  return readRun(ctx, await startRun(ctx, request));
}

export const pipelinesRoutes = [
  answer(contract.listPipelinesRoute, (ctx: Ctx, input) =>
    listPipelinePage(ctx, input.query.cursor, input.query.limit),
  ),
  answer(contract.createPipelineRoute, (ctx: Ctx, input) => createPipeline(ctx, input.body)),
  answer(contract.readPipelineRoute, async (ctx: Ctx, input) => toPipeline(await readPipeline(ctx, input.params.id))),
  answer(contract.changePipelineRoute, (ctx: Ctx, input) => changePipeline(ctx, input.params.id, input.body)),
  answer(contract.removePipelineRoute, (ctx: Ctx, input) => removePipeline(ctx, input.params.id).then(() => undefined)),
  answer(contract.validatePipelineRoute, async (ctx: Ctx, input) => {
    const stored = await readPipeline(ctx, input.params.id);
    const faults = await checkDefinition(ctx, input.body?.definition ?? stored.definition);
    return { valid: faults.length === 0, faults };
  }),
  answer(contract.startRunRoute, async (ctx: Ctx, input) => {
    const stored = await readPipeline(ctx, input.params.id);
    return startAndRead(ctx, {
      pipelineId: stored.id,
      definition: definitionOf(stored),
      input: input.body?.input ?? {},
      projectId: input.body?.projectId ?? null,
    });
  }),
  answer(contract.runDefinitionRoute, (ctx: Ctx, input) => {
    const { definition, projectId = null } = input.body;
    const request = { pipelineId: null, definition, input: input.body.input ?? {}, projectId };
    // So that a command finds the run again, should this server die.
    return startAndRead(ctx, { ...request, fingerprint: fingerprintOf(request) });
  }),
  answer(contract.listRunsRoute, (ctx: Ctx, input) => listRunPage(ctx, input.query)),
  answer(contract.readRunRoute, (ctx: Ctx, input) => readRun(ctx, input.params.id)),
  answer(contract.readNodeTurnRoute, async (ctx: Ctx, input) => {
    const node = (await readRun(ctx, input.params.id)).nodes.find((one) => one.id === input.params.nodeId);
    if (!node?.turnId) throw new AppError('agents.turn-not-found');
    return readTurn(ctx, node.turnId);
  }),
  answer(contract.cancelRunRoute, async (ctx: Ctx, input) => {
    await cancelRun(ctx, input.params.id);
    return readRun(ctx, input.params.id);
  }),
  answer(contract.decideNodeRoute, async (ctx: Ctx, input) => {
    await decideNode(ctx, input.params.id, input.params.nodeId, input.body.decision);
    return readRun(ctx, input.params.id);
  }),
  answer(contract.signalNodeRoute, async (ctx: Ctx, input) => {
    await signalNode(ctx, input.params.id, input.params.nodeId, input.body);
    return readRun(ctx, input.params.id);
  }),
  answer(contract.sendSignalRoute, async (ctx: Ctx, input) => ({ delivered: await sendSignal(ctx, input.body) })),
];
