// What identity costs: the same read through the same server, once as a public route and once for each kind of credential, one
// request after the other in turns; and sign-ins per second with four at once.
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKeyRoute, loginRoute, setupStateRoute } from '@gathering/contract/auth';
import { createClient } from '@gathering/contract/client';
import { makeCtx, systemActor } from '../packages/server/src/boot/make-ctx.ts';
import { openGround } from '../packages/server/src/boot/open-ground.ts';
import type { Ctx } from '../packages/server/src/ctx.ts';
import { authorize, ensureOwner, letIn } from '../packages/server/src/features/auth/index.ts';
import { authRoutes } from '../packages/server/src/features/auth/routes.ts';
import { readConfig } from '../packages/server/src/platform/config.ts';
import { answer } from '../packages/server/src/platform/http/bind.ts';
import { Drain } from '../packages/server/src/platform/http/drain.ts';
import { createServer } from '../packages/server/src/platform/http/server.ts';
import { createLog } from '../packages/server/src/platform/log.ts';
import { startPostgres } from '../packages/server/test/postgres-server.ts';
import { describeMachine, type Figures, printFigures, printTable, quantile, readOptions } from './report.ts';

const options = readOptions({ rounds: { type: 'string' } });
const rounds = Number(options.rounds ?? 2_000);
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
const plain = async () => ({ ownerExists: true, selfRegistration: false });
const plainRoute = { ...setupStateRoute, name: 'auth.bench-public', path: '/auth/bench-public' } as const;

async function measure(
  databaseUrl: string | undefined,
): Promise<{ reads: Map<string, number[]>; signInsPerSecond: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gathering-bench-auth-'));
  const config = readConfig({
    GATHERING_DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    GATHERING_OWNER_EMAIL: owner.email,
    GATHERING_OWNER_PASSWORD: owner.password,
  });
  const open = await openGround(config, createLog('warn'));
  const { ground } = open;
  await ensureOwner(makeCtx(ground, { actor: systemActor('first-start') }));
  const server = await createServer<Ctx>({
    log: createLog('warn'),
    version: '0',
    routes: [...authRoutes, answer(guardedRoute, plain), answer(plainRoute, plain)],
    door: {
      makeCtx: async (caller, route) => {
        const { actor, visit } = await letIn(ground, caller, route, null);
        return { ...makeCtx(ground, { actor, requestId: caller.requestId, signal: caller.signal }), visit };
      },
      authorize: ({ actor }, { permission }) => authorize(actor, permission),
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
      for (const [name, address, headers] of kinds) {
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
    return { reads, signInsPerSecond: 64 / ((performance.now() - start) / 1000) };
  } finally {
    await server.close();
    await open.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

console.log(describeMachine());
const postgres = await startPostgres();
const figures: Record<string, number> = {};
const rows: string[][] = [['database', 'read', 'p50 ms', 'p99 ms', 'p50 above public', 'p99 above public']];
try {
  for (const [kind, url] of [
    ['server', postgres.url],
    ['embedded', undefined],
  ] as const) {
    const { reads, signInsPerSecond } = await measure(url);
    const base = reads.get('public') ?? [];
    for (const [name, samples] of reads) {
      const [p50, p99] = [quantile(samples, 0.5), quantile(samples, 0.99)];
      const [over50, over99] = [p50 - quantile(base, 0.5), p99 - quantile(base, 0.99)];
      rows.push([kind, name, ...[p50, p99, over50, over99].map((ms) => ms.toFixed(3))]);
      figures[`${kind} ${name} p50`] = p50;
      figures[`${kind} ${name} p99`] = p99;
    }
    rows.push([kind, 'sign-ins per second', signInsPerSecond.toFixed(1), '', '', '']);
    figures[`${kind} sign-ins per second`] = signInsPerSecond;
  }
} finally {
  await postgres.stop();
}
printTable(rows);
if (options.json) printFigures('auth', figures satisfies Figures);
process.exit(0);
