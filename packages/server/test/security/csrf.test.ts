// Browsers: a cookie that scripts cannot read, a token against forged requests, and pages of other sites kept out.

import { describe, expect, it } from 'vitest';
import { csrfTokenOf } from '../../src/features/auth/browser-cookie.ts';
import { type AuthWorld, auditOf, email, password, startAuth } from '../auth-world.ts';
import { eachDatabase } from '../db.ts';

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

async function send({ baseUrl }: AuthWorld, path: string, { method = 'POST', headers = {}, body }: Sent = {}) {
  const reply = await fetch(`${baseUrl}/api${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  const answer = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: reply.status, cookies: reply.headers.getSetCookie(), ...answer } as {
    status: number;
    cookies: string[];
    code?: string;
    csrfToken?: string;
    permissions?: string[];
  };
}

const login = (world: AuthWorld, headers: Sent['headers'] = {}) =>
  send(world, '/auth/browser-login', { headers, body: { email, password } });

async function signIn(world: AuthWorld) {
  const { cookies, csrfToken = '' } = await login(world);
  return { cookie: cookies[0]?.split(';')[0] ?? '', csrfToken };
}

/** As a test that the request got past the door: an answer, or a refusal of the route itself. */
const statusOf = async (world: AuthWorld, headers: Record<string, string>, method = 'POST') =>
  (await send(world, method === 'GET' ? '/auth/session' : '/auth/socket-ticket', { method, headers })).code ?? 'done';

eachDatabase((open) => {
  describe('the cookie', () => {
    it('is out of reach of scripts and of other sites, and behind https bound to this host', async () => {
      const world = await startAuth(await open());
      const { status, cookies } = await login(world);
      expect(status).toBe(200);
      expect(cookies).toHaveLength(1);
      expect(cookies[0]).toMatch(/^gathering-[0-9a-f]{8}=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
      const behind = await startAuth(world.database, {
        env: { GATHERING_PUBLIC_URL: 'https://gathering.example.org' },
      });
      expect((await login(behind)).cookies[0]).toMatch(
        /^__Host-gathering-[0-9a-f]{8}=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
      );
    });

    it('signs in, tells who is there, and is taken back by signing out', async () => {
      const world = await startAuth(await open());
      const { cookie, csrfToken } = await signIn(world);
      const session = await send(world, '/auth/session', { method: 'GET', headers: { cookie } });
      expect(session).toMatchObject({ status: 200, csrfToken, expiresAt: '2026-12-01T10:00:00.000Z' });
      expect(session.permissions).toContain('account.manage');
      const out = await send(world, '/auth/logout', { headers: { cookie, 'x-csrf-token': csrfToken } });
      expect(out.status).toBe(204);
      expect(out.cookies[0]).toMatch(/^gathering-[0-9a-f]{8}=; .*Expires=Thu, 01 Jan 1970/);
      expect(await statusOf(world, { cookie }, 'GET')).toBe('auth.required');
    });

    it('counts for nothing beside an Authorization, however wrong that is', async () => {
      const world = await startAuth(await open());
      const { cookie, csrfToken } = await signIn(world);
      const { accessToken } = await world.login();
      for (const authorization of ['', 'Bearer', 'Bearer a.b.c', 'Basic YTpi']) {
        expect(await statusOf(world, { cookie, 'x-csrf-token': csrfToken, authorization })).toBe('auth.required');
      }
      // A bearer needs no such token, wherever it comes from.
      const bearer = { cookie, authorization: `Bearer ${accessToken}`, origin: 'https://elsewhere.example' };
      expect(await statusOf(world, bearer)).toBe('done');
    });
  });

  describe('the token against forged requests', () => {
    it('is needed for whatever changes something, and for nothing else', async () => {
      const world = await startAuth(await open());
      const [mine, other] = [await signIn(world), await signIn(world)];
      const { cookie } = mine;
      const wrong: Record<string, string>[] = [
        {},
        { 'x-csrf-token': '' },
        { 'x-csrf-token': other.csrfToken },
        { 'x-csrf-token': `${mine.csrfToken}A` },
        { 'x-csrf-token': mine.csrfToken.slice(1) },
        { 'x-csrf-token': cookie.split('=')[1] ?? '' },
        { 'x-csrf-token': csrfTokenOf('') },
      ];
      for (const headers of wrong) {
        expect([headers, await statusOf(world, { cookie, ...headers })]).toEqual([headers, 'auth.csrf-invalid']);
      }
      expect(await statusOf(world, { cookie, 'x-csrf-token': mine.csrfToken })).toBe('done');
      expect(await statusOf(world, { cookie }, 'GET')).toBe('done');
      expect(await auditOf(world.database, 'auth.token-refused')).toMatchObject([
        { details: { reason: 'no csrf token' } },
      ]);
    });

    it('does not hide that the session has ended', async () => {
      const world = await startAuth(await open());
      const { cookie } = await signIn(world);
      await world.database.query('delete from auth.sessions');
      expect(await statusOf(world, { cookie })).toBe('auth.required');
    });
  });

  describe('pages of other sites', () => {
    const foreign: Record<string, string>[] = [
      { origin: 'https://elsewhere.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:1' },
      { origin: 'not an origin' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://elsewhere.example', 'sec-fetch-site': 'same-origin' },
    ];

    it('can neither sign in nor do anything with the cookie, not even with the right token', async () => {
      const world = await startAuth(await open());
      const { cookie, csrfToken } = await signIn(world);
      for (const headers of foreign) {
        expect([headers, (await login(world, headers)).code]).toEqual([headers, 'auth.foreign-origin']);
        const all = { cookie, 'x-csrf-token': csrfToken, ...headers };
        expect([headers, await statusOf(world, all)]).toEqual([headers, 'auth.foreign-origin']);
        expect([headers, await statusOf(world, all, 'GET')]).toEqual([headers, 'auth.foreign-origin']);
      }
      expect((await world.database.query('select 1 from auth.sessions')).rows).toHaveLength(1);
    });

    it('are told from our own, from the public address and from those that are configured', async () => {
      const env = {
        GATHERING_PUBLIC_URL: 'https://gathering.example.org/',
        GATHERING_CORS_ORIGINS: 'https://tools.example.org',
      };
      const world = await startAuth(await open(), { env });
      const { cookie, csrfToken } = await signIn(world);
      const own: Record<string, string>[] = [
        { origin: world.baseUrl },
        { origin: 'https://gathering.example.org' },
        { origin: 'https://tools.example.org', 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'none' },
      ];
      for (const headers of own) {
        expect([headers, (await login(world, headers)).status]).toEqual([headers, 200]);
        const all = { cookie, 'x-csrf-token': csrfToken, ...headers };
        expect([headers, await statusOf(world, all)]).toEqual([headers, 'done']);
      }
    });
  });
});
