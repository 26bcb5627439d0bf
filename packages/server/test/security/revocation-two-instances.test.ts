// Two servers on one database: what is revoked on one is refused on the other with the next request, and its sockets close there.
import {
  createApiKeyRoute,
  deleteApiKeyRoute,
  endSessionRoute,
  listSessionsRoute,
  logoutEverywhereRoute,
  logoutRoute,
  meRoute,
  refreshRoute,
} from '@gathering/contract/auth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn, withToken } from '../api.ts';
import { outcome } from '../auth-world.ts';
import { type DatabasePlace, eachDatabase } from '../db.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { owner } from '../server-process.ts';
import type { SocketClient } from '../socket-client.ts';

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
  const openSocket = async (api: Api): Promise<SocketClient> => {
    const socket = await api.openSocket();
    await socket.take('welcome');
    return socket;
  };
  const closeCode = async (socket: SocketClient) => (await socket.closed).code;

  // promise: revoked-at-once
  describe('what is revoked on one instance is refused on the other at once', () => {
    it('when a session signs out', async () => {
      const api = await signIn(one.url);
      const there = elsewhere(api);
      const [here, far] = [await openSocket(api), await openSocket(there)];
      expect(await reads(there)).toBe('done');
      await api.call(logoutRoute, {});
      expect(await reads(there)).toBe('auth.required');
      expect([await closeCode(here), await closeCode(far)]).toEqual([4401, 4401]);
    });

    it('when another session of the user ends it, or all', async () => {
      const [mine, other] = [await signIn(one.url), await signIn(two.url)];
      const far = await openSocket(other);
      const { items } = await other.call(listSessionsRoute, {});
      const id = items.find(({ current }) => current)?.id ?? '';
      await mine.call(endSessionRoute, { params: { id } });
      expect(await reads(other)).toBe('auth.required');
      expect(await closeCode(far)).toBe(4401);
      const third = await signIn(two.url);
      const socket = await openSocket(third);
      await mine.call(logoutEverywhereRoute, {});
      for (const api of [mine, third]) expect(await reads(api)).toBe('auth.required');
      expect(await closeCode(socket)).toBe(4401);
    });

    it('when an API key is revoked, with its sockets and not those of others', async () => {
      const api = await signIn(one.url);
      const { key, apiKey } = await api.call(createApiKeyRoute, { body: { name: 'Far' } });
      const there = withToken(two.url, key);
      const [far, stays] = [await openSocket(there), await openSocket(elsewhere(api))];
      await api.call(deleteApiKeyRoute, { params: { id: apiKey.id } });
      expect(await reads(there)).toBe('auth.required');
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
      await withToken(one.url, '').call(refreshRoute, { body: { refreshToken } });
      const again = withToken(two.url, '').call(refreshRoute, { body: { refreshToken } });
      expect(await outcome(again)).toBe('auth.refresh-invalid');
      expect(await reads(there)).toBe('auth.required');
      expect(await closeCode(far)).toBe(4401);
    });

    it('when the user is disabled or given another role by whatever hand', async () => {
      const api = await signIn(one.url);
      const there = elsewhere(api);
      const far = await openSocket(there);
      await one.database.query(`update auth.users set role = 'viewer'`);
      expect(await closeCode(far)).toBe(4401);
      expect(await outcome(there.call(meRoute, {}).then(({ role }) => expect(role).toBe('viewer')))).toBe('done');
      const again = await openSocket(there);
      await one.database.query('update auth.users set disabled_at = now()');
      expect(await reads(there)).toBe('auth.required');
      expect(await closeCode(again)).toBe(4401);
      await one.database.query(`update auth.users set disabled_at = null, role = 'owner'`);
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
