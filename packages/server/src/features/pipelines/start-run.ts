// Starts a run: one transaction writes it with a snapshot of its graph, the nodes with their counters, the
// events, and enqueues what is ready. From its commit on it goes on by itself, whoever dies.
import { createHash } from 'node:crypto';
import { checkGraph } from '@gathering/contract/check-graph';
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { listAgentRefs } from '../agents/index.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { checkInput, checkSchemas } from './check-input.ts';
import { isControl, jobNameOf, layOutRun, startAfterOf } from './rules.ts';
import { insertNodeRuns, insertRun, type NewNodeRun } from './store/runs.ts';

export interface StartRequest {
  readonly pipelineId: string | null;
  readonly definition: PipelineDefinition;
  readonly input: Json;
  readonly projectId: string | null;
  readonly fingerprint?: string | null;
}

/** Names that a definition may refer to now. */
export async function readKnownNames(ctx: Ctx): Promise<{ agents: Set<string>; tools: Set<string> }> {
  return { agents: await listAgentRefs(ctx), tools: new Set(ctx.tools.all.map((tool) => tool.name)) };
}

/** The same for the same definition, input and project; finds a run that was cut off with its program. */
export function fingerprintOf(request: Omit<StartRequest, 'fingerprint'>): string {
  return createHash('sha256')
    .update(JSON.stringify([request.definition, request.input, request.projectId]))
    .digest('hex');
}

/** Refuses with every fault of definition and input; else answers the id of the run, which is under way. */
export async function startRun(ctx: Ctx, request: StartRequest): Promise<string> {
  const faults = [
    ...checkGraph(request.definition, await readKnownNames(ctx)),
    ...(await checkSchemas(request.definition)),
  ];
  if (faults.length > 0) throw new AppError('pipelines.invalid', { faults });
  const trigger = request.definition.nodes.find((node) => node.type === 'trigger');
  const inputFaults = await checkInput(trigger?.config.input, request.input);
  if (inputFaults.length > 0) throw new AppError('pipelines.input-invalid', { faults: inputFaults });
  return ctx.tx((tx) => startCheckedRun(ctx, tx, request));
}

/** The transaction's part of `startRun`, for callers that have checked and hold a transaction. */
export async function startCheckedRun(ctx: Ctx, tx: Tx, request: StartRequest): Promise<string> {
  const runId = ctx.ids.next();
  const at = ctx.clock.now();
  const { nodes, ready } = layOutRun(request.definition, request.input);
  const isReady = new Set(ready);
  const rows: NewNodeRun[] = nodes.map((laidOut) => {
    const waitingUntil = isReady.has(laidOut) ? startAfterOf(laidOut.node.type, laidOut.node.config, at) : null;
    return {
      laidOut,
      jobId: ctx.ids.next(),
      turnId: laidOut.node.type === 'agent' ? ctx.ids.next() : null,
      status: waitingUntil === null ? laidOut.status : 'waiting',
      waitingUntil,
    };
  });
  const openNodes = rows.filter((row) => row.status !== 'completed').length;
  const output =
    openNodes === 0
      ? Object.fromEntries(
          nodes.filter((node) => node.children.length === 0).map((node) => [node.node.id, node.output]),
        )
      : null;
  const pending = [
    insertRun(tx, {
      id: runId,
      pipelineId: request.pipelineId,
      definition: request.definition,
      projectId: request.projectId,
      actorId: actorName(ctx.actor),
      input: request.input,
      output,
      fingerprint: request.fingerprint ?? null,
      status: openNodes === 0 ? 'completed' : 'running',
      openNodes,
      at,
    }),
    insertNodeRuns(tx, runId, rows, at),
    emitEvents(ctx, tx, startEvents(runId, request.pipelineId, rows, openNodes)),
    recordAudit(ctx, tx, {
      action: 'pipelines.start-run',
      object: `runs/${runId}`,
      details: { pipeline: request.definition.name, by: actorName(ctx.actor) },
    }),
    ctx.queue.enqueue(
      tx,
      rows
        .filter((row) => isReady.has(row.laidOut))
        .map((row) => ({
          name: jobNameOf(row.laidOut.node.type),
          id: row.jobId,
          payload: { runId, nodeId: row.laidOut.node.id },
          startAfter: row.waitingUntil ?? undefined,
        })),
    ),
  ];
  await Promise.allSettled(pending);
  await Promise.all(pending);
  return runId;
}

function startEvents(
  runId: string,
  pipelineId: string | null,
  rows: readonly NewNodeRun[],
  openNodes: number,
): NewEvent[] {
  const subject = `runs/${runId}`;
  const related = pipelineId === null ? [] : [`pipelines/${pipelineId}`];
  const events: NewEvent[] = [{ type: 'pipelines.run-started', subject, related, payload: { status: 'running' } }];
  for (const { laidOut, status } of rows) {
    if (isControl(laidOut.node.type) && status === 'completed')
      events.push({ type: 'pipelines.node-ended', subject, related, payload: { nodeId: laidOut.node.id, status } });
    if (status === 'waiting')
      events.push({
        type: 'pipelines.node-waiting',
        subject,
        related,
        payload: { nodeId: laidOut.node.id, status, waitingKind: 'time' },
      });
  }
  if (openNodes === 0) events.push({ type: 'pipelines.run-ended', subject, related, payload: { status: 'completed' } });
  return events;
}
