// What identity costs: the same read of the database through the same server, once as a public route and once for each kind of
// credential, one request after the other in turns; sign-ins per second with four at once; and how alike the refusals of an unknown e-mail, a
// wrong password and a disabled account are in time.
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKeyRoute, loginRoute, setupStateRoute } from '@gathering/contract/auth';
import { createClient } from '@gathering/contract/client';
import { makeCtx, systemActor } from '../packages/server/src/boot/make-ctx.ts';
import { openGround } from '../packages/server/src/boot/open-ground.ts';
import type { Ctx } from '../packages/server/src/ctx.ts';
import { authorize, ensureOwner, letIn, RecentIdentities } from '../packages/server/src/features/auth/index.ts';
import { authRoutes } from '../packages/server/src/features/auth/routes.ts';
import { readConfig } from '../packages/server/src/platform/config.ts';
import type { Database } from '../packages/server/src/platform/db/database.ts';
import { answer } from '../packages/server/src/platform/http/bind.ts';
import { Drain } from '../packages/server/src/platform/http/drain.ts';
import { createServer } from '../packages/server/src/platform/http/server.ts';
import { newId } from '../packages/server/src/platform/ids.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import { startPostgres } from '../packages/server/test/postgres-server.ts';
import { describeMachine, type Figures, printFigures, printTable, quantile, readOptions } from './report.ts';

const options = readOptions({ rounds: { type: 'string' } });
const rounds = Number(options.rounds ?? 6_000);
const owner = { email: 'owner@example.org', password: 'a long sentence for measuring' };

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Milliseconds until the whole answer is here. */
function read(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const sent = request(url, { agent, headers }, (reply) => {
      reply.resume();
      reply.once('end', () => {
        if (reply.statusCode === 200) resolve(performance.now() - start);
        else reject(new Error(`Answered ${reply.statusCode}.`));
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}

const guardedRoute = {
  ...setupStateRoute,
  name: 'auth.bench-read',
  path: '/auth/bench',
  permission: 'signed-in',
} as const;
/** As a page of the dashboard is read: one question to the database. */
const plain = async ({ database }: Ctx) => {
  const { rows } = await database.query<{ exists: boolean }>('select exists (select from auth.users) as exists');
  return { ownerExists: rows[0]?.exists === true, selfRegistration: false };
};
const plainRoute = { ...setupStateRoute, name: 'auth.bench-public', path: '/auth/bench-public' } as const;

const refused = {
  'unknown e-mail': { email: 'nobody@example.org', password: 'a long wrong sentence' },
  'wrong password': { email: owner.email, password: 'a long wrong sentence' },
  'disabled account': { email: 'disabled@example.org', password: owner.password },
};

/** In turns, so that whatever else the machine does falls on all alike. The lock-out is kept away by removing its rows. */
async function measureRefusals(url: string, database: Database): Promise<Map<string, number[]>> {
  await database.query(
    `insert into auth.users (id, email, email_key, name, name_key, role, password_hash, created_at, disabled_at)
     select $1, $2, $2, 'Disabled', 'disabled', 'viewer', password_hash, now(), now() from auth.users where role = 'owner'`,
    [newId(), refused['disabled account'].email],
  );
  const times = new Map<string, number[]>(Object.keys(refused).map((name) => [name, []]));
  for (let round = 0; round < 60; round += 1) {
    for (const [name, body] of Object.entries(refused)) {
      const start = performance.now();
      const reply = await fetch(`${url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      await reply.arrayBuffer();
      if (reply.status !== 401) throw new Error(`A refused sign-in was answered ${reply.status}.`);
      times.get(name)?.push(performance.now() - start);
    }
    await database.query('delete from auth.sign_in_failures');
  }
  return times;
}

/** Largest distance of two empirical distributions (Kolmogorov-Smirnov). 0: the same, 1: apart. */
function distance(a: readonly number[], b: readonly number[]): number {
  const share = (samples: readonly number[], at: number) =>
    samples.filter((value) => value <= at).length / samples.length;
  return Math.max(...[...a, ...b].map((at) => Math.abs(share(a, at) - share(b, at))));
}

function shuffle<T>(list: readonly T[]): T[] {
  return list
    .map((one) => ({ one, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

interface Measured {
  readonly reads: Map<string, number[]>;
  readonly signInsPerSecond: number;
  readonly refusals: Map<string, number[]>;
}

async function measure(databaseUrl: string | undefined): Promise<Measured> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gathering-bench-auth-'));
  const config = readConfig({
    GATHERING_DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    GATHERING_OWNER_EMAIL: owner.email,
    GATHERING_OWNER_PASSWORD: owner.password,
    GATHERING_RATE_LIMITS: 'off',
  });
  const open = await openGround(config, createLog('warn'));
  const { ground } = open;
  await ensureOwner(makeCtx(ground, { actor: systemActor('first-start') }));
  const identities = new RecentIdentities();
  const doorPorts = { ...ground, identities, localToken: null };
  // As the server does it: what others change is heard of, and what is changed here is forgotten before it is answered.
  await ground.database.listen('gathering_credentials', () => identities.clear());
  await ground.database.listen('gathering_rights', () => identities.clear());
  identities.setHearing(true);
  const server = await createServer<Ctx>({
    log: createLog('warn'),
    version: '0',
    routes: [...authRoutes, answer(guardedRoute, plain), answer(plainRoute, plain)],
    door: {
      makeCtx: async (caller, route) => {
        const { actor, visit } = await letIn(doorPorts, caller, route);
        return { ...makeCtx(ground, { actor, requestId: caller.requestId, signal: caller.signal }), visit };
      },
      authorize: ({ actor }, { permission }) => authorize(actor, permission),
      onChange: () => identities.clear(),
      checkReplies: false,
    },
    drain: new Drain(),
    corsOrigins: [],
    trustedProxies: [],
    https: false,
  });
  try {
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    const call = createClient({ baseUrl: url });
    const { accessToken } = await call(loginRoute, { body: owner });
    const { key } = await createClient({ baseUrl: url, token: () => accessToken })(createApiKeyRoute, {
      body: { name: 'bench' },
    });
    const browser = await fetch(`${url}/api/auth/browser-login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(owner),
    });
    const guarded = `${url}/api${guardedRoute.path}`;
    const kinds: [name: string, url: string, headers: Record<string, string>][] = [
      ['public', `${url}/api${plainRoute.path}`, {}],
      ['cookie', guarded, { cookie: browser.headers.getSetCookie()[0]?.split(';')[0] ?? '' }],
      ['access token', guarded, { authorization: `Bearer ${accessToken}` }],
      ['API key', guarded, { authorization: `Bearer ${key}` }],
    ];
    const reads = new Map<string, number[]>(kinds.map(([name]) => [name, []]));
    for (let round = -200; round < rounds; round += 1) {
      // Each comes as often after each other: what one leaves behind falls on all alike.
      for (const [name, address, headers] of shuffle(kinds)) {
        const ms = await read(address, headers);
        if (round >= 0) reads.get(name)?.push(ms);
      }
    }
    const start = performance.now();
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let i = 0; i < 16; i += 1) await call(loginRoute, { body: owner });
      }),
    );
    const signInsPerSecond = 64 / ((performance.now() - start) / 1000);
    return { reads, signInsPerSecond, refusals: await measureRefusals(url, ground.database) };
  } finally {
    await server.close();
    await open.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** `access token` -> `AccessToken`, as names of figures have it. */
const pascal = (name: string): string =>
  name.replaceAll(/(?:^|[ -])(\w)/g, (_, letter: string) => letter.toUpperCase());

console.log(`bench:auth on ${describeMachine()}, PostgreSQL 18 with fsync on\n`);
const postgres = await startPostgres({ fsync: true, settings: {} });
const figures: Record<string, number> = {};
const rows: string[][] = [['database', 'read', 'p50 ms', 'p99 ms', 'p50 above public', 'p99 above public']];
const refusalRows: string[][] = [['database', 'refused sign-in', 'p50 ms', 'p90 ms', 'distance to wrong password']];
const signInRows: string[][] = [['database', 'sign-ins per second, 4 at once']];
try {
  for (const [kind, url] of [
    ['server', postgres.url],
    ['embedded', undefined],
  ] as const) {
    const { reads, signInsPerSecond, refusals } = await measure(url);
    const base = reads.get('public') ?? [];
    for (const [name, samples] of reads) {
      const [p50, p99] = [quantile(samples, 0.5), quantile(samples, 0.99)];
      const [over50, over99] = [p50 - quantile(base, 0.5), p99 - quantile(base, 0.99)];
      rows.push([kind, name, ...[p50, p99, over50, over99].map((ms) => ms.toFixed(3))]);
      figures[`${kind}${pascal(name)}P50Ms`] = p50;
      figures[`${kind}${pascal(name)}P99Ms`] = p99;
    }
    signInRows.push([kind, signInsPerSecond.toFixed(1)]);
    figures[`${kind}SignInsPerSecond`] = signInsPerSecond;
    const wrong = refusals.get('wrong password') ?? [];
    for (const [name, times] of refusals) {
      const apart = distance(times, wrong);
      refusalRows.push([
        kind,
        name,
        quantile(times, 0.5).toFixed(1),
        quantile(times, 0.9).toFixed(1),
        apart.toFixed(2),
      ]);
      figures[`${kind}${pascal(name)}Distance`] = apart;
    }
  }
} finally {
  await postgres.stop();
}
printTable(rows);
console.log();
printTable(signInRows);
console.log();
printTable(refusalRows);
if (options.json) printFigures('auth', figures satisfies Figures);
process.exit(0);
