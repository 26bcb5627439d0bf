// Guessing passwords: many guesses on one account from everywhere, one guess on many accounts from one place, and guesses that
// are only made to keep a person out. Two instances share what is counted, and time is moved by hand.
import { AppError } from '@gathering/contract/errors';
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureOwner, removeExpired } from '../../src/features/auth/index.ts';
import type { Passwords } from '../../src/features/auth/passwords.ts';
import { freeFailures, mostFailureRows } from '../../src/features/auth/rules.ts';
import { signIn } from '../../src/features/auth/sign-in.ts';
import { readConfig } from '../../src/platform/config.ts';
import type { Database } from '../../src/platform/db/database.ts';
import { auditOf } from '../auth-world.ts';
import { eachDatabase, openPlace } from '../db.ts';
import { makeTestCtx, type TestCtx } from '../make-ctx.ts';
import { owner } from '../server-process.ts';

/** The hash is not what is tested here: equal texts are the right password. */
const quickPasswords: Passwords = {
  hash: async (password) => password,
  verify: async (_hash, password) => password === owner.password,
};

const minute = 60_000;
const hour = 60 * minute;
const home = '203.0.113.10';

eachDatabase((_open, makePlace, kind) => {
  let one: TestCtx;
  let other: TestCtx;
  let database: Database;
  const closers: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    const place = await makePlace();
    database = await openPlace(place);
    const second = kind === 'server' ? await openPlace(place) : database;
    one = makeTestCtx(database);
    // One time for both, as for instances whose machines keep it.
    other = { ...makeTestCtx(second), clock: one.clock };
    const config = readConfig({ GATHERING_OWNER_EMAIL: owner.email, GATHERING_OWNER_PASSWORD: owner.password });
    await ensureOwner({ ...one, config });
    closers.push(() => database.close());
    if (second !== database) closers.push(() => second.close());
    return async () => {
      for (const close of closers.splice(0)) await close();
    };
  });

  /** `in`, `wrong`, or for how many seconds the next try must wait. */
  async function tryOnce(
    ctx: TestCtx,
    email: string,
    password: string,
    address: string,
  ): Promise<'in' | 'wrong' | number> {
    const actor = { ...ctx.actor, kind: 'system' as const, id: 'anonymous', role: null, address };
    try {
      await signIn({ ...ctx, actor }, { body: { email, password } }, quickPasswords);
      return 'in';
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'auth.locked-out') return error.retryAfterSeconds ?? 0;
      expect(error.code).toBe('auth.wrong-credentials');
      return 'wrong';
    }
  }
  const guess = (at: number, email: string, address: string) =>
    tryOnce(at % 2 ? one : other, email, `guess ${at}`, address);
  const farAway = (at: number) => `198.51.${100 + Math.floor(at / 250)}.${at % 250}`;

  it('guesses on one account from a thousand places get hardly more tries than from one', async () => {
    let checked = 0;
    for (let at = 0; at < 1_000; at += 1) {
      if ((await guess(at, owner.email, farAway(at))) === 'wrong') checked += 1;
      one.clock.advance(minute);
    }
    // Five free ones, some while the wait still grows, then four in an hour.
    expect(checked).toBeGreaterThan(freeFailures.account);
    expect(checked).toBeLessThan(85);
  });

  it('guesses that come all at once get no more tries than one after the other', async () => {
    const tried = await Promise.all(Array.from({ length: 40 }, (_, at) => guess(at, owner.email, farAway(at))));
    expect(tried.filter((one) => one === 'wrong').length).toBe(freeFailures.account);
  });

  it('one password tried on a thousand accounts from one place is stopped, for accounts that exist and for others', async () => {
    const answers: unknown[] = [];
    for (let at = 0; at < 100; at += 1) answers.push(await guess(at, `person-${at}@example.org`, '198.51.100.1'));
    expect(answers.filter((answer) => answer === 'wrong').length).toBe(freeFailures.address);
    expect(await guess(1, owner.email, '198.51.100.1')).toBe(30);
    expect(await guess(1, 'person-500@example.org', '198.51.100.1')).toBe(30);
    expect(await guess(1, 'person-501@example.org', '198.51.100.2')).toBe('wrong');
  });

  it('an IPv6 customer is one place, whatever addresses it takes', async () => {
    const answers: unknown[] = [];
    for (let at = 0; at < 40; at += 1)
      answers.push(await guess(at, `person-${at}@example.org`, `2001:db8:0:1::${at.toString(16)}`));
    expect(answers.filter((answer) => answer === 'wrong').length).toBe(freeFailures.address);
  });

  it('the wait grows, is bounded, and never grows while it lasts', async () => {
    const waits: number[] = [];
    const addresses = Array.from({ length: 100 }, (_, at) => farAway(at));
    const next = () => addresses.pop() ?? home;
    for (let at = 0; at < 30; at += 1) {
      const answer = await guess(at, owner.email, next());
      if (typeof answer !== 'number') continue;
      waits.push(answer);
      expect(await guess(at, owner.email, next())).toBe(answer);
      one.clock.advance(answer * 1_000);
    }
    expect(waits.slice(0, 6)).toEqual([30, 60, 120, 240, 480, 900]);
    expect(Math.max(...waits)).toBe(900);
  });

  it('whoever keeps an account locked from elsewhere does not keep its person out of where they sign in', async () => {
    expect(await tryOnce(one, owner.email, owner.password, home)).toBe('in');
    for (let at = 0; at < 200; at += 1) {
      await guess(at, owner.email, farAway(at));
      if (at % 20 === 0) expect(await tryOnce(other, owner.email, owner.password, home)).toBe('in');
      one.clock.advance(minute);
    }
    // Its wait may just have ended: the next guess locks it again.
    await guess(0, owner.email, farAway(800));
    // It is locked all the same for everybody else, and a sign-in at home opens it for nobody.
    expect(await tryOnce(one, owner.email, owner.password, farAway(900))).toEqual(expect.any(Number));
    expect(await tryOnce(one, owner.email, owner.password, home)).toBe('in');
    expect(await tryOnce(one, owner.email, owner.password, farAway(901))).toEqual(expect.any(Number));
  });

  it('failures of others in the same network do not keep out who has signed in from it', async () => {
    expect(await tryOnce(one, owner.email, owner.password, home)).toBe('in');
    for (let at = 0; at < 60; at += 1) await guess(at, `person-${at}@example.org`, home);
    expect(await guess(1, 'person-100@example.org', home)).toEqual(expect.any(Number));
    expect(await tryOnce(other, owner.email, owner.password, home)).toBe('in');
  });

  it('guesses from a known network are counted by themselves and locked like all others', async () => {
    expect(await tryOnce(one, owner.email, owner.password, home)).toBe('in');
    const answers: unknown[] = [];
    for (let at = 0; at < 20; at += 1) answers.push(await guess(at, owner.email, home));
    expect(answers.filter((answer) => answer === 'wrong').length).toBe(freeFailures.account);
    expect(await tryOnce(other, owner.email, owner.password, home)).toBe(30);
    expect(await tryOnce(other, owner.email, owner.password, '203.0.113.77')).toBe('in');
    one.clock.advance(30_000);
    expect(await tryOnce(other, owner.email, owner.password, home)).toBe('in');
  });

  it('tries while it lasts are recorded too, once a minute however many come', async () => {
    const refused = async () =>
      (await auditOf(database, 'auth.sign-in')).filter(({ details }) => details.reason === 'locked out');
    for (let at = 0; at < freeFailures.account; at += 1) await guess(at, owner.email, farAway(at));
    expect(await refused()).toEqual([]);
    await Promise.all(Array.from({ length: 10 }, (_, at) => guess(at, owner.email, home)));
    expect(await refused()).toMatchObject([{ result: 'refused', actor: 'system/anonymous', address: home }]);
    one.clock.advance(15 * minute);
    expect(await guess(1, owner.email, home)).toBe('wrong');
    expect(await guess(2, owner.email, home)).toEqual(expect.any(Number));
    expect(await refused()).toHaveLength(2);
  });

  it('a network is forgotten when nobody has signed in from it for ninety days', async () => {
    expect(await tryOnce(one, owner.email, owner.password, home)).toBe('in');
    one.clock.advance(91 * 24 * hour);
    for (let at = 0; at < 20; at += 1) await guess(at, owner.email, farAway(at));
    expect(await tryOnce(one, owner.email, owner.password, home)).toBe(30);
    // Also where its account is gone, so that nobody signs in to it any more.
    const known = async () => (await database.query('select from auth.known_networks')).rowCount;
    expect(await known()).toBe(1);
    await removeExpired(one);
    expect(await known()).toBe(0);
  });

  it('failures are forgotten after a day without any', async () => {
    for (let at = 0; at < freeFailures.account; at += 1) await guess(at, owner.email, farAway(at));
    one.clock.advance(25 * hour);
    expect(await guess(1, owner.email, farAway(50))).toBe('wrong');
    expect(await tryOnce(other, owner.email, owner.password, farAway(51))).toBe('in');
  });

  describe('what is remembered', () => {
    it('has a bound, whatever names and places are tried', async () => {
      await database.query(
        `insert into auth.sign_in_failures (key, failures, last_at)
         select 'account:' || n, 1, $1::timestamptz - n * interval '1 second' from generate_series(1, $2::int) n`,
        [one.clock.now(), mostFailureRows + 500],
      );
      await guess(1, 'one-more@example.org', '198.51.100.1');
      const { rows } = await database.query<{ n: number }>('select count(*) as n from auth.sign_in_failures');
      expect(rows[0]?.n).toBe(mostFailureRows);
    });

    it('keeps the latest networks of an account, and no address or e-mail as it was typed beside another', async () => {
      for (let at = 0; at < 40; at += 1) {
        expect(await tryOnce(one, owner.email, owner.password, farAway(at))).toBe('in');
        one.clock.advance(minute);
      }
      const { rows } = await database.query<{ account: string; network: string }>(
        'select account, network from auth.known_networks order by last_at',
      );
      expect(rows.length).toBe(20);
      expect(rows.at(-1)?.network).toBe(`address:${farAway(39)}`);
      expect(rows.some(({ account }) => account.includes('@'))).toBe(false);
    });
  });
});
