// Access tokens that are not ours, not any more, or not as we made them: one and the same refusal, and why in the audit only.
import { createHmac } from 'node:crypto';
import { meRoute } from '@gathering/contract/auth';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { authenticate } from '../../src/features/auth/authenticate.ts';
import { RecentIdentities, removeExpired } from '../../src/features/auth/index.ts';
import { openSigningKey, readInstanceId } from '../../src/features/auth/signing-keys.ts';
import { openSecrets } from '../../src/platform/secrets.ts';
import { type AuthWorld, auditOf, days, minutes, outcome, startAuth } from '../auth-world.ts';
import { eachDatabase } from '../db.ts';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

const kidOf = (token: string): unknown => decode(token.split('.')[0]).kid;

/** Signed by the real key of this server, with claims of the test's own. */
async function forge({ startCtx, database, clock }: AuthWorld, more: Record<string, unknown>, header = {}) {
  const { kid, key } = await openSigningKey(startCtx);
  const id = await readInstanceId(database);
  const seconds = Math.floor(clock.now().getTime() / 1000);
  const claims = {
    iss: `urn:gathering:${id}`,
    aud: `urn:gathering:${id}:api`,
    iat: seconds,
    exp: seconds + 60,
    ...more,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt', ...header }).sign(key);
}

/** Each bad token with the reason that the audit has for it. */
async function badTokens(world: AuthWorld, good: string, foreign: string): Promise<[token: string, reason: string][]> {
  const [header = '', payload = '', signature = ''] = good.split('.');
  const claims = decode(payload);
  const { sub, sid, jti } = claims;
  const ours = { sub, sid, jti };
  const swapped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  const hs256 = `${encode({ ...decode(header), alg: 'HS256' })}.${payload}`;
  const { rows } = await world.database.query<{ x: string }>('select public_key as x from auth.signing_keys');
  const macOf = (key: string) => createHmac('sha256', key).update(hs256).digest('base64url');
  return [
    ['a', 'malformed'],
    ['a.b.c', 'malformed'],
    ['..', 'malformed'],
    ['A'.repeat(43), 'malformed'],
    ['A'.repeat(2048), 'malformed'],
    [`${header}.${payload}`, 'malformed'],
    [`${header}.${payload}.`, 'wrong signature'],
    [good.slice(0, -1), 'malformed'],
    [good.slice(0, -2), 'wrong signature'],
    [`${good}.${signature}`, 'malformed'],
    [`${header}.${payload}.${swapped}`, 'wrong signature'],
    [`${header}.${encode({ ...claims, sub: claims.sid })}.${signature}`, 'wrong signature'],
    [`${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`, 'other algorithm'],
    [`${encode({ ...decode(header), alg: 'none' })}.${payload}.`, 'other algorithm'],
    [`${encode({ ...decode(header), alg: 'nOnE' })}.${payload}.${signature}`, 'other algorithm'],
    [`${hs256}.${macOf(rows[0]?.x ?? '')}`, 'other algorithm'],
    [`${encode({ ...decode(header), kid: 'A'.repeat(22) })}.${payload}.${signature}`, 'unknown signing key'],
    [`${encode({ ...decode(header), kid: "' or 1=1 --" })}.${payload}.${signature}`, 'unknown signing key'],
    [`${encode({ alg: 'EdDSA', typ: 'at+jwt' })}.${payload}.${signature}`, 'unknown signing key'],
    [foreign, 'unknown signing key'],
    [await forge(world, { ...ours, iss: 'urn:gathering:another' }), 'other installation'],
    [await forge(world, { ...ours, aud: 'urn:gathering:another:api' }), 'other installation'],
    [await forge(world, { ...ours, aud: undefined }), 'other installation'],
    [await forge(world, { ...ours, exp: Math.floor(world.clock.now().getTime() / 1000) }), 'expired'],
    [await forge(world, { ...ours, exp: undefined }), 'malformed'],
    [await forge(world, { sub, sid }), 'malformed'],
    [await forge(world, { sub, jti }), 'malformed'],
    [await forge(world, { ...ours, sid: { toString: sid } }), 'malformed'],
    [await forge(world, ours, { typ: 'JWT' }), 'malformed'],
    // What it says is signed and true, but no session of this user.
    [await forge(world, { ...ours, sid: sub }), 'ended or unknown'],
    [await forge(world, { ...ours, sub: sid }), 'ended or unknown'],
  ];
}

eachDatabase((open) => {
  describe('bad access tokens', () => {
    it('are refused alike, in every form, with one audit entry a minute for each reason', async () => {
      const [world, other] = [await startAuth(await open()), await startAuth(await open())];
      await other.database.query('update auth.instance set id = gen_random_uuid()');
      const { accessToken: good } = await world.login();
      const { accessToken: foreign } = await other.login();
      const tokens = await badTokens(world, good, foreign);
      const send = async (authorization: string) => {
        const reply = await fetch(`${world.baseUrl}/api/auth/me`, { headers: { authorization } });
        const problem = (await reply.json()) as Record<string, unknown>;
        return { status: reply.status, challenge: reply.headers.get('www-authenticate'), ...problem, requestId: '' };
      };
      const plain = await send('Bearer a');
      expect(plain).toMatchObject({ status: 401, code: 'auth.required', challenge: 'Bearer' });
      for (const [token] of tokens) expect(await send(`Bearer ${token}`)).toEqual(plain);
      for (const header of ['', 'Bearer', 'Bearer ', `Basic ${btoa('a:b')}`, `Bearer ${good} ${good}`]) {
        expect(await send(header)).toEqual(plain);
      }
      const reasonsOf = async () =>
        (await auditOf(world.database, 'auth.token-refused')).map(({ details }) => String(details.reason));
      const reasons = [...new Set(tokens.map(([, reason]) => reason))].toSorted();
      expect((await reasonsOf()).toSorted()).toEqual(reasons);
      expect(await auditOf(world.database, 'auth.token-refused')).toMatchObject(
        reasons.map(() => ({ result: 'refused', actor: 'system/anonymous', address: '127.0.0.1', object: null })),
      );
      world.clock.advance(minutes(1));
      for (let i = 0; i < 3; i += 1) await send('Bearer a');
      expect(await reasonsOf()).toHaveLength(reasons.length + 1);
      expect(await outcome(world.as(good)(meRoute, {}))).toBe('done');
    });

    it('are each refused for the reason that the audit tells', async () => {
      const [world, other] = [await startAuth(await open()), await startAuth(await open())];
      const { accessToken: good } = await world.login();
      const tokens = await badTokens(world, good, (await other.login()).accessToken);
      const ports = { ...world.startCtx, identities: new RecentIdentities() };
      for (const [token, reason] of tokens) {
        expect([token, await authenticate(ports, token, { address: null })]).toEqual([token, reason]);
      }
    });
  });

  describe('signing keys', () => {
    it('are made once, however many need one at once on several instances', async () => {
      const database = await open();
      const [one, two] = [await startAuth(database), await startAuth(database)];
      const sessions = await Promise.all([one.login(), two.login(), one.login(), two.login()]);
      expect(new Set(sessions.map(({ accessToken }) => kidOf(accessToken))).size).toBe(1);
      for (const { accessToken } of sessions) expect(await outcome(two.as(accessToken)(meRoute, {}))).toBe('done');
      expect(await auditOf(database, 'auth.make-signing-key')).toHaveLength(1);
    });

    it('change after 30 days; the old one verifies until its last token expired, and then goes', async () => {
      const database = await open();
      const one = await startAuth(database);
      const two = await startAuth(database, { clock: one.clock });
      const first = await one.login();
      one.clock.advance(days(30) - minutes(5));
      const last = await one.login();
      expect(kidOf(last.accessToken)).toBe(kidOf(first.accessToken));
      one.clock.advance(minutes(5));
      const next = await one.login();
      expect(kidOf(next.accessToken)).not.toBe(kidOf(first.accessToken));
      // The other instance has seen neither key.
      expect(await outcome(two.as(next.accessToken)(meRoute, {}))).toBe('done');
      expect(await outcome(two.as(last.accessToken)(meRoute, {}))).toBe('done');
      await removeExpired(one.startCtx);
      expect(await outcome(two.as(last.accessToken)(meRoute, {}))).toBe('done');
      one.clock.advance(minutes(15));
      await removeExpired(one.startCtx);
      const { rows } = await database.query<{ kid: string }>('select kid from auth.signing_keys');
      expect(rows.map(({ kid }) => kid)).toEqual([kidOf(next.accessToken)]);
    });

    it('that another secret key sealed lock nobody out: this server makes its own', async () => {
      const database = await open();
      const one = await startAuth(database);
      const { accessToken } = await one.login();
      const secrets = openSecrets({ dataDir: '.', secretKey: 'b'.repeat(64) });
      const two = await startAuth(database, { secrets });
      const again = await two.login();
      expect(kidOf(again.accessToken)).not.toBe(kidOf(accessToken));
      for (const token of [accessToken, again.accessToken]) {
        expect(await outcome(one.as(token)(meRoute, {}))).toBe('done');
        expect(await outcome(two.as(token)(meRoute, {}))).toBe('done');
      }
    });
  });
});
