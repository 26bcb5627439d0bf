// Counts of callers: the limiter's library writes them by statements of its own, ours are those whose window is over.
import type { Database } from './handles.ts';

/** The library knows clients of node-postgres; ours takes turns on the embedded database and explains its failures. */
export function makeCountClient(database: Database) {
  return { query: ({ text, values }: { text: string; values: unknown[] }) => database.query(text, values) };
}

export async function removeExpiredCounts(database: Database, nowMs: number): Promise<void> {
  await database.query('delete from rate.counts where expire <= $1', [nowMs]);
}
