// A process of its own that stores events on a database and ends: for tests of what other processes hear.
import type { Actor } from '../../src/ctx.ts';
import { emitEvents, openEventFeed } from '../../src/features/events/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/db/database.ts';
import { createLog } from '../../src/platform/log.ts';

const [dataDir = '', databaseUrl, count] = process.argv.slice(2);
const log = createLog('silent');
const database = await openDatabase({ dataDir, databaseUrl, poolSize: 2, embeddedFsync: false, log });
const feed = await openEventFeed(database, log);
const actor: Actor = {
  kind: 'system',
  id: 'writer',
  role: null,
  scopes: null,
  credential: 'internal',
  projects: 'all',
  sessionId: null,
  address: null,
};
for (let i = 0; i < Number(count); i++) {
  await database.transaction(async (tx) => {
    void emitEvents({ actor, clock: systemClock }, tx, [
      { type: 'pipelines.node-ended', subject: `nodes/${i}`, audience: {} },
    ]);
  });
}
await feed.close();
await database.close();
