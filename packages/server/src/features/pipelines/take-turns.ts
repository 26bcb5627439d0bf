// Lets runs begin, and go on: those that were paused, and those of one group (a pipeline and a concurrency key), of which so
// many as its limit says have their turn at once. The others wait, in order; the end of one begins the next in the same transaction.
import type { Ctx, Tx } from '../../ctx.ts';
import { makeRanker, runPriority } from '../../jobs/priorities.ts';
import type { NewJob } from '../../jobs/settlement.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { holdDelays } from './hold-delays.ts';
import { mayBegin, nodeJob, startAfterOf } from './rules.ts';
import { runEvent } from './run-events.ts';
import {
  type BegunRun,
  beginRuns,
  countGroups,
  listParked,
  listPending,
  lockGroups,
  unparkNodes,
} from './store/controls.ts';

export const timeOutJob = 'pipelines.time-out-run';
export const beginNextJob = 'pipelines.begin-next';

type TurnCtx = Pick<Ctx, 'ids' | 'clock' | 'queue'>;

/** The job that ends a run when its time is over; none where it has no limit. */
export function deadlineJobs(runs: readonly Pick<BegunRun, 'id' | 'deadline_at' | 'deadline_job_id'>[]): NewJob[] {
  return runs.flatMap(({ id, deadline_at, deadline_job_id }) =>
    deadline_at === null || deadline_job_id === null
      ? []
      : [
          {
            name: timeOutJob,
            id: deadline_job_id,
            payload: { runId: id, jobId: deadline_job_id },
            startAfter: deadline_at,
            priority: runPriority.high,
          },
        ],
  );
}

/** What is due in these runs gets its jobs. What waits for a time keeps its instant. */
export async function releaseParked(ctx: TurnCtx, tx: Tx, runIds: readonly string[]): Promise<NewEvent[]> {
  const now = ctx.clock.now();
  const nodes = (await listParked(tx, runIds)).map((node) => ({ ...node, job_id: ctx.ids.next() }));
  if (nodes.length === 0) return [];
  await unparkNodes(tx, nodes);
  const delays = nodes.filter((node) => node.type === 'delay' && node.status === 'pending');
  const events = delays.length > 0 ? await holdDelays(tx, delays, now) : [];
  const rank = makeRanker();
  const jobs = nodes.map((node): NewJob => {
    const startAfter = node.status === 'waiting' ? node.waiting_until : startAfterOf(node.type, node.config ?? {}, now);
    const place = { runId: node.run_id, nodeId: node.node_id, jobId: node.job_id };
    const job = nodeJob(node.type, place, rank(node.run_id, node.priority));
    return { ...job, startAfter: startAfter ?? undefined };
  });
  await ctx.queue.enqueue(tx, jobs);
  return events;
}

/** Begins pending runs. Those that were cancelled meanwhile are left out. */
export async function beginPending(ctx: TurnCtx, tx: Tx, runIds: readonly string[]): Promise<NewEvent[]> {
  const begun = await beginRuns(
    tx,
    runIds.map((id) => ({ id, deadlineJobId: ctx.ids.next() })),
    ctx.clock.now(),
  );
  if (begun.length === 0) return [];
  await ctx.queue.enqueue(tx, deadlineJobs(begun));
  const events = begun.map((run) => runEvent('pipelines.run-started', run, { status: 'running' }));
  const ids = begun.map((run) => run.id);
  return [...events, ...(await releaseParked(ctx, tx, ids))];
}

/** Runs of these groups have ended: whose turn it is now begins. */
export async function beginNext(ctx: TurnCtx, tx: Tx, groups: readonly string[]): Promise<NewEvent[]> {
  if (groups.length === 0) return [];
  await lockGroups(tx, groups);
  const events: NewEvent[] = [];
  for (;;) {
    const counts = await countGroups(tx, groups);
    const next = mayBegin(await listPending(tx, groups), counts);
    if (next.length === 0) return events;
    // One that was cancelled at this moment is left out, and the next one tried.
    events.push(...(await beginPending(ctx, tx, next)));
  }
}

/** The line of a group has become shorter: whoever may begin now does. */
export async function moveUp(ctx: Ctx, group: string): Promise<void> {
  await ctx.tx(async (tx) => emitEvents(ctx, tx, await beginNext(ctx, tx, [group])));
}
