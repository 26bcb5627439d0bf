// Limits on how often anybody may come: counted once for all instances, told in every limited reply, and never passed over
// because nobody can count.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKeyRoute } from '@gathering/contract/auth';
import { problemSchema } from '@gathering/contract/errors';
import { type RateName, rates } from '@gathering/contract/rates';
import { allRoutes } from '@gathering/contract/routes';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Database } from '../../src/platform/db/database.ts';
import { openRateLimiter, type RateLimiter, scaleRate } from '../../src/platform/rate-limiter.ts';
import { signIn, withToken } from '../api.ts';
import { eachDatabase, openPlace } from '../db.ts';
import { startInProcess } from '../in-process-server.ts';
import { startPostgres } from '../postgres-server.ts';
import { type Environment, owner, serversOfGroup } from '../server-process.ts';

type Place = Parameters<typeof startInProcess>[0];

describe('the routes of the contract', () => {
  it('all have a tier, and none is unlimited but those of health', () => {
    const unlimited = allRoutes.filter(({ rate }) => rate === 'unlimited').map(({ name }) => name);
    expect(unlimited).toEqual(['operations.check-live', 'operations.check-ready']);
  });

  it('that check a password or a secret are strict, each of them', () => {
    const guessable = allRoutes.filter(({ body }) =>
      /[pP]assword"|"code"|"refreshToken"|"token"/.test(JSON.stringify(shapeOf(body))),
    );
    expect(guessable.length).toBeGreaterThan(8);
    expect(guessable.filter(({ rate }) => rate !== 'strict').map(({ name }) => name)).toEqual([]);
  });

  it('a limit is handed out in whole portions, however it is scaled', () => {
    for (const name of Object.keys(rates) as RateName[])
      for (const factor of [0.001, 0.01, 0.1, 0.33, 1, 2.5, 1000]) {
        const { limit, portion } = scaleRate(name, factor);
        expect([name, factor, limit >= 1, portion >= 1, limit % portion]).toEqual([name, factor, true, true, 0]);
      }
  });
});

/** Names of the fields of a body. */
function shapeOf(body: unknown): string[] {
  return typeof body === 'object' && body !== null && 'shape' in body ? Object.keys(Object(body.shape)) : [];
}

const login = (url: string, email: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ email, password: 'not the password' }),
  });

eachDatabase((open, makePlace, kind) => {
  const limiters: RateLimiter[] = [];
  const openLimiter = (database: Database, factor = 1): RateLimiter => {
    const limiter = openRateLimiter(database, factor);
    limiters.push(limiter);
    return limiter;
  };
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-01T10:00:00.000Z') });
  });
  afterEach(() => {
    vi.useRealTimers();
    for (const limiter of limiters.splice(0)) limiter.close();
  });
  const servers: { stop(): Promise<void> }[] = [];
  const start = async (place: Place, more: Environment) => {
    const server = await startInProcess(place, more);
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((one) => one.stop()));
  });

  it('two limiters together let no more through than one, however many come at once', async () => {
    const database = await open();
    const [one, other] = [openLimiter(database), openLimiter(database)];
    for (const name of ['strict', 'standard', 'relaxed'] as const) {
      const { perMinute, portion } = rates[name];
      const asked = Array.from({ length: perMinute * 2 }, (_, at) => (at % 2 ? one : other).count(name, 'users/1'));
      const allowed = (await Promise.all(asked)).filter((counted) => counted?.allowed).length;
      expect([name, allowed <= perMinute, allowed > perMinute - 2 * portion]).toEqual([name, true, true]);
    }
    expect((await one.count('strict', 'users/2'))?.allowed).toBe(true);
  });

  it('whoever was refused may come again when the minute is over', async () => {
    const database = await open();
    const [one, other] = [openLimiter(database), openLimiter(database)];
    for (let at = 0; at < rates.strict.perMinute; at += 1) {
      expect(await one.count('strict', 'k')).toMatchObject({
        allowed: true,
        remaining: rates.strict.perMinute - at - 1,
      });
    }
    vi.setSystemTime(new Date('2026-11-01T10:00:59.000Z'));
    expect(await one.count('strict', 'k')).toMatchObject({ allowed: false, remaining: 0, resetSeconds: 1 });
    expect(await other.count('strict', 'k')).toMatchObject({ allowed: false, resetSeconds: 1 });
    vi.setSystemTime(new Date('2026-11-01T10:01:00.001Z'));
    expect(await other.count('strict', 'k')).toMatchObject({ allowed: true, remaining: rates.strict.perMinute - 1 });
    expect(await one.count('strict', 'k')).toMatchObject({ allowed: true, remaining: rates.strict.perMinute - 2 });
  });

  it('a flood of one caller does not reach the database', async () => {
    const database = await open();
    const limiter = openLimiter(database);
    for (let at = 0; at < rates.strict.perMinute; at += 1) await limiter.count('strict', 'k');
    await database.query('delete from rate.counts');
    for (let at = 0; at < 100; at += 1) expect(await limiter.count('strict', 'k')).toMatchObject({ allowed: false });
    expect((await database.query('select from rate.counts')).rowCount).toBe(0);
  });

  it('most requests cost no statement', async () => {
    const database = await open();
    const limiter = openLimiter(database);
    await limiter.count('relaxed', 'k');
    await database.query('delete from rate.counts');
    for (let at = 1; at < rates.relaxed.portion; at += 1) await limiter.count('relaxed', 'k');
    expect((await database.query('select from rate.counts')).rowCount).toBe(0);
  });

  it('the count is not logged, and survives nothing that it need not', async () => {
    const database = await open();
    const { rows } = await database.query<{ kind: string }>(
      "select relpersistence as kind from pg_class where oid = 'rate.counts'::regclass",
    );
    expect(rows).toEqual([{ kind: 'u' }]);
  });

  it('a database that is gone lets nobody in uncounted', async () => {
    const database = await openPlace(await makePlace());
    const limiter = openLimiter(database);
    await database.close();
    await expect(limiter.count('strict', 'k')).rejects.toMatchObject({ code: 'database.unavailable' });
  });

  it('sign-ins from one address are refused with what remains and when to come again', async () => {
    const server = await start(await makePlace(), { GATHERING_RATE_LIMITS: '0.5' });
    // Fewer than the sign-ins after which the network is locked out.
    const { limit: perMinute } = scaleRate('strict', 0.5);
    for (let at = 0; at < perMinute; at += 1) {
      const reply = await login(server.url, `nobody-${at}@example.org`);
      expect(reply.status).toBe(401);
      expect(reply.headers.get('ratelimit-policy')).toBe(`"strict";q=${perMinute};w=60`);
      expect(reply.headers.get('ratelimit')).toBe(`"strict";r=${perMinute - at - 1};t=60`);
    }
    // Whatever the caller claims to be: nobody is trusted to forward for others.
    const refused = await login(server.url, owner.email, { 'x-forwarded-for': '198.51.100.7' });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(problemSchema.parse(await refused.json()).code).toBe('request.too-many');
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(refused.headers.get('ratelimit')).toBe('"strict";r=0;t=60');
    expect((await fetch(`${server.url}/api/health/live`)).status).toBe(200);
    vi.setSystemTime(new Date('2026-11-01T10:01:00.001Z'));
    expect((await login(server.url, 'nobody@example.org')).status).toBe(401);
  });

  it('behind a trusted proxy each network is counted by itself, and an IPv6 customer once', async () => {
    const server = await start(await makePlace(), {
      GATHERING_RATE_LIMITS: 'default',
      GATHERING_TRUSTED_PROXIES: '127.0.0.1,::1',
    });
    const from = async (address: string) =>
      (await login(server.url, `${address}@example.org`, { 'x-forwarded-for': address })).headers.get('ratelimit');
    expect(await from('198.51.100.7')).toBe('"strict";r=29;t=60');
    expect(await from('198.51.100.8')).toBe('"strict";r=29;t=60');
    expect(await from('2001:db8:0:12::1')).toBe('"strict";r=29;t=60');
    expect(await from('2001:db8:0:12:ffff::2')).toBe('"strict";r=28;t=60');
    expect(await from('2001:db8:0:13::1')).toBe('"strict";r=29;t=60');
    // What is no address at all is one network, however it is written.
    expect(await from('x'.repeat(3000))).toBe('"strict";r=29;t=60');
    expect(await from("';drop table rate.counts;--")).toBe('"strict";r=28;t=60');
  });

  it('who has signed in is counted as a user, apart from the address', async () => {
    const server = await start(await makePlace(), { GATHERING_RATE_LIMITS: '0.01' });
    const api = await signIn(server.url);
    const { limit } = scaleRate('relaxed', 0.01);
    for (let at = 0; at < limit; at += 1) expect((await api.request('GET', '/api/auth/me')).status).toBe(200);
    const refused = await api.request('GET', '/api/auth/me');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    // Without the token it is the address that comes, which has not come yet.
    const stranger = await fetch(`${server.url}/api/auth/me`);
    expect([stranger.status, stranger.headers.get('ratelimit')]).toEqual([401, `"relaxed";r=${limit - 1};t=60`]);
  });

  it('each API key is counted by itself, apart from its person', async () => {
    const server = await start(await makePlace(), { GATHERING_RATE_LIMITS: '0.1' });
    const person = await signIn(server.url);
    const keys = await Promise.all(
      ['one', 'two'].map(async (name) => (await person.call(createApiKeyRoute, { body: { name } })).key),
    );
    const { limit } = scaleRate('relaxed', 0.1);
    const [first, second] = keys.map((key) => withToken(server.url, key));
    for (let at = 0; at < limit; at += 1) expect((await first?.request('GET', '/api/auth/me'))?.status).toBe(200);
    expect((await first?.request('GET', '/api/auth/me'))?.status).toBe(429);
    expect((await second?.request('GET', '/api/auth/me'))?.status).toBe(200);
    expect((await person.request('GET', '/api/auth/me')).status).toBe(200);
  });

  it('with limits off nothing is counted', async () => {
    const server = await start(await makePlace(), { GATHERING_RATE_LIMITS: 'off' });
    const reply = await login(server.url, 'nobody@example.org');
    expect([reply.status, reply.headers.get('ratelimit')]).toEqual([401, null]);
    expect((await server.database.query('select from rate.counts')).rowCount).toBe(0);
  });

  if (kind === 'server') {
    it('two instances count together', async () => {
      const place = await makePlace();
      const other = await makePlace();
      const both = [
        await start(place, { GATHERING_RATE_LIMITS: '0.5' }),
        await start({ ...other, databaseUrl: place.databaseUrl }, { GATHERING_RATE_LIMITS: '0.5' }),
      ];
      const { limit } = scaleRate('strict', 0.5);
      const replies: number[] = [];
      for (let at = 0; at < limit + 2; at += 1)
        replies.push((await login(both[at % 2]?.url ?? '', `nobody-${at}@example.org`)).status);
      expect(replies).toEqual([...Array.from({ length: limit }, () => 401), 429, 429]);
    });
  }
});

describe('while the database is down', () => {
  const startServer = serversOfGroup();

  it('a sign-in is refused as unavailable, and health answers', async () => {
    const postgres = await startPostgres({ fsync: false });
    const dataDir = await mkdtemp(join(tmpdir(), 'gathering-down-'));
    onTestFinished(async () => {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    });
    const env = { GATHERING_RATE_LIMITS: 'default' };
    const server = await startServer({ kind: 'server', dataDir, databaseUrl: postgres.url }, { env });
    expect((await login(server.url, 'nobody@example.org')).status).toBe(401);
    await postgres.stop();
    const reply = await login(server.url, owner.email);
    expect([reply.status, problemSchema.parse(await reply.json()).code]).toEqual([503, 'database.unavailable']);
    expect((await fetch(`${server.url}/api/health/live`)).status).toBe(200);
  });
});
