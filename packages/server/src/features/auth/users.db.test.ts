// Users as owners and admins manage them: lists by address, changes with their record and their news, and what ends with
// whom.
import { describe, expect, it } from 'vitest';
import {
  actingAs,
  auditRows,
  makeAccount,
  openSessionOf,
  outcomeOf,
  readAccount,
  sessionsOf,
} from '../../../test/accounts.ts';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx } from '../../../test/make-ctx.ts';
import { readStoredEvents } from '../../../test/readable-events.ts';
import { updateMe } from './own-account.ts';
import {
  deleteUser,
  endUserSessions,
  listUsers,
  readUser,
  removeUserSecondFactor,
  updateUser,
} from './user-service.ts';

eachDatabase((open) => {
  const start = async () => {
    const database = await open();
    const ctx = makeTestCtx(database);
    const owner = await makeAccount(database, 'owner');
    const events = async () =>
      (await readStoredEvents(database)).map(({ event: { type, subject } }) => [type, subject]);
    return { database, ctx, owner, asOwner: actingAs(ctx, owner), events };
  };

  describe('the list', () => {
    it('is by address, in pages, each user once', async () => {
      const { database, ctx } = await start();
      for (const name of ['zoe', 'Bea', 'adam', 'Émile', 'carl']) await makeAccount(database, 'viewer', name);
      const emails: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listUsers(ctx, { query: { limit: 2, cursor } });
        expect(page.items.length).toBeLessThanOrEqual(2);
        emails.push(...page.items.map(({ email }) => email));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(emails).toHaveLength(6);
      expect(emails).toEqual([...new Set(emails)].toSorted());
    });

    it('is narrowed by role and by part of address or name, whatever the case', async () => {
      const { database, ctx } = await start();
      await makeAccount(database, 'viewer', 'Ada Lovelace');
      await makeAccount(database, 'admin', 'Grace');
      await makeAccount(database, 'admin', 'ÉMILE');
      const names = async (query: { role?: 'admin' | 'viewer'; search?: string }) =>
        (await listUsers(ctx, { query: { limit: 50, ...query } })).items.map(({ name }) => name);
      expect((await names({ role: 'admin' })).toSorted()).toEqual(['Grace', 'ÉMILE'].toSorted());
      expect(await names({ search: 'LOVE' })).toEqual(['Ada Lovelace']);
      expect(await names({ search: 'grace@' })).toEqual(['Grace']);
      expect(await names({ search: 'émile' })).toEqual(['ÉMILE']);
      expect(await names({ role: 'viewer', search: 'grace' })).toEqual([]);
    });

    it('refuses a cursor that is none of its own', async () => {
      const { ctx } = await start();
      const list = listUsers(ctx, { query: { limit: 5, cursor: 'nonsense' } });
      expect(await outcomeOf(list)).toBe('request.invalid');
    });
  });

  describe('a change', () => {
    it('of name and role is kept, recorded with old and new, and told once; the same again is nothing', async () => {
      const { database, asOwner, owner, events } = await start();
      const user = await makeAccount(database, 'member');
      const input = { params: { id: user.id }, body: { name: 'Ada', role: 'operator' as const } };
      const changed = await updateUser(asOwner, input);
      expect(changed).toEqual({ ...user, name: 'Ada', role: 'operator' });
      expect(await readUser(asOwner, { params: { id: user.id } })).toEqual(changed);
      await updateUser(asOwner, input);
      expect(await auditRows(database)).toEqual([
        {
          action: 'auth.update-user',
          result: 'done',
          actor: `users/${owner.id}`,
          object: `users/${user.id}`,
          details: { name: { from: 'member', to: 'Ada' }, role: { from: 'member', to: 'operator' } },
        },
      ]);
      expect(await events()).toEqual([['auth.user-changed', `users/${user.id}`]]);
    });

    it('of my own name is mine to make', async () => {
      const { database, ctx } = await start();
      const user = await makeAccount(database, 'viewer');
      expect((await updateMe(actingAs(ctx, user), { body: { name: 'Ada' } })).name).toBe('Ada');
      expect((await readAccount(database, user))?.name).toBe('Ada');
      expect(await auditRows(database)).toMatchObject([
        { action: 'auth.update-me', actor: `users/${user.id}`, details: { name: { from: 'viewer', to: 'Ada' } } },
      ]);
    });

    it('of nobody is refused', async () => {
      const { asOwner } = await start();
      const params = { id: '01890000-0000-7000-8000-000000000000' };
      const outcomes = [
        readUser(asOwner, { params }),
        updateUser(asOwner, { params, body: {} }),
        deleteUser(asOwner, { params }),
        endUserSessions(asOwner, { params }),
        removeUserSecondFactor(asOwner, { params }),
      ].map(outcomeOf);
      expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['auth.user-not-found']));
    });
  });

  describe('disabling', () => {
    it('ends every session at once, of this user only; enabling brings none back', async () => {
      const { database, ctx, asOwner, owner, events } = await start();
      const user = await makeAccount(database, 'member');
      for (let i = 0; i < 3; i += 1) await openSessionOf(ctx, user);
      const other = await openSessionOf(ctx, owner);
      const params = { id: user.id };
      const disabled = await updateUser(asOwner, { params, body: { disabled: true } });
      expect(disabled.disabledAt).toBe(ctx.clock.now().toISOString());
      expect(await sessionsOf(database, user)).toEqual([]);
      expect(await sessionsOf(database, owner)).toEqual([other]);
      ctx.clock.advance(1000);
      // Whoever is disabled already stays so since then.
      expect((await updateUser(asOwner, { params, body: { disabled: true } })).disabledAt).toBe(disabled.disabledAt);
      expect((await updateUser(asOwner, { params, body: { disabled: false } })).disabledAt).toBeNull();
      expect(await sessionsOf(database, user)).toEqual([]);
      expect((await auditRows(database)).map(({ action }) => action)).toEqual([
        'auth.disable-user',
        'auth.end-session',
        'auth.end-session',
        'auth.end-session',
        'auth.enable-user',
      ]);
      const told = await events();
      expect(told.slice(0, 3).map(([type]) => type)).toEqual(Array.from({ length: 3 }, () => 'auth.session-ended'));
      expect(told.slice(3)).toEqual([
        ['auth.user-changed', `users/${user.id}`],
        ['auth.user-changed', `users/${user.id}`],
      ]);
    });

    it('and a new role at once are two rows of the record and one change', async () => {
      const { database, asOwner } = await start();
      const user = await makeAccount(database, 'admin');
      await updateUser(asOwner, { params: { id: user.id }, body: { disabled: true, role: 'viewer' } });
      expect(await readAccount(database, user)).toMatchObject({ role: 'viewer', disabledAt: expect.any(String) });
      const actions = (await auditRows(database)).map(({ action }) => action);
      expect(actions).toEqual(['auth.update-user', 'auth.disable-user']);
    });
  });

  it('ending the sessions of a user ends all of them, and says how many', async () => {
    const { database, ctx, asOwner } = await start();
    const user = await makeAccount(database, 'member');
    await openSessionOf(ctx, user);
    await openSessionOf(ctx, user);
    await endUserSessions(asOwner, { params: { id: user.id } });
    expect(await sessionsOf(database, user)).toEqual([]);
    const ended = { action: 'auth.end-session', details: { user: `users/${user.id}` } };
    expect(await auditRows(database)).toMatchObject([
      ended,
      ended,
      { action: 'auth.end-user-sessions', details: { endedSessions: 2 } },
    ]);
  });

  it('a deleted user is gone with everything that was theirs, and the record still names them', async () => {
    const { database, ctx, asOwner, events } = await start();
    const user = await makeAccount(database, 'member');
    await openSessionOf(ctx, user);
    await updateMe(actingAs(ctx, user), { body: { name: 'Ada' } });
    await deleteUser(asOwner, { params: { id: user.id } });
    expect(await readAccount(database, user)).toBeUndefined();
    expect(await sessionsOf(database, user)).toEqual([]);
    const rows = await auditRows(database);
    expect(rows.map(({ action }) => action)).toEqual(['auth.update-me', 'auth.end-session', 'auth.delete-user']);
    expect(rows[2]).toMatchObject({ object: `users/${user.id}`, details: { email: user.email, role: 'member' } });
    expect((await events()).at(-1)).toEqual(['auth.user-removed', `users/${user.id}`]);
    // The address is free again.
    expect((await makeAccount(database, 'viewer', 'member')).email).toBe(user.email);
  });
});
