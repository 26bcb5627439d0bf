// Retention: removes what is older than an instant, in batches that each hold their locks for a moment only.
import { signalWindowMs } from '@gathering/contract/events';
import type { Ctx } from '../../ctx.ts';
import { deleteOldest, deleteOldSignals } from './store.ts';

const batchSize = 5_000;

/** How many events were removed. Stops between two batches when the signal is aborted; the next call goes on. */
export async function removeOldEvents(
  ctx: Pick<Ctx, 'database' | 'signal' | 'clock'>,
  olderThan: Date,
): Promise<number> {
  await deleteOldSignals(ctx.database, new Date(ctx.clock.now().getTime() - 60 * signalWindowMs));
  let removed = 0;
  while (!ctx.signal.aborted) {
    const count = await deleteOldest(ctx.database, olderThan, batchSize);
    removed += count;
    if (count < batchSize) break;
  }
  return removed;
}
