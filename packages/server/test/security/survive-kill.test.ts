// What was acknowledged is there after the process was killed, wherever the kill fell: the sign-in with its session, its
// end, a new user, a change of a role or a setting, each with its audit entry; and the chain over the entries is whole and goes on.
import { listAuditRoute, readAuditSealRoute, verifyAuditRoute } from '@gathering/contract/audit';
import { logoutRoute, meRoute } from '@gathering/contract/auth';
import { listUsersRoute, updateUserRoute } from '@gathering/contract/auth-users';
import { changeSettingsRoute, readSettingsRoute } from '@gathering/contract/operations';
import type { Role } from '@gathering/contract/permissions';
import { expect, it } from 'vitest';
import { type Api, signIn, withToken } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { serversOfGroup } from '../server-process.ts';
import { waitFor } from '../wait-for.ts';
import { makePerson } from './account-calls.ts';

const turnOfLoop = () => new Promise((resolve) => setImmediate(resolve));

interface Acknowledged {
  signedIn: number;
  signedOut: number;
  /** Tokens of sessions that were not ended. */
  readonly live: string[];
  readonly ended: string[];
  days: number;
  readonly settings: number[];
  /** Users with the role that they were given last. */
  readonly users: Map<string, Role>;
}

/** One thing after the other, until the server is gone; only what was answered counts. */
async function workUntilGone(url: string, known: Acknowledged, isStopped: () => boolean): Promise<void> {
  while (!isStopped()) {
    const api = await signIn(url);
    known.signedIn += 1;
    known.live.push(api.token);
    const eventRetentionDays = (known.days % 3000) + 1;
    known.days = eventRetentionDays;
    await api.call(changeSettingsRoute, { body: { eventRetentionDays } });
    known.settings.push(eventRetentionDays);
    const { id } = await makePerson(api);
    known.signedIn += 1;
    known.users.set(id, 'member');
    await api.call(updateUserRoute, { params: { id }, body: { role: 'operator' } });
    known.users.set(id, 'operator');
    if (known.settings.length % 2 === 0) continue;
    // It may have ended without our hearing of it.
    known.live.splice(known.live.indexOf(api.token), 1);
    await api.call(logoutRoute, {});
    known.signedOut += 1;
    known.ended.push(api.token);
  }
}

async function countActions(api: Api, action: string): Promise<number> {
  let count = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await api.call(listAuditRoute, { query: { action, result: 'done', limit: 200, cursor } });
    count += page.items.length;
    if (page.nextCursor === null) return count;
    cursor = page.nextCursor;
  }
}

const isLet = async (url: string, token: string): Promise<boolean> => {
  const reply = await withToken(url, token).request('GET', `/api${meRoute.path}`);
  expect([200, 401]).toContain(reply.status);
  return reply.status === 200;
};

eachDatabase((_open, makePlace) => {
  const start = serversOfGroup();

  it('neither user, session, end of a session nor audit entry that was acknowledged is lost', async () => {
    const place = await makePlace();
    const known: Acknowledged = {
      signedIn: 0,
      signedOut: 0,
      live: [],
      ended: [],
      days: 1,
      settings: [],
      users: new Map(),
    };
    for (let kill = 0; kill < 3; kill++) {
      const server = await start(place);
      let isKilled = false;
      const before = known.signedIn;
      const work = workUntilGone(server.url, known, () => isKilled).catch((error: unknown) => {
        // The request that the kill cut off is the only one that may fail.
        if (!isKilled) throw error;
      });
      await waitFor('something to be acknowledged', () => known.signedIn > before + 1);
      for (let turns = Math.random() * 300; turns > 0; turns--) await turnOfLoop();
      isKilled = true;
      await server.kill();
      await work;

      const next = await start(place);
      const api = await signIn(next.url);
      known.signedIn += 1;
      for (const token of known.live) expect(await isLet(next.url, token)).toBe(true);
      for (const token of known.ended) expect(await isLet(next.url, token)).toBe(false);
      const { items } = await api.call(listUsersRoute, { query: { limit: 200 } });
      const roleOf = new Map(items.map((user) => [user.id, user.role]));
      for (const [id, role] of known.users) expect([role, 'operator']).toContain(roleOf.get(id));
      const { eventRetentionDays } = await api.call(readSettingsRoute, {});
      expect([known.settings.at(-1), known.days]).toContain(eventRetentionDays);
      // One more of each may have been done and not heard of, in each of the kills.
      const [signIns, signOuts, changes] = await Promise.all(
        ['auth.sign-in', 'auth.sign-out', 'operations.change-settings'].map((action) => countActions(api, action)),
      );
      for (const [found, acknowledged] of [
        [signIns, known.signedIn],
        [signOuts, known.signedOut],
        [changes, known.settings.length],
      ]) {
        expect(found).toBeGreaterThanOrEqual(acknowledged ?? Number.NaN);
        expect(found).toBeLessThanOrEqual((acknowledged ?? Number.NaN) + kill + 1);
      }
      const seal = await waitFor('everything to be sealed', async () => {
        const now = await api.call(readAuditSealRoute, {});
        return now.unsealed.count === 0 && now;
      });
      const verdict = await api.call(verifyAuditRoute, { body: { expect: `${seal.position}:${seal.hash}` } });
      expect(verdict).toMatchObject({ status: 'whole', fault: null });
      await next.kill();
    }
  });
});
