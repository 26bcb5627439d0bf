// Signing in and out, the owner's set-up and tickets, over HTTP and on both databases.

import {
  createApiKeyRoute,
  logoutRoute,
  meRoute,
  setupRoute,
  setupStateRoute,
  socketTicketRoute,
} from '@gathering/contract/auth';
import { describe, expect, it } from 'vitest';
import {
  type AuthWorldOptions,
  auditOf,
  email,
  localToken,
  minutes,
  outcome,
  password,
  startAuth,
} from '../../../test/auth-world.ts';
import { eachDatabase, type OpenDatabase, openPlace } from '../../../test/db.ts';
import { anonymousActor } from './authorize.ts';
import { ensureOwner } from './ensure-owner.ts';
import { createPasswords, type Passwords, unknownUserHash } from './passwords.ts';
import { signIn } from './sign-in.ts';
import { redeemTicket } from './socket-tickets.ts';

const start = async (open: OpenDatabase, options?: AuthWorldOptions) => startAuth(await open(), options);

eachDatabase((open, makePlace) => {
  describe('signing in', () => {
    it('gives a session for the right password, whatever the case of the e-mail', async () => {
      const { as, login, database, clock } = await start(open);
      const session = await login(password, 'ada@example.ORG');
      expect(session.user).toMatchObject({ email, name: 'Ada', role: 'owner' });
      expect(session.expiresAt).toBe('2026-11-01T10:15:00.000Z');
      expect(session.refreshExpiresAt).toBe('2026-11-08T10:00:00.000Z');
      expect(await as(session.accessToken)(meRoute, {})).toEqual(session.user);
      const { rows } = await database.query<{ type: string; subject: string; actor: string }>(
        `select type, subject, actor from event.events order by xid, id`,
      );
      const subject = `users/${session.user.id}`;
      expect(rows).toEqual([
        { type: 'auth.owner-created', subject, actor: 'system/start' },
        { type: 'auth.signed-in', subject, actor: subject },
      ]);
      clock.advance(minutes(15) - 1);
      expect(await outcome(as(session.accessToken)(meRoute, {}))).toBe('done');
      clock.advance(1);
      expect(await outcome(as(session.accessToken)(meRoute, {}))).toBe('auth.required');
    });

    it('refuses without a token, with a wrong one, and says the same', async () => {
      const { as } = await start(open);
      for (const token of [null, 'wrong', 'A'.repeat(43), `${localToken}x`]) {
        expect(await outcome(as(token)(meRoute, {}))).toBe('auth.required');
      }
    });

    it('ends at once with signing out', async () => {
      const { as, login } = await start(open);
      const [first, second] = [await login(), await login()];
      await as(first.accessToken)(logoutRoute, {});
      expect(await outcome(as(first.accessToken)(meRoute, {}))).toBe('auth.required');
      expect(await outcome(as(first.accessToken)(logoutRoute, {}))).toBe('auth.required');
      expect(await outcome(as(second.accessToken)(meRoute, {}))).toBe('done');
    });

    it('answers an unknown e-mail, a wrong password and a disabled user alike, after exactly one check each', async () => {
      const { database, ctxOf, baseUrl } = await start(open);
      await database.query(
        `insert into auth.users (id, email, email_key, name, name_key, role, password_hash, created_at, disabled_at)
         select gen_random_uuid(), 'off@example.org', 'off@example.org', 'Off', 'off', role, password_hash, created_at, created_at from auth.users`,
      );
      const attempts = [
        [email, 'a wrong sentence'],
        ['nobody@example.org', 'a wrong sentence'],
        ['off@example.org', password],
      ] as const;
      const problems: object[] = [];
      for (const [account, given] of attempts) {
        const body = JSON.stringify({ email: account, password: given });
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(`${baseUrl}/api/auth/login`, { method: 'POST', headers, body });
        problems.push({ status: response.status, ...((await response.json()) as object), requestId: '' });
      }
      expect(problems[1]).toEqual(problems[0]);
      expect(problems[2]).toEqual(problems[0]);

      const checked: string[] = [];
      const real = createPasswords({ atOnce: 2, waiting: 8 });
      const counting: Passwords = {
        hash: real.hash,
        verify: (passwordHash, given) => {
          checked.push(passwordHash);
          return real.verify(passwordHash, given);
        },
      };
      const ctx = ctxOf(anonymousActor('192.0.2.1'));
      const attempt = ([account, given]: readonly [string, string]) =>
        signIn(ctx, { body: { email: account, password: given } }, counting).catch(({ code }) => code);
      for (const one of attempts) expect(await attempt(one)).toBe('auth.wrong-credentials');
      expect(checked).toHaveLength(3);
      expect(checked[0]).not.toBe(unknownUserHash);
      expect(checked[1]).toBe(unknownUserHash);
      expect(checked[2]).toBe(checked[0]);
    });

    it('stores no token and no password as it is', async () => {
      const { as, login, database } = await start(open);
      const { accessToken, refreshToken } = await login();
      const { key } = await as(accessToken)(createApiKeyRoute, { body: { name: 'One' } });
      const { ticket } = await as(accessToken)(socketTicketRoute, {});
      const { rows: tables } = await database.query<{ name: string }>(
        `select schemaname || '.' || tablename as name from pg_tables where schemaname in ('auth', 'audit', 'event')`,
      );
      expect(tables.length).toBeGreaterThan(10);
      for (const { name } of tables) {
        const { rows } = await database.query(`select * from ${name}`);
        const text = JSON.stringify(rows);
        for (const secret of [password, accessToken, refreshToken, key, ticket]) expect(text).not.toContain(secret);
      }
    });

    it('leaves an audit row for what was done and what was refused', async () => {
      const { as, login, database } = await start(open);
      await outcome(login('a wrong sentence'));
      await outcome(login(password, 'nobody@example.org'));
      const { accessToken, user } = await login();
      await as(accessToken)(logoutRoute, {});
      const address = '127.0.0.1';
      const object = `users/${user.id}`;
      expect(await auditOf(database)).toMatchObject([
        { action: 'auth.set-up-owner', result: 'done', actor: 'system/start', address: null, object },
        { action: 'auth.sign-in', result: 'refused', actor: 'system/anonymous', address, object },
        { action: 'auth.sign-in', result: 'refused', actor: 'system/anonymous', address, object: null },
        { action: 'auth.make-signing-key', result: 'done', actor: 'system/anonymous', address },
        { action: 'auth.sign-in', result: 'done', actor: object, address, object, details: { kind: 'program' } },
        { action: 'auth.sign-out', result: 'done', actor: object, address },
      ]);
    });

    it('lets nobody in when the database is gone', async () => {
      const own = await openPlace(await makePlace());
      const { as, login } = await start(async () => own);
      const { accessToken } = await login();
      await own.close();
      expect(await outcome(as(accessToken)(meRoute, {}))).toBe('database.unavailable');
      expect(await outcome(login())).toBe('database.unavailable');
    });
  });

  describe('failing to sign in', () => {
    it('locks an account out for longer and longer, also for its owner, and forgets once he is in', async () => {
      const { login, clock } = await start(open);
      for (let i = 0; i < 5; i += 1) expect(await outcome(login('wrong'))).toBe('auth.wrong-credentials');
      const refusal: unknown = await login().catch((error: unknown) => error);
      expect(refusal).toMatchObject({ status: 429, problem: { code: 'auth.locked-out' } });
      clock.advance(29_999);
      expect(await outcome(login())).toBe('auth.locked-out');
      clock.advance(1);
      expect(await outcome(login('wrong'))).toBe('auth.wrong-credentials');
      clock.advance(59_999);
      expect(await outcome(login())).toBe('auth.locked-out');
      clock.advance(1);
      expect(await outcome(login())).toBe('done');
      expect(await outcome(login('wrong'))).toBe('auth.wrong-credentials');
      expect(await outcome(login())).toBe('done');
    });

    it('says how long to wait', async () => {
      const { login, baseUrl } = await start(open);
      for (let i = 0; i < 5; i += 1) await outcome(login('wrong', 'nobody@example.org'));
      const response = await fetch(`${baseUrl}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'Nobody@example.org', password: 'wrong' }),
      });
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '30']);
    });

    it('gives many attempts at once no more tries than one after another', async () => {
      const { login } = await start(open);
      const outcomes = await Promise.all(Array.from({ length: 12 }, () => outcome(login('wrong'))));
      expect(outcomes.filter((code) => code === 'auth.wrong-credentials')).toHaveLength(5);
      expect(outcomes.filter((code) => code === 'auth.locked-out')).toHaveLength(7);
    });

    it('locks an address out that tries many accounts, and keeps a bounded number of rows', async () => {
      const { database, clock, ctxOf } = await start(open);
      const swift: Passwords = { hash: async () => '', verify: async () => false };
      const attempt = (account: string, address: string) =>
        signIn(ctxOf(anonymousActor(address)), { body: { email: account, password: 'a' } }, swift).catch(
          ({ code }) => code,
        );
      for (let i = 0; i < 20; i += 1) {
        expect(await attempt(`user${i}@example.org`, `2001:db8::${i}`)).toBe('auth.wrong-credentials');
      }
      expect(await attempt('other@example.org', '2001:db8::99')).toBe('auth.locked-out');
      expect(await attempt('other@example.org', '2001:db8:1::99')).toBe('auth.wrong-credentials');
      const count = async () =>
        (await database.query<{ n: number }>('select count(*) as n from auth.sign_in_failures')).rows[0]?.n;
      expect(await count()).toBe(23);
      clock.advance(24 * 3600 * 1000 + 1);
      await attempt('late@example.org', '192.0.2.7');
      expect(await count()).toBe(2);
    });

    it('does not count an attempt that was refused for lack of room', async () => {
      const { login, ctxOf } = await start(open);
      const full = createPasswords({ atOnce: 0, waiting: 0 });
      const ctx = ctxOf(anonymousActor('127.0.0.1'));
      for (let i = 0; i < 30; i += 1) {
        await expect(signIn(ctx, { body: { email, password } }, full)).rejects.toMatchObject({
          code: 'server.overloaded',
        });
      }
      expect(await outcome(login())).toBe('done');
    });
  });

  describe('setting up the owner', () => {
    const owner = { email, password, name: 'Ada Lovelace' };

    it('takes the link of the latest start, once', async () => {
      const { as, login, setupToken, startCtx, database } = await start(open, { withOwner: false });
      const setUp = (token: string | null) => as(null)(setupRoute, { body: { token: token ?? '', ...owner } });
      expect(await as(null)(setupStateRoute, {})).toMatchObject({ ownerExists: false });
      const { setupToken: latest } = await ensureOwner(startCtx);
      expect(await outcome(setUp('guessed'))).toBe('auth.setup-link-invalid');
      expect(await outcome(setUp(setupToken))).toBe('auth.setup-link-invalid');
      const made = await as(null)(setupRoute, { body: { token: latest ?? '', ...owner } });
      expect(made).toMatchObject({ name: 'Ada Lovelace', email, role: 'owner' });
      expect((await login()).user).toEqual(made);
      expect(await as(null)(setupStateRoute, {})).toMatchObject({ ownerExists: true });
      expect(await outcome(setUp(latest))).toBe('auth.setup-done');
      expect(await ensureOwner(startCtx)).toEqual({ setupToken: null });
      const refused = { result: 'refused', actor: 'system/anonymous' };
      const done = { result: 'done', actor: `users/${made.id}` };
      expect(await auditOf(database, 'auth.set-up-owner')).toMatchObject([refused, refused, done]);
    });

    it('makes one owner of two who come at once', async () => {
      const { as, setupToken, database } = await start(open, { withOwner: false });
      const setUp = (address: string) =>
        outcome(as(null)(setupRoute, { body: { token: setupToken ?? '', ...owner, email: address } }));
      const outcomes = await Promise.all(['a@example.org', 'b@example.org', 'c@example.org'].map(setUp));
      expect(outcomes.toSorted()).toEqual(['auth.setup-done', 'auth.setup-done', 'done']);
      const { rows } = await database.query('select email from auth.users');
      expect(rows).toHaveLength(1);
      const events = await database.query(`select 1 from event.events where type = 'auth.owner-created'`);
      expect(events.rows).toHaveLength(1);
    });

    it('makes one owner when two instances start at once with a configured one', async () => {
      const { database, startCtx } = await start(open, { withOwner: false });
      const config = { ...startCtx.config, owner: { email, password } };
      const ends = await Promise.all([1, 2].map(() => ensureOwner({ ...startCtx, config })));
      expect(ends).toEqual([{ setupToken: null }, { setupToken: null }]);
      expect((await database.query('select 1 from auth.users')).rows).toHaveLength(1);
    });

    it('refuses a short password and a malformed e-mail before anything is written', async () => {
      const { as, setupToken } = await start(open, { withOwner: false });
      const body = { token: setupToken ?? '', email: 'ada', password: 'short' };
      expect(await outcome(as(null)(setupRoute, { body }))).toBe('request.invalid');
      expect(await as(null)(setupStateRoute, {})).toMatchObject({ ownerExists: false });
    });
  });

  describe('socket tickets', () => {
    it('open one socket, within 30 s', async () => {
      const { as, login, database, clock } = await start(open);
      const { accessToken, user } = await login();
      const make = async () => (await as(accessToken)(socketTicketRoute, {})).ticket;
      const redeem = (ticket: string) => redeemTicket({ database, clock }, ticket, '192.0.2.1');
      const ticket = await make();
      const actors = await Promise.all([redeem(ticket), redeem(ticket), redeem(ticket)]);
      const [actor, ...others] = actors.filter((one) => one !== null);
      expect(others).toEqual([]);
      expect(actor).toMatchObject({ kind: 'user', id: user.id, role: 'owner', address: '192.0.2.1' });
      const late = await make();
      clock.advance(30_000);
      expect(await redeem(late)).toBeNull();
      expect(await redeem('unknown')).toBeNull();
    });

    it('end with the session that asked for them', async () => {
      const { as, login, database, clock } = await start(open);
      const { accessToken } = await login();
      const { ticket } = await as(accessToken)(socketTicketRoute, {});
      await as(accessToken)(logoutRoute, {});
      expect(await redeemTicket({ database, clock }, ticket, null)).toBeNull();
    });

    it('are given to commands on this machine too, which act for the owner', async () => {
      const { as, database, clock } = await start(open);
      expect(await as(localToken)(meRoute, {})).toMatchObject({ email });
      const { ticket } = await as(localToken)(socketTicketRoute, {});
      const actor = await redeemTicket({ database, clock }, ticket, null);
      expect(actor).toEqual({
        kind: 'system',
        id: 'local-command',
        role: 'owner',
        scopes: null,
        credential: 'local-token',
        projects: 'all',
        sessionId: null,
        address: null,
      });
    });
  });
});
