// Binds the contract's routes of pipelines and runs.
import { AppError } from '@gathering/contract/errors';
import * as contract from '@gathering/contract/pipelines';
import * as controls from '@gathering/contract/pipelines-controls';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { readTurn } from '../agents/index.ts';
import { readProject } from '../projects/index.ts';
import { cancelRun } from './cancel-run.ts';
import { decideNode } from './decide-node.ts';
import { forkRun } from './fork-run.ts';
import { pauseRun, resumeRun } from './pause-run.ts';
import { listRunPage, readRun } from './read-run.ts';
import { retryRun } from './retry-run.ts';
import { runSingleNode } from './run-single-node.ts';
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
    const { input: given = {}, projectId = null, ...settings } = input.body ?? {};
    return startAndRead(ctx, {
      pipelineId: stored.id,
      definition: definitionOf(stored),
      input: given,
      projectId,
      controls: settings,
    });
  }),
  answer(contract.runDefinitionRoute, (ctx: Ctx, input) => {
    const { definition, projectId = null, input: given = {}, ...settings } = input.body;
    const request = { pipelineId: null, definition, input: given, projectId, controls: settings };
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
  answer(controls.pauseRunRoute, async (ctx: Ctx, input) => {
    await pauseRun(ctx, input.params.id);
    return readRun(ctx, input.params.id);
  }),
  answer(controls.resumeRunRoute, async (ctx: Ctx, input) => {
    await resumeRun(ctx, input.params.id);
    return readRun(ctx, input.params.id);
  }),
  answer(controls.retryRunRoute, async (ctx: Ctx, input) => {
    await retryRun(ctx, input.params.id);
    return readRun(ctx, input.params.id);
  }),
  answer(controls.forkRunRoute, async (ctx: Ctx, input) =>
    readRun(ctx, await forkRun(ctx, input.params.id, input.body)),
  ),
  answer(controls.runSingleNodeRoute, async (ctx: Ctx, { params, body }) => {
    if (body?.projectId) await readProject(ctx, body.projectId);
    return readRun(ctx, await runSingleNode(ctx, params.id, params.nodeId, body ?? {}));
  }),
  answer(contract.decideNodeRoute, async (ctx: Ctx, input) => {
    await decideNode(ctx, input.params.id, input.params.nodeId, input.body.decision);
    return readRun(ctx, input.params.id);
  }),
];
