// Does the work of one node: loads it, fills its templates, runs its kind, and leaves the outcome to be
// settled with the job. Everything before the settlement may happen again after a crash.
import { isWithinDepth, type Json, maxJsonDepth } from '@gathering/contract/json';
import type { NodeConfig, NodeType } from '@gathering/contract/pipeline-definition';
import type { RunError } from '@gathering/contract/pipelines';
import { makeStorable, storableText } from '@gathering/contract/storable';
import { expressionsIn, fillTemplates, TemplateTooLarge } from '@gathering/contract/templates';
import type { Ctx } from '../../ctx.ts';
import type { RunningJob } from '../../jobs/define-job.ts';
import type { Settlement } from '../../jobs/settlement.ts';
import { hideSecrets } from '../../platform/redact.ts';
import { readProject } from '../projects/index.ts';
import { actAsStarter } from './act-as-starter.ts';
import { loadNode, loadNodeOfJob } from './load-nodes.ts';
import type { NodeChange, NodeEnd, NodeStart } from './node-changes.ts';
import { NodeFailure, type NodeKind, type NodeOutcome } from './nodes/node-kind.ts';
import { findNodeKind } from './nodes/node-list.ts';
import { evaluateAll } from './read-scope.ts';
import { isActive } from './rules.ts';
import { nodeSettlement } from './settle-nodes.ts';
import type { NodeWorkRow } from './store/runs.ts';

export interface NodePayload {
  readonly runId: string;
  readonly nodeId: string;
}

/** Larger outputs fail their node: they would burden every reader of the run. */
export const maxOutputBytes = 2 * 1024 * 1024;

const settlementOf = (item: NodeChange): Settlement => ({ group: nodeSettlement, item });
const isOpen = (status: string): boolean => status === 'pending' || status === 'running' || status === 'waiting';

export async function runNode(ctx: Ctx, job: RunningJob<NodePayload>): Promise<Settlement | undefined> {
  const node = await loadNodeOfJob(ctx.database, job, job.payload.runId, job.payload.nodeId);
  if (node === null || node.job_id !== job.id || !isOpen(node.status) || !isActive(node.run_status)) return undefined;
  const startedAt = ctx.clock.now();
  let input: Json = null;
  try {
    const nodeCtx = await actAsStarter(ctx, node);
    const kind = findNodeKind(node.type);
    if (!kind) throw new NodeFailure('pipelines.type-unknown', `This version cannot run nodes of type "${node.type}".`);
    const config = await fillConfig(nodeCtx, node, kind);
    // What is kept is for people to look at; the work is done with the config itself.
    input = asStorable(node.type === 'action' ? hideSecrets(config as Json) : (config as Json));
    const outcome = await kind.run({
      ctx: nodeCtx,
      node,
      config,
      projectRoot: await findProjectRoot(nodeCtx, node),
      announce: (intendedKey) => announce(ctx, job, node, input, intendedKey ?? null),
      evaluate: async (expression) => (await evaluateAll(nodeCtx, node, [expression])).get(expression),
    });
    return settleOutcome(ctx, job, node, input, outcome, startedAt);
  } catch (error) {
    if (!(error instanceof NodeFailure)) throw error;
    return settlementOf(failedEnd(ctx, job, node, input, error, startedAt));
  }
}

/** The job failed as often as it may: the node ends failed, so that its run does. */
export async function failNode(
  ctx: Ctx,
  job: RunningJob<NodePayload>,
  message: string,
): Promise<Settlement | undefined> {
  const node = await loadNode(ctx.database, job.payload.runId, job.payload.nodeId);
  if (node === null || !isOpen(node.status)) return undefined;
  const failure = new NodeFailure('pipelines.node-gave-up', message, {
    next: 'The log of the server has the cause; start a new run when it is mended.',
  });
  return settlementOf({ ...failedEnd(ctx, job, node, null, failure, ctx.clock.now()), jobId: node.job_id });
}

async function fillConfig(ctx: Ctx, node: NodeWorkRow, kind: NodeKind<NodeType>): Promise<NodeConfig<NodeType>> {
  const plain = new Set(kind.plainKeys ?? []);
  const entries = Object.entries(node.config);
  const templates = Object.fromEntries(entries.filter(([key]) => !plain.has(key)));
  const values = await evaluateAll(ctx, node, expressionsIn(templates));
  const filled = values.size === 0 ? templates : fill(templates, values);
  return { ...Object.fromEntries(entries.filter(([key]) => plain.has(key))), ...filled } as NodeConfig<NodeType>;
}

function fill<T extends object>(templates: T, values: ReadonlyMap<string, unknown>): T {
  try {
    return fillTemplates(templates, values) as T;
  } catch (cause) {
    if (!(cause instanceof TemplateTooLarge)) throw cause;
    // biome-ignore lint/style/useErrorCause: it is passed, beside the code
    throw new NodeFailure('pipelines.template-too-large', cause.message, { cause });
  }
}

async function findProjectRoot(ctx: Ctx, node: NodeWorkRow): Promise<string | null> {
  if (node.project_id === null || node.type !== 'action') return null;
  return (await readProject(ctx, node.project_id)).folder;
}

async function announce(
  ctx: Ctx,
  job: RunningJob<NodePayload>,
  node: NodeWorkRow,
  input: Json,
  intendedKey: string | null,
): Promise<boolean> {
  const start: NodeStart = {
    kind: 'start',
    ctx,
    runId: node.run_id,
    nodeId: node.node_id,
    jobId: job.id,
    attempt: job.attempt,
    input,
    intendedKey,
    at: ctx.clock.now(),
    applied: false,
  };
  await ctx.queue.mark(settlementOf(start));
  return start.applied;
}

function settleOutcome(
  ctx: Ctx,
  job: RunningJob<NodePayload>,
  node: NodeWorkRow,
  input: Json,
  outcome: NodeOutcome,
  startedAt: Date,
): Settlement | undefined {
  const common = { ctx, runId: node.run_id, nodeId: node.node_id, jobId: job.id, input, at: ctx.clock.now() };
  if (outcome.kind === 'dropped') return undefined;
  if (outcome.kind === 'wait-until') {
    return settlementOf({
      ...common,
      kind: 'wait',
      waitingKind: 'time',
      until: outcome.at,
      question: null,
      nextJobId: ctx.ids.next(),
    });
  }
  if (outcome.kind === 'wait-for-decision') {
    return settlementOf({
      ...common,
      kind: 'wait',
      waitingKind: 'decision',
      until: null,
      question: outcome.question,
      nextJobId: ctx.ids.next(),
    });
  }
  if (outcome.kind === 'wait-for') {
    const { what, until, alongside } = outcome;
    const nextJobId = ctx.ids.next();
    return settlementOf({ ...common, kind: 'wait', waitingKind: what, until, question: null, nextJobId, alongside });
  }
  const output = readOutput(outcome.output);
  if (output instanceof NodeFailure) return settlementOf(failedEnd(ctx, job, node, input, output, startedAt));
  const end: NodeEnd = {
    ...common,
    kind: 'end',
    type: node.type,
    status: 'completed',
    branch: outcome.branch ?? null,
    output: output.value,
    error: null,
    inputTokens: outcome.inputTokens ?? 0,
    outputTokens: outcome.outputTokens ?? 0,
    costUsd: outcome.costUsd ?? null,
    startedAt,
    alongside: outcome.alongside ?? null,
  };
  return settlementOf(end);
}

/** The output as every database can hold it, or why it cannot be kept. */
function readOutput(output: Json): { value: Json } | NodeFailure {
  const next = 'Make the node answer less: a filter, a limit, a summary.';
  if (!isWithinDepth(output)) {
    return new NodeFailure('pipelines.output-too-deep', `The output is nested more than ${maxJsonDepth} levels deep.`, {
      next,
    });
  }
  const text = JSON.stringify(output);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxOutputBytes) {
    return new NodeFailure(
      'pipelines.output-too-large',
      `The output has ${bytes} bytes; at most ${maxOutputBytes} are kept.`,
      { next },
    );
  }
  return { value: asStorable(output, text) };
}

/** JSON text shows NUL and halves of surrogate pairs as escapes: only then there is something to replace. */
function asStorable(value: Json, text: string = JSON.stringify(value)): Json {
  return /\\u(0000|d[89a-f])/.test(text) ? makeStorable(value) : value;
}

function failedEnd(
  ctx: Ctx,
  job: RunningJob<NodePayload>,
  node: NodeWorkRow,
  input: Json,
  failure: NodeFailure,
  startedAt: Date,
): NodeEnd {
  const error: RunError = {
    code: failure.code,
    message: storableText(failure.message),
    nodeId: node.node_id,
    next: failure.next,
  };
  return {
    kind: 'end',
    ctx,
    runId: node.run_id,
    nodeId: node.node_id,
    jobId: job.id,
    type: node.type,
    status: failure.status,
    branch: null,
    input,
    output: failure.output,
    error,
    inputTokens: failure.usage?.inputTokens ?? 0,
    outputTokens: failure.usage?.outputTokens ?? 0,
    costUsd: failure.usage?.costUsd ?? null,
    startedAt,
    at: ctx.clock.now(),
    alongside: failure.alongside,
  };
}
