// The second factor against who has the password but not the app: codes that were used, codes at once, codes of others.
import type { User } from '@gathering/contract/auth';
import { generateSync } from 'otplib';
import { describe, expect, it } from 'vitest';
import { changePassword } from '../../src/features/auth/own-account.ts';
import { makeResetLink, resetPassword } from '../../src/features/auth/reset-password.ts';
import {
  beginSecondFactor,
  checkSecondFactor,
  confirmSecondFactor,
  removeSecondFactor,
  renewRecoveryCodes,
} from '../../src/features/auth/second-factor.ts';
import { signInBrowser } from '../../src/features/auth/sign-in.ts';
import { removeUserSecondFactor } from '../../src/features/auth/user-service.ts';
import type { Database } from '../../src/platform/db/database.ts';
import {
  actingAs,
  actingUnknown,
  auditRows,
  makeAccount,
  openSessionOf,
  outcomeOf,
  accountPassword as password,
  readAccount,
  sessionsOf,
  storedText,
} from '../accounts.ts';
import { eachDatabase } from '../db.ts';
import { makeTestCtx, type TestCtx } from '../make-ctx.ts';

const codeAt = (ctx: TestCtx, secret: string, steps = 0) =>
  generateSync({ secret, epoch: Math.floor(ctx.clock.now().getTime() / 1000) + steps * 30 });

/** Six digits that are not the ones of now, nor of a step before or after. */
function wrongCode(ctx: TestCtx, secret: string): string {
  const right = [-1, 0, 1].map((steps) => codeAt(ctx, secret, steps));
  return ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)) ?? '';
}

async function setUp(ctx: TestCtx) {
  const { secret } = await beginSecondFactor(ctx, { body: { password } });
  const { recoveryCodes } = await confirmSecondFactor(ctx, { body: { code: codeAt(ctx, secret) } });
  // On to a step of which no code was taken yet.
  ctx.clock.advance(30_000);
  return { secret, recoveryCodes };
}

eachDatabase((open) => {
  const start = async () => {
    const database = await open();
    const base = makeTestCtx(database);
    const user = await makeAccount(database, 'member');
    const ctx = actingAs(base, user, await openSessionOf(base, user));
    const check = (code: string | undefined, whose: User = user) =>
      checkSecondFactor(actingUnknown(base), whose.id, code);
    return { database, base, ctx, user, check };
  };
  const counts = <T extends string>(all: readonly T[]) =>
    Object.fromEntries([...new Set(all)].sort().map((one) => [one, all.filter((other) => other === one).length]));

  describe('setting it up', () => {
    it('needs the password, and asks for nothing until its first code came', async () => {
      const { ctx, user, check, database } = await start();
      expect(await outcomeOf(beginSecondFactor(ctx, { body: { password: 'a wrong one' } }))).toBe(
        'auth.wrong-password',
      );
      const { secret } = await beginSecondFactor(ctx, { body: { password } });
      expect(await check(undefined)).toBe('off');
      expect((await readAccount(database, user))?.secondFactor).toBe(false);
      const wrong = confirmSecondFactor(ctx, { body: { code: wrongCode(ctx, secret) } });
      expect(await outcomeOf(wrong)).toBe('auth.wrong-code');
      expect(await check(undefined)).toBe('off');
    });

    it('ends all other sessions and gives ten codes; from then on a code is asked for', async () => {
      const { ctx, base, user, check, database } = await start();
      await openSessionOf(base, user);
      const { recoveryCodes } = await setUp(ctx);
      expect(new Set(recoveryCodes).size).toBe(10);
      expect(await sessionsOf(database, user)).toEqual([ctx.actor.sessionId]);
      expect((await readAccount(database, user))?.secondFactor).toBe(true);
      expect(await check(undefined)).toBe('required');
      expect(await outcomeOf(beginSecondFactor(ctx, { body: { password } }))).toBe('auth.second-factor-on');
      expect(await outcomeOf(confirmSecondFactor(ctx, { body: { code: '123456' } }))).toBe('auth.second-factor-on');
    });

    it('holds for a sign-in that began before: it gets no session without a code', async () => {
      const { ctx, base, user, database } = await start();
      const { secret } = await beginSecondFactor(ctx, { body: { password } });
      const unknown = actingUnknown(base);
      let transactions = 0;
      // The first one counts the attempt; the password is checked between it and the one that opens the session.
      const slow: TestCtx = {
        ...unknown,
        tx: async (run) => {
          transactions += 1;
          if (transactions === 2) await confirmSecondFactor(ctx, { body: { code: codeAt(ctx, secret) } });
          return unknown.tx(run);
        },
      };
      const late = signInBrowser(slow, { body: { email: user.email, password } });
      expect(await outcomeOf(late)).toBe('auth.second-factor-required');
      expect(await sessionsOf(database, user)).toEqual([ctx.actor.sessionId]);
    });

    it('leaves a row for who has the password and no code, though nothing was wrong', async () => {
      const { ctx, base, user, database } = await start();
      await setUp(ctx);
      const body = { email: user.email, password };
      expect(await outcomeOf(signInBrowser(actingUnknown(base), { body }))).toBe('auth.second-factor-required');
      const tried = (await auditRows(database)).filter(({ action }) => action === 'auth.sign-in');
      expect(tried).toMatchObject([
        { result: 'refused', object: `users/${user.id}`, details: { reason: 'code required' } },
      ]);
    });

    it('begun anew makes the first secret worthless, and begun long ago it must be begun anew', async () => {
      const { ctx } = await start();
      const first = await beginSecondFactor(ctx, { body: { password } });
      const second = await beginSecondFactor(ctx, { body: { password } });
      const stale = confirmSecondFactor(ctx, { body: { code: codeAt(ctx, first.secret) } });
      expect(await outcomeOf(stale)).toBe('auth.wrong-code');
      ctx.clock.advance(30 * 60_000);
      const late = confirmSecondFactor(ctx, { body: { code: codeAt(ctx, second.secret) } });
      expect(await outcomeOf(late)).toBe('auth.second-factor-off');
    });

    it('confirmed twice at once gives codes once', async () => {
      const { ctx } = await start();
      const { secret } = await beginSecondFactor(ctx, { body: { password } });
      const body = { code: codeAt(ctx, secret) };
      const outcomes = await Promise.all([1, 2, 3].map(() => outcomeOf(confirmSecondFactor(ctx, { body }))));
      expect(counts(outcomes)).toEqual({ 'auth.second-factor-on': 2, done: 1 });
    });

    it('stores neither the secret nor a code as it is, and tells neither to the record', async () => {
      const { ctx, database } = await start();
      const { secret, recoveryCodes } = await setUp(ctx);
      const stored = await storedText(database);
      for (const text of [secret, ...recoveryCodes]) expect(stored.toLowerCase()).not.toContain(text.toLowerCase());
    });
  });

  describe('a code of the app', () => {
    it('works once, also when it comes many times at once', async () => {
      const { ctx, check } = await start();
      const { secret } = await setUp(ctx);
      const code = codeAt(ctx, secret);
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => check(code)));
      expect(counts(outcomes)).toEqual({ ok: 1, wrong: 7 });
      expect(await check(code)).toBe('wrong');
    });

    it('that set it up does not sign in, and none that is older than the last', async () => {
      const { ctx, check } = await start();
      const { secret } = await setUp(ctx);
      expect(await check(codeAt(ctx, secret, -1))).toBe('wrong');
      expect(await check(codeAt(ctx, secret, 1))).toBe('ok');
      expect(await check(codeAt(ctx, secret, 0))).toBe('wrong');
      ctx.clock.advance(60_000);
      expect(await check(codeAt(ctx, secret, -2))).toBe('wrong');
      expect(await check(codeAt(ctx, secret, 2))).toBe('wrong');
      expect(await check(`${codeAt(ctx, secret).slice(0, 3)} ${codeAt(ctx, secret).slice(3)}`)).toBe('ok');
    });

    it('is of one person: not of another, and a secret moved to another row opens nothing', async () => {
      const { ctx, base, check, database } = await start();
      const { secret } = await setUp(ctx);
      const other = await makeAccount(database, 'owner');
      await setUp(actingAs(base, other));
      base.clock.advance(30_000);
      expect(await check(codeAt(base, secret), other)).toBe('wrong');
      await moveSecret(database, ctx.actor.id, other.id);
      await expect(check(codeAt(base, secret), other)).rejects.toMatchObject({ code: 'secrets.key-fault' });
    });
  });

  describe('a recovery code', () => {
    it('works once, in any case, also at once, and leaves a row that says how many are left', async () => {
      const { ctx, check, database, user } = await start();
      const { recoveryCodes } = await setUp(ctx);
      const [first = '', second = ''] = recoveryCodes;
      const outcomes = await Promise.all(Array.from({ length: 6 }, () => check(first.toUpperCase())));
      expect(counts(outcomes)).toEqual({ ok: 1, wrong: 5 });
      expect(await check(second.replaceAll('-', ''))).toBe('ok');
      const rows = (await auditRows(database)).filter(({ action }) => action === 'auth.use-recovery-code');
      expect(rows).toMatchObject([
        { object: `users/${user.id}`, details: { left: 9 } },
        { object: `users/${user.id}`, details: { left: 8 } },
      ]);
    });

    it.each(['', '      ', '------', 'aaaa-aaaa-aaaa-aaaa', '0'.repeat(32), '%', "' or 1=1"])(
      'that was never given is wrong: %j',
      async (code) => {
        const { ctx, check } = await start();
        await setUp(ctx);
        expect(await check(code)).toBe('wrong');
      },
    );

    it('is void once new ones were made, which needs password and code', async () => {
      const { ctx, check } = await start();
      const { secret, recoveryCodes } = await setUp(ctx);
      const renew = (given: string, code: string) => renewRecoveryCodes(ctx, { body: { password: given, code } });
      expect(await outcomeOf(renew('a wrong one', codeAt(ctx, secret)))).toBe('auth.wrong-password');
      expect(await outcomeOf(renew(password, wrongCode(ctx, secret)))).toBe('auth.wrong-code');
      const { recoveryCodes: renewed } = await renew(password, codeAt(ctx, secret));
      expect(await check(recoveryCodes[0])).toBe('wrong');
      expect(await check(renewed[0])).toBe('ok');
    });
  });

  describe('removing it', () => {
    it('needs password and code; wrong codes lock out, for right ones too', async () => {
      const { ctx, check, database, user } = await start();
      const { secret } = await setUp(ctx);
      const remove = (code: string) => outcomeOf(removeSecondFactor(ctx, { body: { password, code } }));
      for (let i = 0; i < 5; i += 1) expect(await remove(wrongCode(ctx, secret))).toBe('auth.wrong-code');
      expect(await remove(codeAt(ctx, secret))).toBe('auth.locked-out');
      ctx.clock.advance(30_000);
      expect(await remove(codeAt(ctx, secret))).toBe('done');
      expect(await check(undefined)).toBe('off');
      expect((await readAccount(database, user))?.secondFactor).toBe(false);
      expect(await remove('123456')).toBe('auth.second-factor-off');
    });

    it('is not made easier by the password alone, which forgives no wrong code', async () => {
      const { ctx } = await start();
      const { secret } = await setUp(ctx);
      const remove = (given: string) =>
        outcomeOf(removeSecondFactor(ctx, { body: { password: given, code: wrongCode(ctx, secret) } }));
      for (let i = 0; i < 3; i += 1) expect(await remove(password)).toBe('auth.wrong-code');
      expect(await outcomeOf(beginSecondFactor(ctx, { body: { password } }))).toBe('auth.second-factor-on');
      expect(await remove(password)).toBe('auth.wrong-code');
      const newPassword = 'another sentence for all';
      await changePassword(ctx, { body: { currentPassword: password, newPassword } });
      expect(await remove(newPassword)).toBe('auth.wrong-code');
      expect(await remove(newPassword)).toBe('auth.locked-out');
    });

    it('a link to a new password does not remove it; an owner does, which ends the sessions', async () => {
      const { ctx, base, user, check, database } = await start();
      await setUp(ctx);
      const owner = await makeAccount(database, 'owner');
      const link = await makeResetLink(actingAs(base, owner), { params: { id: user.id } });
      await resetPassword(actingUnknown(base), {
        body: { token: link.token, newPassword: 'another sentence for all' },
      });
      expect(await check(undefined)).toBe('required');
      const session = await openSessionOf(base, user);
      expect(await sessionsOf(database, user)).toEqual([session]);
      await removeUserSecondFactor(actingAs(base, owner), { params: { id: user.id } });
      expect(await check(undefined)).toBe('off');
      expect(await sessionsOf(database, user)).toEqual([]);
    });
  });
});

async function moveSecret(database: Database, from: string, to: string): Promise<void> {
  await database.query(
    `update auth.second_factors set sealed_secret = (select sealed_secret from auth.second_factors where user_id = $1)
     where user_id = $2`,
    [from, to],
  );
}
