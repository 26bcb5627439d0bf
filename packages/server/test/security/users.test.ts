// Who may change whom, tried by those who may not: escalation by every role, mass assignment, races of owners, and texts that
// are made to look like others.
import type { User } from '@gathering/contract/auth';
import { loginRoute, meRoute, updateMeRoute } from '@gathering/contract/auth';
import {
  createInvitationRoute,
  deleteUserRoute,
  endUserSessionsRoute,
  listInvitationsRoute,
  listUsersRoute,
  makeResetLinkRoute,
  readUserRoute,
  removeUserSecondFactorRoute,
  updateUserRoute,
} from '@gathering/contract/auth-users';
import { ApiError, createClient } from '@gathering/contract/client';
import { type Role, roles } from '@gathering/contract/permissions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteUser, listUsers, updateUser } from '../../src/features/auth/user-service.ts';
import {
  accountPassword,
  actingAs,
  actingLocally,
  auditRows,
  makeAccount,
  outcomeOf,
  readAccount,
} from '../accounts.ts';
import { type Api, signIn, withToken } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { makeTestCtx } from '../make-ctx.ts';
import { owner } from '../server-process.ts';

async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof ApiError && error.problem !== null) return error.problem.code;
    throw error;
  }
}

/** Every way to change or read a user. */
const attempts = (api: Api, { id }: Pick<User, 'id'>): Record<string, () => Promise<unknown>> => {
  const params = { id };
  return {
    rename: () => api.call(updateUserRoute, { params, body: { name: 'Another' } }),
    demote: () => api.call(updateUserRoute, { params, body: { role: 'viewer' } }),
    disable: () => api.call(updateUserRoute, { params, body: { disabled: true } }),
    enable: () => api.call(updateUserRoute, { params, body: { disabled: false } }),
    remove: () => api.call(deleteUserRoute, { params }),
    end: () => api.call(endUserSessionsRoute, { params }),
    reset: () => api.call(makeResetLinkRoute, { params }),
    factor: () => api.call(removeUserSecondFactorRoute, { params }),
  };
};

eachDatabase((open, makePlace) => {
  describe('over HTTP', () => {
    let server: InProcessServer;
    let ownerApi: Api;
    let me: User;
    const apis = new Map<Role, Api>();
    const users = new Map<Role, User>();
    const apiOf = (role: Role) => apis.get(role) ?? ownerApi;
    const userOf = (role: Role) => users.get(role) ?? me;
    beforeAll(async () => {
      server = await startInProcess(await makePlace());
      ownerApi = await signIn(server.url);
      me = await ownerApi.call(meRoute, {});
      for (const role of roles.filter((one) => one !== 'owner')) {
        const user = await makeAccount(server.database, role);
        const body = { email: user.email, password: accountPassword };
        const { accessToken } = await createClient({ baseUrl: server.url })(loginRoute, { body });
        apis.set(role, withToken(server.url, accessToken));
        users.set(role, user);
      }
    });
    afterAll(() => server?.stop());

    it.each(['viewer', 'member', 'operator'] as const)('a %s neither sees nor changes anybody', async (role) => {
      const api = apiOf(role);
      const params = { id: me.id };
      const calls = [
        ...Object.values(attempts(api, userOf('viewer'))).map((call) => call()),
        api.call(listUsersRoute, { query: {} }),
        api.call(readUserRoute, { params }),
        api.call(listInvitationsRoute, {}),
        api.call(createInvitationRoute, { body: { email: 'friend@example.org', role: 'viewer' } }),
      ];
      expect([...new Set(await Promise.all(calls.map(refusalOf)))]).toEqual(['auth.forbidden']);
    });

    it('an admin touches no owner, makes none, becomes none, and every try stays in the record', async () => {
      const api = apiOf('admin');
      const tries = Object.values(attempts(api, me)).map((call) => refusalOf(call()));
      expect([...new Set(await Promise.all(tries))]).toEqual(['auth.role-above-own']);
      for (const role of ['admin', 'viewer'] as const) {
        const params = { id: userOf(role).id };
        expect(await refusalOf(api.call(updateUserRoute, { params, body: { role: 'owner' } }))).toBe(
          'auth.role-above-own',
        );
      }
      const invite = api.call(createInvitationRoute, { body: { email: 'friend@example.org', role: 'owner' } });
      expect(await refusalOf(invite)).toBe('auth.role-above-own');
      expect(await readAccount(server.database, me)).toEqual(me);
      for (const role of ['admin', 'viewer'] as const) {
        expect(await readAccount(server.database, userOf(role))).toMatchObject({ role });
      }
      const refused = (await auditRows(server.database)).filter(({ result }) => result === 'refused');
      const actor = `users/${userOf('admin').id}`;
      expect(refused.filter((row) => row.actor === actor)).toHaveLength(tries.length + 3);
    });

    it('nobody disables, deletes, demotes or resets themselves', async () => {
      const mine = attempts(apiOf('admin'), userOf('admin'));
      for (const name of ['demote', 'disable', 'remove', 'reset', 'factor']) {
        expect([name, await refusalOf(mine[name]?.() ?? Promise.resolve())]).toEqual([name, 'auth.not-yourself']);
      }
      expect(await refusalOf(ownerApi.call(deleteUserRoute, { params: { id: me.id } }))).toBe('auth.last-owner');
    });

    it.each<[string, string, object]>([
      ['PATCH', '/api/auth/me', { name: 'Ada', role: 'owner' }],
      ['PATCH', '/api/auth/me', { name: 'Ada', email: 'owner@example.org' }],
      ['PATCH', '/api/users/:id', { name: 'Ada', passwordHash: 'x' }],
      ['PATCH', '/api/users/:id', { email: 'other@example.org' }],
      ['PATCH', '/api/users/:id', { secondFactor: false, disabledAt: null }],
      ['PATCH', '/api/users/:id', { id: '01890000-0000-7000-8000-000000000000' }],
      ['PATCH', '/api/users/:id', { role: 'superuser' }],
      ['PATCH', '/api/users/:id', { role: ['owner'] }],
      ['PATCH', '/api/users/:id', { disabled: 'false' }],
      ['POST', '/api/auth/register', { email: 'a@b.org', password: 'four words for you', name: 'A', role: 'owner' }],
      ['POST', '/api/auth/invitation', { token: 't', password: 'four words for you', name: 'A', role: 'owner' }],
      ['POST', '/api/auth/invitation', { token: 't', password: 'four words for you', name: 'A', email: 'a@b.org' }],
      ['POST', '/api/auth/password-reset', { token: 't', newPassword: 'four words for you', userId: 'x' }],
      ['POST', '/api/invitations', { email: 'a@b.org', role: 'viewer', expiresAt: '2099-01-01T00:00:00Z' }],
    ])('%s %s takes no field that is not its own: %j', async (method, path, body) => {
      const before = await readAccount(server.database, userOf('member'));
      const address = path.replace(':id', userOf('member').id);
      const headers = { 'content-type': 'application/json' };
      const reply = await ownerApi.request(method, address, { headers, body: JSON.stringify(body) });
      expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([400, 'request.invalid']);
      expect(await readAccount(server.database, userOf('member'))).toEqual(before);
    });

    it.each([
      ['a bidi override', 'Ada\u202Egpj'],
      ['an invisible space', 'A\u200Bda'],
      ['a zero width joiner', 'A\u200Dda'],
      ['a byte order mark', 'Ada\uFEFF\u00ADx'],
      ['a line break', 'Ada\nOwner'],
      ['an escape', 'Ada\u001B[31m'],
      ['a NUL', 'Ada\u0000'],
      ['half of a pair', 'Ada\uD800'],
      ['a private sign', 'Ada\uE000'],
      ['only spaces', '   '],
      ['nothing', ''],
      ['101 letters', 'a'.repeat(101)],
      ['a megabyte', 'a'.repeat(1_000_000)],
    ])('a name with %s is refused', async (_, name) => {
      const call = apiOf('viewer').call(updateMeRoute, { body: { name } });
      expect(await refusalOf(call)).toBe('request.invalid');
    });

    it.each(['Ada', 'a'.repeat(100), 'Æsir Øst', '李小龍', "O'Brien-Müller", '🦊', '<script>alert(1)</script>'])(
      'a name as people have them is taken and kept: %s',
      async (name) => {
        expect((await apiOf('viewer').call(updateMeRoute, { body: { name } })).name).toBe(name);
        expect((await readAccount(server.database, userOf('viewer')))?.name).toBe(name);
      },
    );

    it.each([
      'оwner@example.org',
      'owner@exаmple.org',
      'ｏwner@example.org',
      'owner@example.org\u200B',
      'owner@example.org\n',
      'owner @example.org',
      'owner@example',
      'owner@@example.org',
      'owner',
      `${'a'.repeat(250)}@example.org`,
    ])('an address that only looks like one is refused: %j', async (email) => {
      const call = ownerApi.call(createInvitationRoute, { body: { email, role: 'viewer' } });
      expect(await refusalOf(call)).toBe('request.invalid');
    });

    it('an address is taken in whatever case', async () => {
      const call = ownerApi.call(createInvitationRoute, {
        body: { email: owner.email.toUpperCase(), role: 'viewer' },
      });
      expect(await refusalOf(call)).toBe('auth.email-taken');
    });
  });

  describe('owners at once', () => {
    it('who demote each other: one does, and one is left', async () => {
      const database = await open();
      const ctx = makeTestCtx(database);
      const [one, two] = [await makeAccount(database, 'owner', 'One'), await makeAccount(database, 'owner', 'Two')];
      const demote = (by: User, whom: User) =>
        outcomeOf(updateUser(actingAs(ctx, by), { params: { id: whom.id }, body: { role: 'viewer' } }));
      const outcomes = await Promise.all([demote(one, two), demote(two, one)]);
      expect(outcomes.toSorted()).toEqual(['auth.forbidden', 'done']);
      const found = [await readAccount(database, one), await readAccount(database, two)];
      expect(found.filter((user) => user?.role === 'owner')).toHaveLength(1);
    });

    it('however many are demoted, disabled and deleted, the last who can sign in stays', async () => {
      const database = await open();
      const ctx = actingLocally(makeTestCtx(database));
      const owners: User[] = [];
      for (let i = 0; i < 6; i += 1) owners.push(await makeAccount(database, 'owner', `Owner ${i}`));
      const outcomes = await Promise.all(
        owners.map(({ id }, i) => {
          const params = { id };
          if (i % 3 === 0) return outcomeOf(updateUser(ctx, { params, body: { role: 'admin' } }));
          return outcomeOf(
            i % 3 === 1 ? updateUser(ctx, { params, body: { disabled: true } }) : deleteUser(ctx, { params }),
          );
        }),
      );
      expect(outcomes.toSorted()).toEqual(['auth.last-owner', ...Array.from({ length: 5 }, () => 'done')]);
      const { rows } = await database.query(`select 1 from auth.users where role = 'owner' and disabled_at is null`);
      expect(rows).toHaveLength(1);
    });

    it('who lost their rights while their request was on its way are refused', async () => {
      const database = await open();
      const ctx = makeTestCtx(database);
      const [boss, admin, user] = [
        await makeAccount(database, 'owner'),
        await makeAccount(database, 'admin'),
        await makeAccount(database, 'member'),
      ];
      const act = () =>
        outcomeOf(updateUser(actingAs(ctx, admin), { params: { id: user.id }, body: { role: 'admin' } }));
      await updateUser(actingAs(ctx, boss), { params: { id: admin.id }, body: { role: 'operator' } });
      expect(await act()).toBe('auth.forbidden');
      await updateUser(actingAs(ctx, boss), { params: { id: admin.id }, body: { role: 'admin', disabled: true } });
      expect(await act()).toBe('auth.required');
      await deleteUser(actingAs(ctx, boss), { params: { id: admin.id } });
      expect(await act()).toBe('auth.required');
      expect((await readAccount(database, user))?.role).toBe('member');
    });
  });

  it('a search takes signs of patterns and of SQL for what they are', async () => {
    const database = await open();
    for (const name of ['100%', 'under_score', "O'Brien", 'back\\slash', 'bang!', 'plain']) {
      await makeAccount(database, 'member', name);
    }
    const find = async (search: string) =>
      (await listUsers({ database }, { query: { limit: 50, search } })).items.map(({ name }) => name);
    expect(await find('%')).toEqual(['100%']);
    expect(await find('r_s')).toEqual(['under_score']);
    expect(await find("'")).toEqual(["O'Brien"]);
    expect(await find('\\')).toEqual(['back\\slash']);
    expect(await find('!')).toEqual(['bang!']);
    expect(await find('%%')).toEqual([]);
    expect(await find("' or 1=1 --")).toEqual([]);
    expect(await find('PLAIN')).toEqual(['plain']);
    expect(await find('ｐｌａｉｎ')).toEqual(['plain']);
  });
});
