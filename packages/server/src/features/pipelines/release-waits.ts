// Nodes were stopped while they waited: what would have gone on with them is closed, in the same transaction.
import type { Ctx, Tx } from '../../ctx.ts';
import { withdrawRequests } from '../approvals/index.ts';
import type { StoppedNode } from './store/settle-nodes.ts';
import { closeWaits } from './store/waits.ts';

export async function releaseWaits(ctx: Ctx, tx: Tx, stopped: readonly StoppedNode[]): Promise<void> {
  const jobsOf = (type: string) => stopped.flatMap((row) => (row.type === type ? [row.job_id] : []));
  await withdrawRequests(ctx, tx, jobsOf('approval'));
  const waits = jobsOf('wait');
  if (waits.length === 0) return;
  await ctx.queue.cancel(tx, 'pipelines.end-wait', await closeWaits(tx, waits));
}
