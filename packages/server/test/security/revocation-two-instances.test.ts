// Two servers on one database: what is revoked on one is refused there with the next request and on the other within a second,
// and its sockets close.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createApiKeyRoute,
  deleteApiKeyRoute,
  endSessionRoute,
  listSessionsRoute,
  loginRoute,
  logoutEverywhereRoute,
  logoutRoute,
  meRoute,
  refreshRoute,
} from '@gathering/contract/auth';
import {
  addProjectMemberRoute,
  createProjectRoute,
  readProjectRoute,
  removeProjectMemberRoute,
} from '@gathering/contract/projects';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { accountPassword, makeAccount } from '../accounts.ts';
import { type Api, signIn, withToken } from '../api.ts';
import { outcome } from '../auth-world.ts';
import { type DatabasePlace, eachDatabase } from '../db.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { owner } from '../server-process.ts';
import type { SocketClient } from '../socket-client.ts';

/** Ends what hangs; how soon it is, `recent-identities.test.ts` tells by a clock of its own. */
const patient = { timeout: 20_000 };

eachDatabase((_open, makePlace, kind) => {
  let one: InProcessServer;
  let two: InProcessServer;
  beforeAll(async () => {
    const place = await makePlace();
    one = await startInProcess(place);
    // The embedded database has one process, so there the second instance is the first.
    two = kind === 'server' ? await startInProcess(await besides(place)) : one;
  });
  afterAll(async () => {
    await one?.stop();
    if (two !== one) await two?.stop();
  });
  /** The same database, a data folder of its own, and the key that seals what both read. */
  const besides = async (place: DatabasePlace): Promise<DatabasePlace> => ({
    ...place,
    dataDir: (await makePlace({ empty: true })).dataDir,
  });
  const elsewhere = ({ token }: Api): Api => withToken(two.url, token);
  const reads = (api: Api) => outcome(api.call(meRoute, {}));
  /** Let in until now, so that the instance remembers who it is. */
  const isLetIn = async (api: Api) => expect(await reads(api)).toBe('done');
  /** The word of it may be under way when the one who revoked is answered. */
  const isRefusedSoon = (api: Api) => expect.poll(() => reads(api), patient).toBe('auth.required');
  const openSocket = async (api: Api): Promise<SocketClient> => {
    const socket = await api.openSocket();
    await socket.take('welcome');
    return socket;
  };
  const closeCode = async (socket: SocketClient) => (await socket.closed).code;

  // promise: revoked-at-once
  describe('what is revoked on one instance is refused on the other too', () => {
    it('when a session signs out', async () => {
      const api = await signIn(one.url);
      const there = elsewhere(api);
      const [here, far] = [await openSocket(api), await openSocket(there)];
      await isLetIn(api);
      await isLetIn(there);
      await api.call(logoutRoute, {});
      expect(await reads(api)).toBe('auth.required');
      await isRefusedSoon(there);
      expect([await closeCode(here), await closeCode(far)]).toEqual([4401, 4401]);
    });

    it('when another session of the user ends it, or all', async () => {
      const [mine, other] = [await signIn(one.url), await signIn(two.url)];
      const far = await openSocket(other);
      const { items } = await other.call(listSessionsRoute, {});
      const id = items.find(({ current }) => current)?.id ?? '';
      await isLetIn(other);
      await mine.call(endSessionRoute, { params: { id } });
      await isRefusedSoon(other);
      expect(await closeCode(far)).toBe(4401);
      const third = await signIn(two.url);
      const socket = await openSocket(third);
      for (const api of [mine, third]) await isLetIn(api);
      await mine.call(logoutEverywhereRoute, {});
      expect(await reads(mine)).toBe('auth.required');
      await isRefusedSoon(third);
      expect(await closeCode(socket)).toBe(4401);
    });

    it('when an API key is revoked, with its sockets and not those of others', async () => {
      const api = await signIn(one.url);
      const { key, apiKey } = await api.call(createApiKeyRoute, { body: { name: 'Far' } });
      const there = withToken(two.url, key);
      const [far, stays] = [await openSocket(there), await openSocket(elsewhere(api))];
      const here = withToken(one.url, key);
      for (const at of [here, there]) await isLetIn(at);
      await api.call(deleteApiKeyRoute, { params: { id: apiKey.id } });
      expect(await reads(here)).toBe('auth.required');
      await isRefusedSoon(there);
      expect(await closeCode(far)).toBe(4401);
      stays.send({ type: 'ping' });
      await stays.take('pong');
      stays.close();
    });

    it('when a refresh token comes again', async () => {
      const login = await fetch(`${one.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(owner),
      });
      const { accessToken, refreshToken } = (await login.json()) as { accessToken: string; refreshToken: string };
      const there = withToken(two.url, accessToken);
      const far = await openSocket(there);
      await isLetIn(there);
      await withToken(one.url, '').call(refreshRoute, { body: { refreshToken } });
      const again = withToken(two.url, '').call(refreshRoute, { body: { refreshToken } });
      expect(await outcome(again)).toBe('auth.refresh-invalid');
      expect(await reads(withToken(one.url, accessToken))).toBe('auth.required');
      await isRefusedSoon(there);
      expect(await closeCode(far)).toBe(4401);
    });

    it('when the user is disabled or given another role by whatever hand', async () => {
      const api = await signIn(one.url);
      const there = elsewhere(api);
      const far = await openSocket(there);
      await one.database.query(`update auth.users set role = 'viewer'`);
      expect(await closeCode(far)).toBe(4401);
      await expect.poll(async () => (await there.call(meRoute, {})).role, patient).toBe('viewer');
      const again = await openSocket(there);
      await one.database.query('update auth.users set disabled_at = now()');
      await isRefusedSoon(there);
      expect(await closeCode(again)).toBe(4401);
      await one.database.query(`update auth.users set disabled_at = null, role = 'owner'`);
    });

    it('and the id of a token that was just used lets nobody in as a cookie', async () => {
      const browser = await fetch(`${one.url}/api/auth/browser-login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(owner),
      });
      const [pair = ''] = browser.headers.getSetCookie()[0]?.split(';') ?? [];
      const [name] = pair.split('=');
      const api = await signIn(one.url);
      const { jti } = JSON.parse(Buffer.from(api.token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
      const statusWith = async (cookie: string) =>
        (await fetch(`${one.url}/api/auth/me`, { headers: { cookie } })).status;
      await isLetIn(api);
      expect([await statusWith(`${name}=${jti}`), await statusWith(pair)]).toEqual([401, 200]);
    });

    it('when a member is taken out of a project', async () => {
      const { id: userId, email } = await makeAccount(one.database, 'member', 'Sees Projects');
      const body = { email, password: accountPassword };
      const { accessToken } = await withToken(two.url, '').call(loginRoute, { body });
      const there = withToken(two.url, accessToken);
      const folder = await mkdtemp(join(tmpdir(), 'gathering-project-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const api = await signIn(one.url);
      const { id } = await api.call(createProjectRoute, { body: { name: 'Shared', folder } });
      const sees = () => outcome(there.call(readProjectRoute, { params: { id } }));
      expect(await sees()).toBe('projects.not-found');
      await api.call(addProjectMemberRoute, { params: { id, userId } });
      await expect.poll(sees, patient).toBe('done');
      await api.call(removeProjectMemberRoute, { params: { id, userId } });
      await expect.poll(sees, patient).toBe('projects.not-found');
    });

    it('when a key merely expires under an open socket', async () => {
      const api = await signIn(one.url);
      const { key, apiKey } = await api.call(createApiKeyRoute, { body: { name: 'Short' } });
      const far = await openSocket(withToken(two.url, key));
      // No row goes and no trigger runs: found by looking.
      await one.database.query(`update auth.api_keys set expires_at = now() where id = $1`, [apiKey.id]);
      expect(await closeCode(far)).toBe(4401);
    });
  });
});
