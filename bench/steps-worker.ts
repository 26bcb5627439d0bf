// A worker of its own for `bench:steps`: does what the queue holds until its input is closed.
import { openGround } from '../packages/server/src/boot/open-ground.ts';
import { startWorker } from '../packages/server/src/boot/worker.ts';
import { readConfig } from '../packages/server/src/platform/config.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import { nothing } from './steps-load.ts';

const open = await openGround(readConfig(process.env), createLog('warn'), [nothing]);
await startWorker(open);
console.log('ready');
process.stdin.resume();
process.stdin.once('end', () => {
  void open.queue
    .drain(1000)
    .then(() => open.close())
    .then(() => process.exit(0));
});
