// Events are handed on once no older transaction may still write before them. One of another database of the same server that is
// just ending counts for a moment: a test that looks at once would not see what it stored.
import { readEventsAfter } from '../src/features/events/index.ts';
import type { Database } from '../src/platform/db/database.ts';
import { waitFor } from './wait-for.ts';

/** Of whichever database the older transactions are: once all have ended, no later look can take one for running. */
export async function waitUntilReadable(database: Database): Promise<void> {
  await waitFor('what was stored to be readable', async () => {
    const { rows } = await database.query<{ readable: boolean }>(
      `select not exists (
         select from event.events where xid >= pg_snapshot_xmin(pg_current_snapshot())
       ) as readable`,
    );
    return rows[0]?.readable;
  });
}

/** All that was stored so far, in its order; at most so many. */
export async function readStoredEvents(database: Database, most = 100) {
  await waitUntilReadable(database);
  return (await readEventsAfter(database, '0-0', most)).events;
}
