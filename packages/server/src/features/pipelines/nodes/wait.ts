// Waits for an event or for a call of the API. The wait is a row; what ends it enqueues the job that comes back here.
import { parseCursor } from '../../../platform/cursor.ts';
import { readPresentCursor } from '../../events/index.ts';
import { readBranches } from '../store/sub-runs.ts';
import { findWait, insertWait } from '../store/waits.ts';
import { NodeFailure, type NodeKind, type NodeOutcome, type NodeWork } from './node-kind.ts';

export const waitNode: NodeKind<'wait'> = {
  type: 'wait',
  plainKeys: ['kind', 'event', 'match'],
  run: async (work) => {
    const wait = await findWait(work.ctx.database, work.node.job_id);
    if (wait === null) return begin(work);
    if (wait.status === 'timed_out') return timeOut(work);
    if (wait.status !== 'arrived') return { kind: 'dropped' };
    if (work.config.kind === 'signal') return { kind: 'completed', output: wait.payload, branch: 'arrived' };
    const { event } = wait.payload as { event?: typeof wait.payload };
    if (event !== undefined) return { kind: 'completed', output: event, branch: 'arrived' };
    throw new NodeFailure('pipelines.expression-failed', 'The expression in `match` took too long over an event.', {
      next: 'Make it simpler.',
    });
  },
};

async function begin({ ctx, config, node }: NodeWork<'wait'>): Promise<NodeOutcome> {
  const { timeoutSeconds } = config;
  const now = ctx.clock.now();
  const until = timeoutSeconds === undefined ? null : new Date(now.getTime() + timeoutSeconds * 1000);
  const isEvent = config.kind === 'event';
  // Before the wait is written: what is stored from here on counts.
  const since = isEvent ? parseCursor(await readPresentCursor(ctx.database)) : null;
  const key = isEvent ? (config.key ?? null) : readKey(config.key);
  return {
    kind: 'wait-for',
    what: config.kind,
    until,
    alongside: async (tx, jobId) => {
      const timeoutJobId = until === null ? null : ctx.ids.next();
      await insertWait(tx, {
        ...{ jobId, runId: node.run_id, nodeId: node.node_id, kind: config.kind, key, since, timeoutJobId },
        eventType: isEvent ? config.event : null,
        match: isEvent ? (config.match ?? null) : null,
        createdAt: now,
      });
      if (until !== null && timeoutJobId !== null)
        await ctx.queue.enqueue(tx, [
          { name: 'pipelines.end-wait', id: timeoutJobId, payload: { jobId }, startAfter: until },
        ]);
    },
  };
}

/** A template keeps the type of its value; whoever calls sends text. */
function readKey(key: unknown): string | null {
  if (key === undefined) return null;
  const text = typeof key === 'string' ? key : JSON.stringify(key);
  if (text.length > 0 && text.length <= 1_000 && key !== null) return text;
  throw new NodeFailure('pipelines.wait-key', 'The key became empty or longer than 1,000 characters.', {
    next: 'Look at what its template refers to.',
  });
}

async function timeOut({ ctx, config, node }: NodeWork<'wait'>): Promise<NodeOutcome> {
  const branches = await readBranches(ctx.database, node.run_id, node.node_id);
  if (config.onTimeout === 'continue' || branches.includes('timeout'))
    return { kind: 'completed', output: null, branch: 'timeout' };
  throw new NodeFailure('pipelines.wait-timeout', `What it waits for did not come in ${config.timeoutSeconds} s.`, {
    status: 'timed_out',
    next: 'Give it more time, draw an edge with when "timeout", or set onTimeout to continue.',
  });
}
