// Does the work of one node: loads it, fills its templates, runs its kind, and leaves the outcome to be
// settled with the job. Everything before the settlement may happen again after a crash.
import { isWithinDepth, type Json, maxJsonDepth } from '@gathering/contract/json';
import type { NodeConfig, NodeType } from '@gathering/contract/pipeline-definition';
import type { RunError } from '@gathering/contract/pipelines';
import { makeStorable, storableText } from '@gathering/contract/storable';
import { expressionsIn } from '@gathering/contract/templates';
import type { Ctx } from '../../ctx.ts';
import type { RunningJob } from '../../jobs/define-job.ts';
import type { Settlement } from '../../jobs/settlement.ts';
import { hideSecrets } from '../../platform/redact.ts';
import { cancelTurns } from '../agents/index.ts';
import { readProject } from '../projects/index.ts';
import { actAsStarter } from './act-as-starter.ts';
import { loadNodeOfJob } from './load-nodes.ts';
import type { NodeChange, NodeEnd, NodePark, NodeStart, NodeWait } from './node-changes.ts';
import { branchAfterFailure, pauseBeforeRetry } from './node-policy.ts';
import { NodeFailure, type NodeKind, type NodeOutcome } from './nodes/node-kind.ts';
import { findNodeKind } from './nodes/node-list.ts';
import { evaluateAll, fillOrFail } from './read-scope.ts';
import { isActive, isTimed } from './rules.ts';
import { foresee } from './run-shapes.ts';
import { nodeSettlement } from './settle-nodes.ts';
import { type NodeWorkRow, readOwnedNode } from './store/runs.ts';

export interface NodePayload {
  readonly runId: string;
  /** The node that the job begins with; it may go on to others. */
  readonly nodeId: string;
  readonly jobId: string;
}

/** Larger outputs fail their node: they would burden every reader of the run. */
export const maxOutputBytes = 2 * 1024 * 1024;

const settlementOf = (item: NodeChange): Settlement => ({ group: nodeSettlement, item });
const isOpen = (status: string): boolean => status === 'pending' || status === 'running' || status === 'waiting';

/** One try of a node: who does it, since when, and what it was given. */
interface Try {
  readonly ctx: Ctx;
  readonly job: RunningJob<NodePayload>;
  readonly node: NodeWorkRow;
  readonly startedAt: Date;
  input: Json;
}

export async function runNode(ctx: Ctx, job: RunningJob<NodePayload>): Promise<Settlement | undefined> {
  const node = await loadNodeOfJob(ctx.database, job, job.payload.runId, job.payload.nodeId);
  if (node === null || node.job_id !== job.id || !isOpen(node.status) || !isActive(node.run_status)) return undefined;
  // Begun just before the pause, or again after a crash. What is remembered of a node may be older than the pause: then it
  // was begun before.
  if (node.run_status === 'paused' && !hasHeard(node)) return settlementOf(parkOf(ctx, job, node));
  const one: Try = { ctx, job, node, startedAt: ctx.clock.now(), input: null };
  try {
    const outcome = await withinTime(one, (timed) => work(one, timed));
    return settleOutcome(one, outcome);
  } catch (error) {
    if (!(error instanceof NodeFailure)) throw error;
    return settlementOf(afterFailure(one, error));
  }
}

/** What the node waited for has come; nothing new begins with it. */
const hasHeard = ({ status, waiting_kind }: NodeWorkRow): boolean =>
  status === 'waiting' && waiting_kind !== null && !isTimed(waiting_kind);

const parkOf = (ctx: Ctx, job: RunningJob<NodePayload>, node: NodeWorkRow): NodePark => ({
  kind: 'park',
  ctx,
  runId: node.run_id,
  nodeId: node.node_id,
  jobId: job.id,
  attempt: job.attempt,
  nextJobId: ctx.ids.next(),
});

async function work(one: Try, ctx: Ctx): Promise<NodeOutcome> {
  const { node } = one;
  const nodeCtx = await actAsStarter(ctx, node);
  const kind = findNodeKind(node.type);
  if (!kind) throw new NodeFailure('pipelines.type-unknown', `This version cannot run nodes of type "${node.type}".`);
  const { config, shown } = await fillConfig(nodeCtx, node, kind);
  one.input = shown;
  return kind.run({
    ctx: nodeCtx,
    node,
    config,
    projectRoot: await findProjectRoot(nodeCtx, node),
    announce: (intendedKey) => announce(one, intendedKey ?? null),
    evaluate: async (expression) => (await evaluateAll(nodeCtx, node, [expression])).get(expression),
  });
}

/** Aborts the work, and waits for it no longer, when the node's own time is over. */
async function withinTime(one: Try, run: (ctx: Ctx) => Promise<NodeOutcome>): Promise<NodeOutcome> {
  const { ctx, node } = one;
  const seconds = node.policy?.timeoutSeconds;
  if (seconds === undefined) return run(ctx);
  const over = new AbortController();
  const timedOut = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const failure = new NodeFailure('pipelines.node-timed-out', `The node took longer than ${seconds} s.`, {
      status: 'timed_out',
      next: 'Raise its timeoutSeconds, or make it do less at a time.',
    });
    timedOut.reject(failure);
    over.abort(failure);
  }, seconds * 1000);
  const working = run({ ...ctx, signal: AbortSignal.any([ctx.signal, over.signal]) });
  // Whichever is later is nobody's any more.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, timedOut.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The job failed as often as it may: the node ends failed, so that its run does. */
export async function failNode(
  ctx: Ctx,
  job: RunningJob<NodePayload>,
  message: string,
): Promise<Settlement | undefined> {
  const node = await readOwnedNode(ctx.database, job.payload.runId, job.payload.jobId);
  if (node === null || !isOpen(node.status)) return undefined;
  const failure = new NodeFailure('pipelines.node-gave-up', message, {
    next: 'The log of the server has the cause; start a new run when it is mended.',
  });
  const one: Try = { ctx, job, node, startedAt: ctx.clock.now(), input: null };
  return settlementOf({ ...failedEnd(one, failure), jobId: node.job_id, attempt: node.attempt });
}

interface FilledConfig {
  readonly config: NodeConfig<NodeType>;
  /** What is kept of it, for people to look at; the work is done with the config itself. */
  readonly shown: Json;
}

const showConfig = (type: string, config: NodeConfig<NodeType>): FilledConfig => ({
  config,
  shown: asStorable(type === 'action' ? hideSecrets(config as Json) : (config as Json)),
});

/** Of configs in which nothing is to be filled, each found out once for all runs that have it in common (`layouts.ts`). */
const unchanging = new WeakMap<NodeWorkRow['config'], FilledConfig>();

async function fillConfig(ctx: Ctx, node: NodeWorkRow, kind: NodeKind<NodeType>): Promise<FilledConfig> {
  const known = unchanging.get(node.config);
  if (known !== undefined) return known;
  const plain = new Set(kind.plainKeys ?? []);
  const entries = Object.entries(node.config);
  const templates = Object.fromEntries(entries.filter(([key]) => !plain.has(key)));
  const expressions = expressionsIn(templates);
  if (expressions.length === 0) {
    const whole = showConfig(node.type, node.config as NodeConfig<NodeType>);
    unchanging.set(node.config, whole);
    return whole;
  }
  const filled = fillOrFail(templates, await evaluateAll(ctx, node, expressions));
  const config = { ...Object.fromEntries(entries.filter(([key]) => plain.has(key))), ...filled };
  return showConfig(node.type, config as NodeConfig<NodeType>);
}

async function findProjectRoot(ctx: Ctx, node: NodeWorkRow): Promise<string | null> {
  if (node.project_id === null || node.type !== 'action') return null;
  return (await readProject(ctx, node.project_id)).folder;
}

async function announce({ ctx, job, node, input }: Try, intendedKey: string | null): Promise<boolean> {
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

const commonOf = ({ ctx, job, node, input }: Try) => ({
  ctx,
  runId: node.run_id,
  nodeId: node.node_id,
  jobId: job.id,
  attempt: job.attempt,
  type: node.type,
  input,
  at: ctx.clock.now(),
});

function settleOutcome(one: Try, outcome: NodeOutcome): Settlement | undefined {
  if (outcome.kind === 'dropped') return undefined;
  if (outcome.kind !== 'completed') return settlementOf(waitOf(one, outcome));
  const output = readOutput(outcome.output);
  if (output instanceof NodeFailure) return settlementOf(afterFailure(one, output));
  const mayGoOn = one.job.mayGoOn?.() ?? false;
  const end: NodeEnd = {
    ...commonOf(one),
    kind: 'end',
    status: 'completed',
    branch: outcome.branch ?? null,
    isOvercome: false,
    mayGoOn,
    foreseen: foreseeAfter(one, outcome, mayGoOn),
    output: output.value,
    error: null,
    inputTokens: outcome.inputTokens ?? 0,
    outputTokens: outcome.outputTokens ?? 0,
    costUsd: outcome.costUsd ?? null,
    startedAt: one.startedAt,
    alongside: outcome.alongside ?? null,
  };
  return settlementOf(end);
}

/** Of what only ends its node; a count of tokens or rows beside it are settled with an answer from the database. */
function foreseeAfter(
  { ctx, node }: Try,
  outcome: Extract<NodeOutcome, { kind: 'completed' }>,
  mayGoOn: boolean,
): NodeEnd['foreseen'] {
  const { branch = null, inputTokens = 0, outputTokens = 0, costUsd = null, alongside } = outcome;
  if (alongside || inputTokens > 0 || outputTokens > 0 || costUsd !== null) return null;
  const consequence = foresee(ctx.database, { runId: node.run_id, nodeId: node.node_id, branch, mayGoOn });
  return consequence === null ? null : { consequence, node, isDoubted: false };
}

function waitOf(one: Try, outcome: Exclude<NodeOutcome, { kind: 'completed' | 'dropped' }>): NodeWait {
  const wait = {
    ...commonOf(one),
    kind: 'wait' as const,
    until: null,
    question: null,
    triedAt: one.startedAt,
    nextJobId: one.ctx.ids.next(),
    nextTurnId: null,
    error: null,
  };
  if (outcome.kind === 'wait-until') return { ...wait, waitingKind: 'time', until: outcome.at };
  if (outcome.kind === 'wait-for-decision') return { ...wait, waitingKind: 'decision', question: outcome.question };
  const { what, until, alongside } = outcome;
  return { ...wait, waitingKind: what, until, alongside };
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

/** Another try, where the node's policy has one left for this kind of failure; else its end. */
function afterFailure(one: Try, failure: NodeFailure): NodeWait | NodeEnd {
  const { ctx, node } = one;
  const pauseMs = pauseBeforeRetry(node.policy, failure.kind, node.tries, Math.random());
  if (pauseMs === null) return failedEnd(one, failure);
  const fromMs = Math.max(ctx.clock.now().getTime(), failure.notBefore?.getTime() ?? 0);
  return {
    ...commonOf(one),
    kind: 'wait',
    waitingKind: 'retry',
    until: new Date(fromMs + pauseMs),
    question: null,
    triedAt: one.startedAt,
    nextJobId: ctx.ids.next(),
    nextTurnId: node.turn_id === null ? null : ctx.ids.next(),
    error: errorOf(node, failure),
    alongside: leaveTurn(one, failure) ?? undefined,
  };
}

const errorOf = (node: NodeWorkRow, failure: NodeFailure): RunError => ({
  code: failure.code,
  message: storableText(failure.message),
  nodeId: node.node_id,
  next: failure.next,
});

/** A turn that was cut off by the node's time is nobody's any more. */
function leaveTurn({ ctx, node }: Try, failure: NodeFailure): NodeEnd['alongside'] {
  const { turn_id } = node;
  if (turn_id === null || failure.code !== 'pipelines.node-timed-out') return failure.alongside;
  return (tx) => cancelTurns(ctx, tx, [turn_id]);
}

function failedEnd(one: Try, failure: NodeFailure): NodeEnd {
  const branch = branchAfterFailure(one.node.policy);
  const error = errorOf(one.node, failure);
  const isOvercome = branch !== undefined;
  return {
    ...commonOf(one),
    kind: 'end',
    status: failure.status,
    branch: branch ?? null,
    isOvercome,
    mayGoOn: isOvercome && (one.job.mayGoOn?.() ?? false),
    foreseen: null,
    // What follows may read why.
    output: failure.output ?? (isOvercome ? { error: { code: error.code, message: error.message } } : null),
    error,
    inputTokens: failure.usage?.inputTokens ?? 0,
    outputTokens: failure.usage?.outputTokens ?? 0,
    costUsd: failure.usage?.costUsd ?? null,
    startedAt: one.startedAt,
    alongside: leaveTurn(one, failure),
  };
}
