// Ends a run whose time is over, with what still works of it. The job that comes for it is the one that the run names: one of
// a time before a pause or a retry changes nothing.
import type { Ctx } from '../../ctx.ts';
import type { RunningJob } from '../../jobs/define-job.ts';
import { emitEvents } from '../events/index.ts';
import { stopWithEvents } from './settle-nodes.ts';
import { readTimeout } from './store/controls.ts';
import { lockRun } from './store/runs.ts';

export async function timeOutRun(ctx: Ctx, job: RunningJob<{ runId: string; jobId: string }>): Promise<void> {
  const { runId, jobId } = job.payload;
  await ctx.tx(async (tx) => {
    const run = await lockRun(tx, runId);
    if (run === null || run.deadline_job_id !== jobId || (run.status !== 'running' && run.status !== 'waiting')) return;
    const error = {
      code: 'pipelines.run-timed-out',
      message: `The run took longer than ${await readTimeout(tx, runId)} s.`,
      nodeId: null,
      next: 'Raise its timeoutSeconds, or make it do less; a retry goes on from here with the whole time again.',
    };
    await emitEvents(ctx, tx, await stopWithEvents(ctx, tx, [{ runId, status: 'timed_out', error }], ctx.clock.now()));
  });
}
