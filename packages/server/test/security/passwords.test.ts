// Passwords, by those who choose bad ones and those who guess: refused before anything is hashed, with the reason, and with
// nothing written.
import type { User } from '@gathering/contract/auth';
import {
  acceptInvitationRoute,
  beginSecondFactorRoute,
  changePasswordRoute,
  loginRoute,
  registerRoute,
  resetPasswordRoute,
  setupRoute,
} from '@gathering/contract/auth';
import type { Route } from '@gathering/contract/route';
import { hash } from '@node-rs/argon2';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ensureOwner } from '../../src/features/auth/ensure-owner.ts';
import { acceptInvitation, createInvitation } from '../../src/features/auth/invitations.ts';
import { changePassword } from '../../src/features/auth/own-account.ts';
import { passwords } from '../../src/features/auth/passwords.ts';
import { register, registerSelfRegistration } from '../../src/features/auth/register.ts';
import { rehashIfOutdated } from '../../src/features/auth/rehash-password.ts';
import { makeResetLink, resetPassword } from '../../src/features/auth/reset-password.ts';
import { setUpOwner } from '../../src/features/auth/set-up-owner.ts';
import { replaceSetupLink } from '../../src/features/auth/store.ts';
import { selectUserToProve } from '../../src/features/auth/store-users.ts';
import { ConfigFaults, readConfig } from '../../src/platform/config.ts';
import { makeInputReader } from '../../src/platform/http/read-input.ts';
import { hashToken } from '../../src/platform/tokens.ts';
import {
  accountPassword,
  actingAs,
  actingUnknown,
  auditRows,
  makeAccount,
  openSessionOf,
  outcomeOf,
  sessionsOf,
  storedText,
} from '../accounts.ts';
import { eachDatabase } from '../db.ts';
import { hashTables } from '../in-process-server.ts';
import { makeTestCtx, type TestCtx } from '../make-ctx.ts';

const newPassword = 'another sentence for ada';

afterEach(() => {
  vi.restoreAllMocks();
  registerSelfRegistration(async () => false);
});

/** Counts; the work is done as always. */
function countHashes() {
  return { hash: vi.spyOn(passwords, 'hash'), verify: vi.spyOn(passwords, 'verify') };
}

describe('a password of a megabyte', () => {
  const huge = 'a'.repeat(1_000_000);
  it.each<[Route, object]>([
    [loginRoute, { email: 'ada@example.org', password: huge }],
    [setupRoute, { token: 't', email: 'ada@example.org', password: huge }],
    [registerRoute, { email: 'ada@example.org', password: huge, name: 'Ada' }],
    [acceptInvitationRoute, { token: 't', password: huge, name: 'Ada' }],
    [resetPasswordRoute, { token: 't', newPassword: huge }],
    [changePasswordRoute, { currentPassword: huge, newPassword }],
    [changePasswordRoute, { currentPassword: accountPassword, newPassword: huge }],
    [beginSecondFactorRoute, { password: huge }],
  ])('never reaches the function that answers $name', (route, body) => {
    const read = makeInputReader(route);
    let faults: readonly { at: string; message: string }[] = [];
    try {
      read({ params: {}, query: {}, headers: {}, body });
    } catch (error) {
      if (error instanceof Error && 'faults' in error) faults = error.faults as typeof faults;
    }
    expect(faults.map(({ at }) => at)).toEqual([expect.stringMatching(/assword$/)]);
    expect(JSON.stringify(faults).length).toBeLessThan(1000);
  });
});

eachDatabase((open) => {
  const start = async () => {
    const database = await open();
    const ctx = makeTestCtx(database);
    return { database, ctx, owner: await makeAccount(database, 'owner') };
  };

  describe('a weak password', () => {
    const weak = ['password1234', 'qwertyuiop123', 'aaaaaaaaaaaa', 'gathering2024', '123456789012', 'iloveyouiloveyou'];

    it.each(weak)('%s is refused at every door: not hashed, nothing written, links stay good', async (password) => {
      const { database, ctx, owner } = await start();
      const asOwner = actingAs(ctx, owner);
      const unknown = actingUnknown(ctx);
      registerSelfRegistration(async () => true);
      const { link: invitation } = await createInvitation(asOwner, {
        body: { email: 'bob@example.org', role: 'member' },
      });
      const member = await makeAccount(database, 'member');
      const reset = await makeResetLink(asOwner, { params: { id: member.id } });
      const before = await hashTables(database);
      const counted = countHashes();
      const outcomes = [
        acceptInvitation(unknown, { body: { token: invitation.token, password, name: 'Bob' } }),
        register(unknown, { body: { email: 'eve@example.org', password, name: 'Eve' } }),
        resetPassword(unknown, { body: { token: reset.token, newPassword: password } }),
        changePassword(asOwner, { body: { currentPassword: accountPassword, newPassword: password } }),
      ].map(outcomeOf);
      expect([...new Set(await Promise.all(outcomes))]).toEqual(['auth.weak-password']);
      expect([counted.hash, counted.verify].map((one) => one.mock.calls.length)).toEqual([0, 0]);
      expect(await hashTables(database)).toEqual(before);
      const body = { token: invitation.token, password: newPassword, name: 'Bob' };
      expect((await acceptInvitation(unknown, { body })).role).toBe('member');
    });

    it('is refused to the first owner too, and says why at its field', async () => {
      const database = await open();
      const ctx = actingUnknown(makeTestCtx(database));
      await database.transaction((tx) => replaceSetupLink(tx, hashToken('token'), ctx.clock.now()));
      const body = { token: 'token', email: 'ada.lovelace@example.org', password: 'ada.lovelace1815' };
      await expect(setUpOwner(ctx, { body })).rejects.toMatchObject({
        code: 'auth.weak-password',
        faults: [{ in: 'body', at: '/password', rule: 'personal', message: expect.stringContaining('e-mail') }],
      });
      expect((await database.query('select 1 from auth.users')).rows).toEqual([]);
    });

    it('in the configuration stops the first start with the reason and without the password', async () => {
      const database = await open();
      const env = { GATHERING_OWNER_EMAIL: 'ada@example.org', GATHERING_OWNER_PASSWORD: 'iloveyou123456' };
      const ctx = { ...makeTestCtx(database), config: readConfig(env) };
      const refusal: unknown = await ensureOwner(ctx).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(ConfigFaults);
      expect(String(refusal)).toMatch(/GATHERING_OWNER_PASSWORD.*common passwords/s);
      expect(String(refusal)).not.toContain('iloveyou');
      expect((await database.query('select 1 from auth.users')).rows).toEqual([]);
    });
  });

  describe('changing it', () => {
    const change = (ctx: TestCtx, currentPassword: string, next = newPassword) =>
      outcomeOf(changePassword(ctx, { body: { currentPassword, newPassword: next } }));

    it('ends all other sessions, voids a link that was made, and keeps this one', async () => {
      const { database, ctx, owner } = await start();
      const member = await makeAccount(database, 'member');
      const link = await makeResetLink(actingAs(ctx, owner), { params: { id: member.id } });
      const mine = await openSessionOf(ctx, member);
      for (let i = 0; i < 3; i += 1) await openSessionOf(ctx, member);
      const others = await openSessionOf(ctx, owner);
      expect(await change(actingAs(ctx, member, mine), accountPassword)).toBe('done');
      expect(await sessionsOf(database, member)).toEqual([mine]);
      expect(await sessionsOf(database, owner)).toEqual([others]);
      const reset = resetPassword(actingUnknown(ctx), {
        body: { token: link.token, newPassword: 'yet another sentence' },
      });
      expect(await outcomeOf(reset)).toBe('auth.link-invalid');
      const known = await selectUserToProve(database, member.id);
      expect(await passwords.verify(known?.passwordHash ?? '', newPassword)).toBe(true);
      expect(await auditRows(database)).toContainEqual(
        expect.objectContaining({ action: 'auth.change-password', result: 'done', details: { endedSessions: 3 } }),
      );
      const stored = await storedText(database);
      for (const secret of [accountPassword, newPassword]) expect(stored).not.toContain(secret);
    });

    it('needs the current one; wrong ones lock the account out for a while, for the right one too', async () => {
      const { database, ctx, owner } = await start();
      const mine = actingAs(ctx, owner, await openSessionOf(ctx, owner));
      await openSessionOf(ctx, owner);
      for (let i = 0; i < 5; i += 1) expect(await change(mine, 'a wrong sentence')).toBe('auth.wrong-password');
      const counted = countHashes();
      expect(await change(mine, accountPassword)).toBe('auth.locked-out');
      expect(counted.verify.mock.calls).toEqual([]);
      expect(await sessionsOf(database, owner)).toHaveLength(2);
      ctx.clock.advance(30_000);
      expect(await change(mine, accountPassword)).toBe('done');
      const refused = (await auditRows(database)).filter(({ result }) => result === 'refused');
      expect(refused.map(({ action }) => action)).toEqual(Array.from({ length: 5 }, () => 'auth.change-password'));
    });

    it('to the same one is refused, and of two changes at once one counts', async () => {
      const { ctx, owner } = await start();
      const mine = actingAs(ctx, owner, await openSessionOf(ctx, owner));
      expect(await change(mine, accountPassword, accountPassword)).toBe('auth.weak-password');
      const outcomes = await Promise.all([
        change(mine, accountPassword, 'the first of two sentences'),
        change(mine, accountPassword, 'the second of two sentences'),
      ]);
      expect(outcomes.toSorted()).toEqual(['auth.wrong-password', 'done']);
    });

    it('is nothing for a command on this machine or a stranger', async () => {
      const { ctx } = await start();
      expect(await change(actingUnknown(ctx), accountPassword)).toBe('auth.required');
    });
  });

  it('a hash with cheaper parameters is made anew, unless it was changed meanwhile', async () => {
    const { database, ctx, owner } = await start();
    const cheap = await hash(accountPassword, { memoryCost: 8192, timeCost: 1 });
    const setHash = (user: User) =>
      database.query('update auth.users set password_hash = $2 where id = $1', [user.id, cheap]);
    const hashOf = async () => (await selectUserToProve(database, owner.id))?.passwordHash ?? '';
    await setHash(owner);
    await rehashIfOutdated(ctx, owner.id, cheap, accountPassword);
    const renewed = await hashOf();
    expect(renewed).not.toBe(cheap);
    expect(await passwords.verify(renewed, accountPassword)).toBe(true);
    await rehashIfOutdated(ctx, owner.id, renewed, accountPassword);
    expect(await hashOf()).toBe(renewed);
    await rehashIfOutdated(ctx, owner.id, cheap, accountPassword);
    expect(await hashOf()).toBe(renewed);
  });
});
