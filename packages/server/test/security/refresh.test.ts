// Refresh tokens: each works once, and one that comes twice, also at the same moment, ends its session.
import { browserLoginRoute, meRoute, refreshRoute, type Session } from '@gathering/contract/auth';
import { expect, it } from 'vitest';
import { removeExpired } from '../../src/features/auth/index.ts';
import { type AuthWorld, auditOf, days, email, minutes, outcome, password, startAuth } from '../auth-world.ts';
import { eachDatabase } from '../db.ts';

const refresh = (world: AuthWorld, refreshToken: string): Promise<Session> =>
  world.as(null)(refreshRoute, { body: { refreshToken } });
const reads = (world: AuthWorld, { accessToken }: Session) => outcome(world.as(accessToken)(meRoute, {}));

eachDatabase((open) => {
  it('a refresh token answers the next pair of the same session, and goes on for 30 days', async () => {
    const world = await startAuth(await open());
    const first = await world.login();
    world.clock.advance(minutes(20));
    expect(await reads(world, first)).toBe('auth.required');
    let last = await refresh(world, first.refreshToken);
    expect(last.user).toEqual(first.user);
    expect(await reads(world, last)).toBe('done');
    for (let week = 0; week < 4; week += 1) {
      world.clock.advance(days(7) - 1);
      last = await refresh(world, last.refreshToken);
    }
    const { rows } = await world.database.query('select id from auth.sessions');
    expect(rows).toHaveLength(1);
    expect(last.refreshExpiresAt).toBe('2026-12-01T10:00:00.000Z');
    world.clock.advance(days(3));
    expect(await outcome(refresh(world, last.refreshToken))).toBe('auth.refresh-invalid');
  });

  it('one that nobody used for 7 days is void, and so is one of a user who was disabled', async () => {
    const world = await startAuth(await open());
    const [first, second] = [await world.login(), await world.login()];
    await world.database.query('update auth.users set disabled_at = now()');
    expect(await outcome(refresh(world, first.refreshToken))).toBe('auth.refresh-invalid');
    await world.database.query('update auth.users set disabled_at = null');
    await refresh(world, first.refreshToken);
    world.clock.advance(days(7));
    expect(await outcome(refresh(world, second.refreshToken))).toBe('auth.refresh-invalid');
    for (const wrong of ['a', 'A'.repeat(43), ' ', 'A'.repeat(200)]) {
      expect(await outcome(refresh(world, wrong))).toBe('auth.refresh-invalid');
    }
  });

  it('one that comes again ends its whole session, for both who have it, and says so in the audit and as an event', async () => {
    const world = await startAuth(await open());
    const { database } = world;
    const [first, bystander] = [await world.login(), await world.login()];
    const second = await refresh(world, first.refreshToken);
    expect(await outcome(refresh(world, first.refreshToken))).toBe('auth.refresh-invalid');
    for (const pair of [first, second]) expect(await reads(world, pair)).toBe('auth.required');
    expect(await outcome(refresh(world, second.refreshToken))).toBe('auth.refresh-invalid');
    expect(await reads(world, bystander)).toBe('done');
    const user = `users/${first.user.id}`;
    expect(await auditOf(database, 'auth.refresh-session')).toMatchObject([
      { result: 'done', actor: user },
      { result: 'refused', details: { reason: 'refresh token reused', user } },
    ]);
    expect(await auditOf(database, 'auth.end-session')).toMatchObject([
      { details: { reason: 'refresh token reused', user } },
    ]);
    const { rows } = await database.query<{ type: string; related: string[] }>(
      `select type, related from event.events where type in ('auth.refresh-reused', 'auth.session-ended') order by xid, id`,
    );
    expect(rows).toEqual([
      { type: 'auth.refresh-reused', related: [user] },
      { type: 'auth.session-ended', related: [user] },
    ]);
    // Both access tokens that were out are on the list of void ones, until they would have expired anyway.
    const listed = async () => (await database.query('select 1 from auth.token_blacklist')).rows.length;
    expect(await listed()).toBe(2);
    world.clock.advance(minutes(15));
    await removeExpired(world.startCtx);
    expect(await listed()).toBe(0);
  });

  it('of two uses at the same moment on two instances one gets a pair, and both have lost the session', async () => {
    const database = await open();
    const worlds = [await startAuth(database), await startAuth(database)] as const;
    for (let round = 0; round < 3; round += 1) {
      const { refreshToken } = await worlds[0].login();
      const results = await Promise.allSettled(worlds.map((world) => refresh(world, refreshToken)));
      const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(won.length).toBeLessThanOrEqual(1);
      for (const pair of won) {
        expect(await reads(worlds[1], pair)).toBe('auth.required');
        expect(await outcome(refresh(worlds[0], pair.refreshToken))).toBe('auth.refresh-invalid');
      }
    }
    expect((await database.query('select 1 from auth.sessions')).rows).toEqual([]);
  });

  it('the cookie of a browser is no refresh token and no bearer', async () => {
    const world = await startAuth(await open());
    await world.as(null)(browserLoginRoute, { body: { email, password } });
    const { rows } = await world.database.query('select 1 from auth.refresh_tokens');
    expect(rows).toEqual([]);
  });
});
