// A context for tests of behaviours that need neither the queue nor tools: a clock that is moved by hand, everything else
// as in the product. What such a behaviour must not touch refuses.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Actor, Ctx } from '../src/ctx.ts';
import { actorMay } from '../src/features/auth/index.ts';
import { openBreakers } from '../src/platform/breakers.ts';
import { createDeltaBus } from '../src/platform/bus.ts';
import { ManualClock } from '../src/platform/clock.ts';
import { readConfig } from '../src/platform/config.ts';
import type { Database } from '../src/platform/db/database.ts';
import { openEgress } from '../src/platform/egress.ts';
import { systemIds } from '../src/platform/ids.ts';
import { createLog } from '../src/platform/log.ts';
import { openRateLimiter } from '../src/platform/rate-limiter.ts';
import { openSecrets } from '../src/platform/secrets.ts';

export type TestCtx = Ctx & { readonly clock: ManualClock };

/** Acts in these contexts; has no row unless the test makes one. */
export const owner: Actor = {
  kind: 'user',
  id: '01990000-0000-7000-8000-0000000000aa',
  role: 'owner',
  scopes: null,
  credential: 'access-token',
  projects: 'all',
  sessionId: null,
  address: '192.0.2.1',
};

/** Call it inside of a test: what it opens ends with that test. */
export function makeTestCtx(database: Database, more: Partial<Pick<Ctx, 'actor' | 'log' | 'signal'>> = {}): TestCtx {
  const dataDir = mkdtempSync(join(tmpdir(), 'gathering-ctx-'));
  const log = createLog('silent');
  const egress = openEgress({ allow: [] });
  const deltas = createDeltaBus(database, log);
  onTestFinished(async () => {
    await Promise.all([egress.close(), deltas.close()]);
    rmSync(dataDir, { recursive: true, force: true });
  });
  const refuse = () => {
    throw new Error('This context has no queue.');
  };
  const clock = new ManualClock(new Date('2026-11-01T10:00:00.000Z'));
  const actor = more.actor ?? owner;
  return {
    config: readConfig({ GATHERING_DATA_DIR: dataDir }),
    database,
    clock,
    ids: systemIds,
    secrets: openSecrets({ dataDir }),
    egress,
    rates: openRateLimiter(database, null),
    breakers: openBreakers({ database, clock, log, onChange: async () => undefined }),
    queue: { enqueue: refuse, cancel: refuse, takeBack: refuse, mark: refuse, abort: refuse },
    tools: { all: [], find: () => undefined },
    deltas,
    log,
    serverUrl: () => 'http://127.0.0.1:4400',
    version: '1.2.3',
    judge: actorMay,
    findActor: async () => actor,
    actor,
    requestId: 'request-1',
    signal: new AbortController().signal,
    tx: (run) => database.transaction(run),
    may: (permission, object) => actorMay(actor, permission, object),
    ...more,
  };
}
