// A bounded thread that answers what it is asked, and for `endless` works where nothing can interrupt it.
import { pbkdf2Sync } from 'node:crypto';
import { serveThread } from '../../src/platform/bounded-thread/serve-thread.ts';

serveThread<string, string>(function* (request) {
  yield request;
  if (request === 'endless') yield pbkdf2Sync('a', 'b', 2_000_000_000, 64, 'sha512').toString('hex');
});
