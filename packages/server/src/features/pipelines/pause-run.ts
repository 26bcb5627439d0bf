// Pauses a run and goes on with it. Paused, no further node begins: jobs that nobody has begun with are taken back, and what
// becomes ready is parked without one. What runs already ends and is kept. Going on makes the jobs anew.
import { AppError } from '@gathering/contract/errors';
import type { Ctx, Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents } from '../events/index.ts';
import { requireSeen } from './guard.ts';
import { isActive, jobNameOf } from './rules.ts';
import { runEvent } from './run-events.ts';
import { listDueNodes, pauseRow, resumeRow } from './store/controls.ts';
import { lockRun, parkNodes } from './store/runs.ts';
import { deadlineJobs, releaseParked, timeOutJob } from './take-turns.ts';

export async function pauseRun(ctx: Ctx, runId: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const run = requireSeen(ctx, await lockRun(tx, runId));
    if (!isActive(run.status))
      throw new AppError('pipelines.run-ended', { detail: `This run has ended: ${run.status}.` });
    if (run.status !== 'running' && run.status !== 'waiting')
      throw new AppError('pipelines.run-not-running', {
        detail: run.status === 'paused' ? 'This run is paused already.' : 'This run still waits for its turn.',
      });
    await pauseRow(tx, runId, ctx.clock.now());
    await parkDue(ctx, tx, runId);
    if (run.deadline_job_id !== null) await ctx.queue.takeBack(tx, timeOutJob, [run.deadline_job_id]);
    await emitEvents(ctx, tx, [runEvent('pipelines.run-paused', run, { status: 'paused' })]);
    await recordAudit(ctx, tx, { action: 'pipelines.pause-run', object: `runs/${runId}` });
  });
}

async function parkDue(ctx: Ctx, tx: Tx, runId: string): Promise<void> {
  const due = await listDueNodes(tx, runId);
  for (const [name, nodes] of Map.groupBy(due, (node) => jobNameOf(node.type))) {
    const taken = await ctx.queue.takeBack(
      tx,
      name,
      nodes.map((node) => node.job_id),
    );
    await parkNodes(tx, runId, taken);
  }
}

export async function resumeRun(ctx: Ctx, runId: string): Promise<void> {
  await ctx.tx(async (tx) => {
    requireSeen(ctx, await lockRun(tx, runId));
    const run = await resumeRow(tx, runId, ctx.ids.next(), ctx.clock.now());
    if (run === null) throw new AppError('pipelines.run-not-paused');
    await ctx.queue.enqueue(tx, deadlineJobs([run]));
    const events = await releaseParked(ctx, tx, [runId]);
    await emitEvents(ctx, tx, [runEvent('pipelines.run-resumed', run, { status: run.status }), ...events]);
    await recordAudit(ctx, tx, { action: 'pipelines.resume-run', object: `runs/${runId}` });
  });
}
