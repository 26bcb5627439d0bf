// Binds the contract's routes of pipelines and runs.
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import * as contract from '@gathering/contract/pipelines';
import * as controls from '@gathering/contract/pipelines-controls';
import * as triggers from '@gathering/contract/pipelines-triggers';
import * as versions from '@gathering/contract/pipelines-versions';
import { actorName, type Ctx } from '../../ctx.ts';
import { answer, withStatus } from '../../platform/http/bind.ts';
import { readTurn } from '../agents/index.ts';
import { readProject } from '../projects/index.ts';
import { cancelRun } from './cancel-run.ts';
import { decideNode } from './decide-node.ts';
import { sendSignal, signalNode } from './end-wait.ts';
import { exportPipeline, importPipeline } from './files/import-pipeline.ts';
import { forkRun } from './fork-run.ts';
import { claimOfKey, fingerprintOfRequest, readRepeated } from './idempotency.ts';
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
import { fingerprintOf, readPublished, type StartRequest, startOnce, startRun } from './start-run.ts';
import { tryFilter } from './triggers/check-filter.ts';
import { changeTrigger, createTrigger, listTriggers, removeTrigger, renewTrigger } from './triggers/manage-triggers.ts';
import { receiveHook } from './triggers/receive-hook.ts';
import { listVersionPage, publishPipeline, readVersion, rollBackPipeline } from './versions.ts';

/** With an idempotency key it is started once; whoever comes again reads the same run. */
async function startAndRead(ctx: Ctx, request: StartRequest, key: string | undefined, asked: Json) {
  const idempotency = key && claimOfKey(ctx, actorName(ctx.actor), key, fingerprintOfRequest(asked));
  const repeated = idempotency && (await readRepeated(ctx, idempotency));
  if (repeated) return readRun(ctx, repeated);
  if (request.projectId !== null) await readProject(ctx, request.projectId);
  if (!idempotency) return readRun(ctx, await startRun(ctx, request));
  return readRun(ctx, (await startOnce(ctx, { ...request, claims: { idempotency } })).runId);
}

/** What is done with a run is answered with the run as it is then. */
const thenRead =
  (act: (ctx: Ctx, runId: string) => Promise<void>) =>
  async (ctx: Ctx, { params: { id } }: { readonly params: { readonly id: string } }) => {
    await act(ctx, id);
    return readRun(ctx, id);
  };

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
    const { id } = input.params;
    const { draft = false, projectId = null, input: given = {}, ...controls } = input.body ?? {};
    const stored = draft
      ? { pipelineId: id, definition: definitionOf(await readPipeline(ctx, id)) }
      : await readPublished(ctx, id);
    const request = { ...stored, input: given, projectId, controls };
    return startAndRead(ctx, request, input.headers['idempotency-key'], [id, draft, given, projectId, { ...controls }]);
  }),
  answer(contract.runDefinitionRoute, (ctx: Ctx, input) => {
    const { definition, projectId = null, input: given = {}, ...settings } = input.body;
    const request = { pipelineId: null, definition, input: given, projectId, controls: settings };
    // So that a command finds the run again, should this server die.
    const fingerprint = fingerprintOf(request);
    return startAndRead(ctx, { ...request, fingerprint }, input.headers['idempotency-key'], [
      fingerprint,
      { ...settings },
    ]);
  }),
  answer(contract.listRunsRoute, (ctx: Ctx, input) => listRunPage(ctx, input.query)),
  answer(contract.readRunRoute, (ctx: Ctx, input) => readRun(ctx, input.params.id)),
  answer(contract.readNodeTurnRoute, async (ctx: Ctx, input) => {
    const node = (await readRun(ctx, input.params.id)).nodes.find((one) => one.id === input.params.nodeId);
    if (!node?.turnId) throw new AppError('agents.turn-not-found');
    return readTurn(ctx, node.turnId);
  }),
  answer(contract.cancelRunRoute, thenRead(cancelRun)),
  answer(controls.pauseRunRoute, thenRead(pauseRun)),
  answer(controls.resumeRunRoute, thenRead(resumeRun)),
  answer(controls.retryRunRoute, thenRead(retryRun)),
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
  answer(contract.signalNodeRoute, async (ctx: Ctx, input) => {
    await signalNode(ctx, input.params.id, input.params.nodeId, input.body);
    return readRun(ctx, input.params.id);
  }),
  answer(contract.sendSignalRoute, async (ctx: Ctx, input) => ({ delivered: await sendSignal(ctx, input.body) })),
  ...versionRoutes(),
  ...triggerRoutes(),
];

function versionRoutes() {
  return [
    answer(versions.publishPipelineRoute, (ctx: Ctx, input) => publishPipeline(ctx, input.params.id, input.body ?? {})),
    answer(versions.listVersionsRoute, (ctx: Ctx, input) =>
      listVersionPage(ctx, input.params.id, input.query.cursor, input.query.limit),
    ),
    answer(versions.readVersionRoute, (ctx: Ctx, input) => readVersion(ctx, input.params.id, input.params.version)),
    answer(versions.rollBackPipelineRoute, (ctx: Ctx, input) =>
      rollBackPipeline(ctx, input.params.id, input.params.version, input.body ?? {}),
    ),
    answer(versions.exportPipelineRoute, (ctx: Ctx, input) =>
      exportPipeline(ctx, input.params.id, input.query.version),
    ),
    answer(versions.importPipelineRoute, async (ctx: Ctx, input) => {
      const pipeline = await importPipeline(ctx, input.body);
      return input.body.pipelineId === undefined ? pipeline : withStatus(200, pipeline);
    }),
  ];
}

function triggerRoutes() {
  return [
    answer(triggers.listTriggersRoute, (ctx: Ctx, input) => listTriggers(ctx, input.params.id)),
    answer(triggers.createTriggerRoute, (ctx: Ctx, input) => createTrigger(ctx, input.params.id, input.body)),
    answer(triggers.changeTriggerRoute, (ctx: Ctx, input) =>
      changeTrigger(ctx, input.params.id, input.params.triggerId, input.body),
    ),
    answer(triggers.renewTriggerRoute, (ctx: Ctx, input) => renewTrigger(ctx, input.params.id, input.params.triggerId)),
    answer(triggers.removeTriggerRoute, (ctx: Ctx, input) =>
      removeTrigger(ctx, input.params.id, input.params.triggerId),
    ),
    answer(triggers.tryFilterRoute, (ctx: Ctx, input) => tryFilter(ctx, input.body)),
    answer(triggers.receiveHookRoute, (ctx: Ctx, input) => receiveHook(ctx, input)),
  ];
}
