// Counts of callers whose window is over; the limiter writes the others, by statements of its library.
import type { Database } from './handles.ts';

export async function removeExpiredCounts(database: Database, nowMs: number): Promise<void> {
  await database.query('delete from rate.counts where expire <= $1', [nowMs]);
}
