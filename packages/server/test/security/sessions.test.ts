// Sessions: seen and ended by their user alone, void when unused, expired or their user is disabled, bounded in number.
import {
  browserLoginRoute,
  endSessionRoute,
  listSessionsRoute,
  loginRoute,
  logoutEverywhereRoute,
  meRoute,
  socketTicketRoute,
} from '@gathering/contract/auth';
import { createClient } from '@gathering/contract/client';
import { expect, it } from 'vitest';
import { redeemTicket, removeExpired } from '../../src/features/auth/index.ts';
import { type AuthWorld, auditOf, days, email, minutes, outcome, password, startAuth } from '../auth-world.ts';
import { eachDatabase } from '../db.ts';

const reads = (world: AuthWorld, token: string) => outcome(world.as(token)(meRoute, {}));

/** Another user with Ada's password. */
async function addUser({ database }: AuthWorld, address: string): Promise<void> {
  await database.query(
    `insert into auth.users (id, email, email_key, name, name_key, role, password_hash, created_at)
     select gen_random_uuid(), $1, lower($1), 'Bob', 'bob', 'member', password_hash, created_at from auth.users limit 1`,
    [address],
  );
}

eachDatabase((open) => {
  it('are listed with their place, and ended one by one', async () => {
    const world = await startAuth(await open());
    const [mine, other] = [await world.login(), await world.login()];
    world.clock.advance(minutes(2));
    const agent = 'Browser of a test '.repeat(20);
    await fetch(`${world.baseUrl}/api/auth/browser-login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': agent },
      body: JSON.stringify({ email, password }),
    });
    const list = async () => (await world.as(mine.accessToken)(listSessionsRoute, {})).items;
    const items = await list();
    expect(items).toMatchObject([
      { kind: 'browser', current: false, address: '127.0.0.1', createdAt: '2026-11-01T10:02:00.000Z' },
      { kind: 'program', current: true, expiresAt: '2026-12-01T10:00:00.000Z' },
      { kind: 'program', current: false },
    ]);
    expect(items[0]?.userAgent).toBe(agent.slice(0, 200));
    const end = (id: string | undefined) =>
      outcome(world.as(mine.accessToken)(endSessionRoute, { params: { id: id ?? '' } }));
    expect(await end(items[2]?.id)).toBe('done');
    expect(await reads(world, other.accessToken)).toBe('auth.required');
    expect(await end(items[2]?.id)).toBe('auth.session-not-found');
    expect(await list()).toHaveLength(2);
    expect(await auditOf(world.database, 'auth.end-session')).toMatchObject([
      { object: `sessions/${items[2]?.id}`, actor: `users/${mine.user.id}`, details: { reason: 'ended by its user' } },
    ]);
  });

  it('of somebody else are not there', async () => {
    const world = await startAuth(await open());
    await addUser(world, 'bob@example.org');
    const [ada, bob] = [await world.login(), await world.login(password, 'bob@example.org')];
    const [own] = (await world.as(ada.accessToken)(listSessionsRoute, {})).items;
    const end = world.as(bob.accessToken)(endSessionRoute, { params: { id: own?.id ?? '' } });
    expect(await outcome(end)).toBe('auth.session-not-found');
    expect((await world.as(bob.accessToken)(listSessionsRoute, {})).items).toHaveLength(1);
    await world.as(bob.accessToken)(logoutEverywhereRoute, {});
    expect(await reads(world, ada.accessToken)).toBe('done');
  });

  it('all end by signing out everywhere', async () => {
    const world = await startAuth(await open());
    const sessions = [await world.login(), await world.login(), await world.login()];
    await world.as(sessions[0]?.accessToken ?? '')(logoutEverywhereRoute, {});
    for (const { accessToken } of sessions) expect(await reads(world, accessToken)).toBe('auth.required');
    expect(await auditOf(world.database, 'auth.end-session')).toHaveLength(3);
    const { rows } = await world.database.query(`select 1 from event.events where type = 'auth.session-ended'`);
    expect(rows).toHaveLength(3);
  });

  it('write down that they were used at most once a minute', async () => {
    const world = await startAuth(await open());
    const { accessToken } = await world.login();
    const seen = async () =>
      (
        await world.database.query<{ at: Date }>('select last_seen_at as at from auth.sessions')
      ).rows[0]?.at.toISOString();
    world.clock.advance(minutes(1) - 1);
    await reads(world, accessToken);
    expect(await seen()).toBe('2026-11-01T10:00:00.000Z');
    world.clock.advance(1);
    await reads(world, accessToken);
    expect(await seen()).toBe('2026-11-01T10:01:00.000Z');
  });

  it('end after 7 days without use and after 30 days, and are removed with an audit entry', async () => {
    const world = await startAuth(await open());
    const cookieOf = async () => {
      const reply = await fetch(`${world.baseUrl}/api/auth/browser-login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, password }),
      });
      return reply.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    };
    const status = async (cookie: string) =>
      (await fetch(`${world.baseUrl}/api/auth/me`, { headers: { cookie } })).status;
    const [used, unused] = [await cookieOf(), await cookieOf()];
    for (let week = 0; week < 4; week += 1) {
      world.clock.advance(days(7) - 1);
      expect(await status(used)).toBe(200);
    }
    expect(await status(unused)).toBe(401);
    world.clock.advance(days(2) + 4);
    expect(await status(used)).toBe(401);
    expect(await removeExpired(world.startCtx)).toBeGreaterThanOrEqual(2);
    expect((await world.database.query('select 1 from auth.sessions')).rows).toEqual([]);
    expect(await auditOf(world.database, 'auth.end-session')).toMatchObject([
      { details: { reason: 'expired' } },
      { details: { reason: 'expired' } },
    ]);
  });

  it('let a user who was disabled in nowhere, from that moment on', async () => {
    const world = await startAuth(await open());
    const { accessToken } = await world.login();
    const { ticket } = await world.as(accessToken)(socketTicketRoute, {});
    await world.database.query('update auth.users set disabled_at = now()');
    expect(await reads(world, accessToken)).toBe('auth.required');
    expect(await redeemTicket(world.startCtx, ticket, null)).toBeNull();
    expect(await outcome(world.login())).toBe('auth.wrong-credentials');
    const browser = createClient({ baseUrl: world.baseUrl })(browserLoginRoute, { body: { email, password } });
    expect(await outcome(browser)).toBe('auth.wrong-credentials');
    expect(await auditOf(world.database, 'auth.token-refused')).toMatchObject([
      { details: { reason: 'user disabled' } },
    ]);
  });

  it('that were deleted with their user are void', async () => {
    const world = await startAuth(await open());
    const { accessToken } = await world.login();
    await world.database.query('delete from auth.users');
    expect(await reads(world, accessToken)).toBe('auth.required');
  });

  it('are 100 of a user at most: with one more the one that was used longest ago ends', async () => {
    const world = await startAuth(await open());
    const first = await world.login();
    await world.database.query(
      `insert into auth.sessions (id, user_id, kind, created_at, last_seen_at, expires_at)
       select gen_random_uuid(), $1, 'program', $2::timestamptz, $2::timestamptz + interval '1 second', $2::timestamptz + interval '30 days'
       from generate_series(1, 99)`,
      [first.user.id, world.clock.now()],
    );
    world.clock.advance(minutes(1));
    const last = await world.login();
    expect(await reads(world, first.accessToken)).toBe('auth.required');
    expect((await world.as(last.accessToken)(listSessionsRoute, {})).items).toHaveLength(100);
    expect(await auditOf(world.database, 'auth.end-session')).toMatchObject([
      { details: { reason: 'too many sessions' } },
    ]);
  });

  it('are not opened for a password that is too long to be hashed', async () => {
    const world = await startAuth(await open());
    for (const route of [loginRoute, browserLoginRoute]) {
      for (const length of [257, 1_000_000]) {
        const call = world.as(null)(route, { body: { email, password: 'a'.repeat(length) } });
        expect(['request.invalid', 'request.too-large']).toContain(await outcome(call));
      }
    }
    expect((await world.database.query('select 1 from auth.sign_in_failures')).rows).toEqual([]);
  });
});
