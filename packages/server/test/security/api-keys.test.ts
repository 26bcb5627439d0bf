// API keys: shown once, confined to scopes that their user has, void when expired, revoked or their user is disabled.
import {
  browserSessionRoute,
  createApiKeyRoute,
  deleteApiKeyRoute,
  listApiKeysRoute,
  listSessionsRoute,
  logoutRoute,
  meRoute,
  socketTicketRoute,
} from '@gathering/contract/auth';
import { type Permission, permissionsOf } from '@gathering/contract/permissions';
import { expect, it } from 'vitest';
import { createApiKey } from '../../src/features/auth/api-keys.ts';
import { authenticate } from '../../src/features/auth/authenticate.ts';
import { actorMay, RecentIdentities, removeExpired } from '../../src/features/auth/index.ts';
import { actingAs, makeAccount, outcomeOf } from '../accounts.ts';
import { type AuthWorld, auditOf, minutes, outcome, password, startAuth } from '../auth-world.ts';
import { eachDatabase } from '../db.ts';
import { makeTestCtx } from '../make-ctx.ts';

async function start(world: AuthWorld) {
  const { accessToken, user } = await world.login();
  const call = world.as(accessToken);
  const create = (body: Parameters<typeof call<typeof createApiKeyRoute>>[1]['body']) =>
    call(createApiKeyRoute, { body });
  return { call, create, user };
}

async function actorOf(world: AuthWorld, key: string) {
  const known = await authenticate({ ...world.startCtx, identities: new RecentIdentities() }, key, { address: null });
  if (typeof known === 'string') throw new Error(`The key was refused: ${known}.`);
  return known.actor;
}

eachDatabase((open) => {
  it('work as a bearer, are kept as a hash, and are told of in the audit and as events', async () => {
    const world = await startAuth(await open());
    const { call, create, user } = await start(world);
    const { key, apiKey } = await create({ name: 'Nightly' });
    expect(key).toMatch(/^gk_[\w-]{43}$/);
    expect(apiKey).toMatchObject({ name: 'Nightly', prefix: key.slice(0, 9), scopes: null, lastUsedAt: null });
    expect(await world.as(key)(meRoute, {})).toEqual(user);
    const { items } = await call(listApiKeysRoute, {});
    expect(items).toEqual([{ ...apiKey, lastUsedAt: '2026-11-01T10:00:00.000Z' }]);
    expect(JSON.stringify(items)).not.toContain(key);
    await call(deleteApiKeyRoute, { params: { id: apiKey.id } });
    expect(await outcome(world.as(key)(meRoute, {}))).toBe('auth.required');
    expect(await outcome(call(deleteApiKeyRoute, { params: { id: apiKey.id } }))).toBe('auth.api-key-not-found');
    const object = `api-keys/${apiKey.id}`;
    expect(await auditOf(world.database, 'auth.create-api-key')).toMatchObject([{ object, actor: `users/${user.id}` }]);
    expect(await auditOf(world.database, 'auth.delete-api-key')).toMatchObject([{ object }]);
    const { rows } = await world.database.query<{ type: string }>(
      `select type from event.events where subject = $1 order by xid, id`,
      [object],
    );
    expect(rows.map(({ type }) => type)).toEqual(['auth.api-key-created', 'auth.api-key-removed']);
  });

  it('do what their scopes and the role of their user allow, and never manage the account', async () => {
    const world = await startAuth(await open());
    const { create } = await start(world);
    const all = await create({ name: 'All' });
    const few = await create({ name: 'Few', scopes: ['pipelines.read', 'users.write', 'pipelines.read'] });
    expect(few.apiKey.scopes).toEqual(['pipelines.read', 'users.write']);
    const may = async (key: string): Promise<Permission[]> => {
      const actor = await actorOf(world, key);
      expect(actor.credential).toBe('api-key');
      return permissionsOf('owner').filter((permission) => actorMay(actor, permission));
    };
    expect(await may(all.key)).toEqual(permissionsOf('owner').filter((permission) => permission !== 'account.manage'));
    expect(await may(few.key)).toEqual(['public', 'signed-in', 'users.write', 'pipelines.read']);
    expect((await world.as(few.key)(browserSessionRoute, {})).permissions).toEqual(await may(few.key));
    for (const route of [listApiKeysRoute, listSessionsRoute]) {
      expect(await outcome(world.as(all.key)(route, {}))).toBe('auth.forbidden');
    }
    expect(await outcome(world.as(all.key)(createApiKeyRoute, { body: { name: 'More' } }))).toBe('auth.forbidden');
    // A key has no session to end.
    await world.as(all.key)(logoutRoute, {});
    expect(await outcome(world.as(all.key)(meRoute, {}))).toBe('done');
    await world.database.query(`update auth.users set role = 'viewer'`);
    expect(await may(few.key)).toEqual(['public', 'signed-in', 'pipelines.read']);
  });

  it('are not made with what their user may not do, nor when they would have expired, nor beyond 100', async () => {
    const world = await startAuth(await open());
    await world.database.query(`update auth.users set role = 'member'`);
    const { create, user } = await start(world);
    expect(await outcome(create({ name: 'A', scopes: ['pipelines.run', 'users.write'] }))).toBe(
      'auth.scope-beyond-role',
    );
    expect(await outcome(create({ name: 'A', expiresAt: '2026-11-01T10:00:00.000Z' }))).toBe('auth.expiry-in-the-past');
    expect(await outcome(create({ name: 'A', scopes: [] }))).toBe('request.invalid');
    expect(await outcome(create({ name: 'evil \u202e' }))).toBe('request.invalid');
    await world.database.query(
      `insert into auth.api_keys (id, user_id, name, prefix, key_hash, created_at)
       select gen_random_uuid(), $1, 'Many', 'gk_', n::text, now() from generate_series(1, 98) as n`,
      [user.id],
    );
    const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((name) => outcome(create({ name }))));
    expect(outcomes.toSorted()).toEqual(['auth.too-many-api-keys', 'auth.too-many-api-keys', 'done', 'done']);
  });

  it('are void from the moment of their expiry, and then removed', async () => {
    const world = await startAuth(await open());
    const { create } = await start(world);
    const { key } = await create({ name: 'Short', expiresAt: '2026-11-01T10:05:00.000Z' });
    expect((await world.as(key)(browserSessionRoute, {})).expiresAt).toBe('2026-11-01T10:05:00.000Z');
    world.clock.advance(minutes(5) - 1);
    expect(await outcome(world.as(key)(meRoute, {}))).toBe('done');
    world.clock.advance(1);
    expect(await outcome(world.as(key)(meRoute, {}))).toBe('auth.required');
    await removeExpired(world.startCtx);
    expect((await world.database.query('select 1 from auth.api_keys')).rows).toEqual([]);
    expect(await auditOf(world.database, 'auth.delete-api-key')).toMatchObject([{ details: { reason: 'expired' } }]);
  });

  it('end with their user, and belong to nobody else', async () => {
    const world = await startAuth(await open());
    const { create } = await start(world);
    const { key, apiKey } = await create({ name: 'One' });
    await world.database.query(
      `insert into auth.users (id, email, email_key, name, name_key, role, password_hash, created_at)
       select gen_random_uuid(), 'bob@example.org', 'bob@example.org', 'Bob', 'bob', 'owner', password_hash, created_at from auth.users`,
    );
    const bob = await world.login(password, 'bob@example.org');
    const foreign = world.as(bob.accessToken)(deleteApiKeyRoute, { params: { id: apiKey.id } });
    expect(await outcome(foreign)).toBe('auth.api-key-not-found');
    expect((await world.as(bob.accessToken)(listApiKeysRoute, {})).items).toEqual([]);
    await world.database.query('update auth.users set disabled_at = now()');
    expect(await outcome(world.as(key)(meRoute, {}))).toBe('auth.required');
    expect(await outcome(world.as(key)(socketTicketRoute, {}))).toBe('auth.required');
    await world.database.query('update auth.users set disabled_at = null');
    expect(await outcome(world.as(key)(meRoute, {}))).toBe('done');
    expect(await outcome(world.as(`${key}x`)(meRoute, {}))).toBe('auth.required');
    await world.database.query('delete from auth.users');
    expect((await world.database.query('select 1 from auth.api_keys')).rows).toEqual([]);
  });

  it('write down that they were used at most once a minute', async () => {
    const world = await startAuth(await open());
    const { create } = await start(world);
    const { key } = await create({ name: 'One' });
    const used = async () =>
      (
        await world.database.query<{ at: Date }>('select last_used_at as at from auth.api_keys')
      ).rows[0]?.at.toISOString();
    await world.as(key)(meRoute, {});
    world.clock.advance(minutes(1) - 1);
    await world.as(key)(meRoute, {});
    expect(await used()).toBe('2026-11-01T10:00:00.000Z');
    world.clock.advance(1);
    await world.as(key)(meRoute, {});
    expect(await used()).toBe('2026-11-01T10:01:00.000Z');
  });

  it('are made by nobody whose account ended while they asked', async () => {
    const database = await open();
    const ctx = makeTestCtx(database);
    const users = [await makeAccount(database, 'member'), await makeAccount(database, 'viewer')] as const;
    await database.query('delete from auth.users where id = $1', [users[0].id]);
    await database.query('update auth.users set disabled_at = now() where id = $1', [users[1].id]);
    for (const user of users) {
      const made = createApiKey(actingAs(ctx, user), { body: { name: 'Late', scopes: null, expiresAt: null } });
      expect(await outcomeOf(made)).toBe('auth.required');
    }
    expect((await database.query('select from auth.api_keys')).rowCount).toBe(0);
  });
});
