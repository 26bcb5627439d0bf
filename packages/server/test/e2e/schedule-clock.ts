// A process of its own that fires the schedules of a database, as the clock role does, until it is told to stop.
import { makeCtx, systemActor } from '../../src/boot/make-ctx.ts';
import { openGround } from '../../src/boot/open-ground.ts';
import { startScheduler } from '../../src/features/schedules/index.ts';
import { readConfig } from '../../src/platform/config.ts';
import { createLog } from '../../src/platform/log.ts';

const [dataDir = '', databaseUrl = ''] = process.argv.slice(2);
const config = readConfig({ GATHERING_DATA_DIR: dataDir, DATABASE_URL: databaseUrl });
const open = await openGround(config, createLog('silent'));
const stopping = new AbortController();
const stop = startScheduler(makeCtx(open.ground, { actor: systemActor('clock'), signal: stopping.signal }));
process.send?.('started');
process.once('message', () => {
  stop()
    .then(() => open.close())
    .then(() => process.exit(0))
    .catch(() => process.exit(1));
});
