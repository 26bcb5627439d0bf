// Pauses a run and goes on with it, each with the runs that its nodes began. Paused, no further node begins: jobs that nobody
// has begun with are taken back, and what becomes ready is parked without one. What runs already ends and is kept, and what a
// node waited for is heard. Going on makes the jobs anew.
import { AppError } from '@gathering/contract/errors';
import type { Ctx, Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { requireSeen } from './guard.ts';
import { isActive, jobNameOf } from './rules.ts';
import { runEvent } from './run-events.ts';
import { listDueNodes, listMapJobs, pauseRow, readPriorities, resumeRow } from './store/controls.ts';
import { type LockedRun, lockRun, parkNodes } from './store/runs.ts';
import { listOpenSubRuns } from './store/settle-nodes.ts';
import { deadlineJobs, releaseParked, timeOutJob } from './take-turns.ts';

export async function pauseRun(ctx: Ctx, runId: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const run = requireSeen(ctx, await lockRun(tx, runId));
    if (!isActive(run.status))
      throw new AppError('pipelines.run-ended', { detail: `This run has ended: ${run.status}.` });
    if (!isUnderWay(run))
      throw new AppError('pipelines.run-not-running', {
        detail: run.status === 'paused' ? 'This run is paused already.' : 'This run still waits for its turn.',
      });
    const events: NewEvent[] = [];
    for (const one of await lockFamily(tx, run)) if (isUnderWay(one)) events.push(await pauseOne(ctx, tx, one));
    await emitEvents(ctx, tx, events);
    await recordAudit(ctx, tx, { action: 'pipelines.pause-run', object: `runs/${runId}` });
  });
}

/** A run was just begun by a node of another one: if that is paused, so is this one. */
export async function pauseWithParent(ctx: Ctx, tx: Tx, runId: string, parentId: string): Promise<void> {
  if ((await lockRun(tx, parentId))?.status !== 'paused') return;
  const run = await lockRun(tx, runId);
  if (run !== null && isUnderWay(run)) await emitEvents(ctx, tx, [await pauseOne(ctx, tx, run)]);
}

export async function resumeRun(ctx: Ctx, runId: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const run = requireSeen(ctx, await lockRun(tx, runId));
    if (run.status !== 'paused') throw new AppError('pipelines.run-not-paused');
    const events: NewEvent[] = [];
    for (const one of await lockFamily(tx, run)) events.push(...(await resumeOne(ctx, tx, one.id)));
    await emitEvents(ctx, tx, events);
    await recordAudit(ctx, tx, { action: 'pipelines.resume-run', object: `runs/${runId}` });
  });
}

const isUnderWay = ({ status }: LockedRun): boolean => status === 'running' || status === 'waiting';

/** A run and all that have not ended of those which its nodes began, however nested; parents come before their own. */
async function lockFamily(tx: Tx, run: LockedRun): Promise<LockedRun[]> {
  const family = [run];
  for (const { id } of family) {
    for (const subRunId of (await listOpenSubRuns(tx, [id], null)).sort()) {
      const locked = await lockRun(tx, subRunId);
      if (locked !== null && isActive(locked.status)) family.push(locked);
    }
  }
  return family;
}

async function pauseOne(ctx: Ctx, tx: Tx, run: LockedRun): Promise<NewEvent> {
  await pauseRow(tx, run.id, ctx.clock.now());
  const due = await listDueNodes(tx, run.id);
  for (const [name, nodes] of Map.groupBy(due, (node) => jobNameOf(node.type))) {
    const jobIds = nodes.map((node) => node.job_id);
    await parkNodes(tx, run.id, await ctx.queue.takeBack(tx, name, jobIds));
  }
  if (run.deadline_job_id !== null) await ctx.queue.takeBack(tx, timeOutJob, [run.deadline_job_id]);
  return runEvent('pipelines.run-paused', run, { status: 'paused' });
}

/** Nothing where it is not paused. */
async function resumeOne(ctx: Ctx, tx: Tx, runId: string): Promise<NewEvent[]> {
  const run = await resumeRow(tx, runId, ctx.ids.next(), ctx.clock.now());
  if (run === null) return [];
  // Items of lists that ended meanwhile have room for others.
  const priority = (await readPriorities(tx, [runId])).get(runId);
  const lists = (await listMapJobs(tx, runId)).map((payload) => ({ name: 'pipelines.advance-map', payload, priority }));
  await ctx.queue.enqueue(tx, [...deadlineJobs([run]), ...lists]);
  return [runEvent('pipelines.run-resumed', run, { status: run.status }), ...(await releaseParked(ctx, tx, [runId]))];
}
