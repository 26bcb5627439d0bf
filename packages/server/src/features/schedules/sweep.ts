// Retention: removes receipts that are older than an instant, and what nothing refers to any more.
import type { Ctx } from '../../ctx.ts';
import { deleteOldReceipts } from './store/receipts.ts';
import { deleteOldPauses } from './store/scheduler.ts';
import { deleteOldSpecs } from './store/schedules.ts';

const batchSize = 1_000;

/** Answers how many receipts were removed. Stops between two batches when the signal is aborted. */
export async function removeOldReceipts(ctx: Ctx, before: Date): Promise<number> {
  let removed = 0;
  while (!ctx.signal.aborted) {
    const count = await ctx.tx((tx) => deleteOldReceipts(tx, before, batchSize));
    removed += count;
    if (count < batchSize) break;
  }
  while (!ctx.signal.aborted && (await ctx.tx((tx) => deleteOldSpecs(tx, before, batchSize))) === batchSize);
  await ctx.tx((tx) => deleteOldPauses(tx, before));
  return removed;
}
