// One-time links, used by others than they were made for: again, at once, too late, after they were replaced, and after their
// maker lost the right to make them.
import type { User } from '@gathering/contract/auth';
import type { Role } from '@gathering/contract/permissions';
import { afterEach, describe, expect, it } from 'vitest';
import {
  acceptInvitation,
  createInvitation,
  deleteInvitation,
  listInvitations,
} from '../../src/features/auth/invitations.ts';
import { passwords } from '../../src/features/auth/passwords.ts';
import { register, registerSelfRegistration } from '../../src/features/auth/register.ts';
import { makeResetLink, resetPassword } from '../../src/features/auth/reset-password.ts';
import { setUpOwner } from '../../src/features/auth/set-up-owner.ts';
import { selectUserByEmail } from '../../src/features/auth/store-users.ts';
import { deleteUser, updateUser } from '../../src/features/auth/user-service.ts';
import {
  actingAs,
  actingLocally,
  actingUnknown,
  auditRows,
  makeAccount,
  openSessionOf,
  outcomeOf,
  sessionsOf,
  storedText,
} from '../accounts.ts';
import { eachDatabase } from '../db.ts';
import { makeTestCtx, type TestCtx } from '../make-ctx.ts';

const password = 'four words that fit';
const hour = 3600_000;
const email = 'new@example.org';

afterEach(() => registerSelfRegistration(async () => false));

eachDatabase((open) => {
  const start = async () => {
    const database = await open();
    const ctx = makeTestCtx(database);
    const owner = await makeAccount(database, 'owner');
    return { database, ctx, owner, asOwner: actingAs(ctx, owner) };
  };
  const invite = (ctx: TestCtx, role: Role = 'member', whom = email) =>
    createInvitation(ctx, { body: { email: whom, role } });
  const accept = (ctx: TestCtx, token: string) =>
    outcomeOf(acceptInvitation(actingUnknown(ctx), { body: { token, password, name: 'New' } }));
  const reset = (ctx: TestCtx, token: string) =>
    outcomeOf(resetPassword(actingUnknown(ctx), { body: { token, newPassword: password } }));
  const linkFor = (ctx: TestCtx, { id }: User) => makeResetLink(ctx, { params: { id } });

  describe('an invitation', () => {
    it('makes one account of its own address and role, however often and at once it is used', async () => {
      const { database, ctx, owner, asOwner } = await start();
      const { invitation, link } = await invite(asOwner, 'operator');
      expect(invitation).toMatchObject({ email, role: 'operator', invitedBy: `users/${owner.id}` });
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => accept(ctx, link.token)));
      expect(outcomes.toSorted()).toEqual([...Array.from({ length: 4 }, () => 'auth.link-invalid'), 'done']);
      expect(await accept(ctx, link.token)).toBe('auth.link-invalid');
      const known = await selectUserByEmail(database, email);
      expect(known?.user).toMatchObject({ email, role: 'operator', name: 'New' });
      expect((await listInvitations(ctx)).items).toEqual([]);
      const made = (await auditRows(database)).filter(({ action }) => action === 'auth.create-user');
      expect(made).toMatchObject([
        { actor: `users/${known?.user.id}`, details: { by: 'invitation', invitedBy: `users/${owner.id}` } },
      ]);
    });

    it('has its token in the fragment of the address and nowhere in the database', async () => {
      const { database, asOwner } = await start();
      const { link } = await invite(asOwner);
      const url = new URL(link.url);
      expect([url.origin, url.pathname, url.search]).toEqual(['http://127.0.0.1:4400', '/invitation', '']);
      expect(url.hash).toBe(`#token=${link.token}`);
      expect(link.token.length).toBeGreaterThanOrEqual(43);
      expect(await storedText(database)).not.toContain(link.token);
    });

    it('is void after seven days, when a newer one is made, when it is taken back, and when it is guessed', async () => {
      const { ctx, asOwner } = await start();
      const old = await invite(asOwner);
      const newer = await invite(asOwner, 'viewer', email.toUpperCase());
      expect(await accept(ctx, old.link.token)).toBe('auth.link-invalid');
      expect((await listInvitations(ctx)).items.map(({ id }) => id)).toEqual([newer.invitation.id]);
      await deleteInvitation(asOwner, { params: { id: newer.invitation.id } });
      expect(await accept(ctx, newer.link.token)).toBe('auth.link-invalid');
      const again = deleteInvitation(asOwner, { params: { id: newer.invitation.id } });
      expect(await outcomeOf(again)).toBe('auth.invitation-not-found');
      const late = await invite(asOwner);
      ctx.clock.advance(7 * 24 * hour);
      expect(await accept(ctx, late.link.token)).toBe('auth.link-invalid');
      expect((await listInvitations(ctx)).items).toEqual([]);
      for (const token of ['', 'x', late.invitation.id, '%', `${late.link.token}x`]) {
        expect(await accept(ctx, token)).toBe('auth.link-invalid');
      }
    });

    it('to a role above one’s own is neither taken back nor replaced, and the try is recorded', async () => {
      const { database, ctx, asOwner } = await start();
      const admin = actingAs(ctx, await makeAccount(database, 'admin'));
      const { invitation, link } = await invite(asOwner, 'owner');
      const remove = deleteInvitation(admin, { params: { id: invitation.id } });
      expect(await outcomeOf(remove)).toBe('auth.role-above-own');
      expect(await outcomeOf(invite(admin, 'viewer', email.toUpperCase()))).toBe('auth.role-above-own');
      const refused = (await auditRows(database)).filter(({ result }) => result === 'refused');
      expect(refused.map(({ action }) => action)).toEqual(['auth.delete-invitation', 'auth.create-invitation']);
      expect(await accept(ctx, link.token)).toBe('done');
      const late = await invite(asOwner, 'owner', 'late@example.org');
      ctx.clock.advance(7 * 24 * hour);
      expect(await outcomeOf(invite(admin, 'viewer', late.invitation.email))).toBe('done');
    });

    it('gives way to an account that took the address meanwhile', async () => {
      const { ctx, asOwner } = await start();
      const { link } = await invite(asOwner, 'admin');
      registerSelfRegistration(async () => true);
      await register(actingUnknown(ctx), { body: { email: 'NEW@example.org', password, name: 'Squatter' } });
      expect(await accept(ctx, link.token)).toBe('auth.email-taken');
    });

    it('is void with the rights of whoever made it', async () => {
      const { database, ctx, asOwner } = await start();
      const admin = await makeAccount(database, 'admin');
      const asAdmin = actingAs(ctx, admin);
      const params = { id: admin.id };
      const give = async () => [
        (await invite(asAdmin, 'admin', 'a@example.org')).link.token,
        (await invite(asAdmin, 'viewer', 'b@example.org')).link.token,
      ];
      const tryAll = async (tokens: string[]) => {
        const outcomes: string[] = [];
        for (const token of tokens) outcomes.push(await accept(ctx, token));
        return outcomes;
      };
      const disabled = await give();
      await updateUser(asOwner, { params, body: { disabled: true } });
      expect(await tryAll(disabled)).toEqual(['auth.link-invalid', 'auth.link-invalid']);
      await updateUser(asOwner, { params, body: { disabled: false } });
      const demoted = await give();
      await updateUser(asOwner, { params, body: { role: 'operator' } });
      expect(await tryAll(demoted)).toEqual(['auth.link-invalid', 'auth.link-invalid']);
      await updateUser(asOwner, { params, body: { role: 'admin' } });
      const removed = await give();
      await deleteUser(asOwner, { params });
      expect(await tryAll(removed)).toEqual(['auth.link-invalid', 'auth.link-invalid']);
    });

    it('never outlives the rights of its maker, however the two meet', async () => {
      const { database, ctx, asOwner } = await start();
      for (let i = 0; i < 5; i += 1) {
        const admin = await makeAccount(database, 'admin', `Admin ${i}`);
        const member = await makeAccount(database, 'member', `Member ${i}`);
        const asAdmin = actingAs(ctx, admin);
        const [invited, linked] = await Promise.allSettled([
          invite(asAdmin, 'admin', `guest${i}@example.org`),
          linkFor(asAdmin, member),
          updateUser(asOwner, { params: { id: admin.id }, body: { disabled: true } }),
        ]);
        if (invited.status === 'fulfilled') {
          expect(await accept(ctx, invited.value.link.token)).toBe('auth.link-invalid');
        } else expect(invited.reason).toMatchObject({ code: 'auth.required' });
        if (linked.status === 'fulfilled') expect(await reset(ctx, linked.value.token)).toBe('auth.link-invalid');
        else expect(linked.reason).toMatchObject({ code: 'auth.required' });
      }
    });

    it('of an owner who became an admin stays good where an admin could have made it', async () => {
      const { database, ctx, asOwner } = await start();
      const second = await makeAccount(database, 'owner', 'Second');
      const high = await invite(actingAs(ctx, second), 'owner', 'a@example.org');
      const low = await invite(actingAs(ctx, second), 'viewer', 'b@example.org');
      await updateUser(asOwner, { params: { id: second.id }, body: { role: 'admin' } });
      expect(await accept(ctx, high.link.token)).toBe('auth.link-invalid');
      expect(await accept(ctx, low.link.token)).toBe('done');
    });

    it('can be open a hundred times, not once more, also when many are made at once', async () => {
      const { ctx, asOwner } = await start();
      for (let i = 0; i < 96; i += 1) await invite(asOwner, 'viewer', `guest${i}@example.org`);
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, i) => outcomeOf(invite(asOwner, 'viewer', `late${i}@example.org`))),
      );
      expect(outcomes.filter((one) => one === 'done')).toHaveLength(4);
      expect(outcomes.filter((one) => one === 'auth.too-many-invitations')).toHaveLength(4);
      // One that replaces another takes no place.
      expect(await outcomeOf(invite(asOwner, 'member', 'guest1@example.org'))).toBe('done');
      ctx.clock.advance(7 * 24 * hour);
      expect(await outcomeOf(invite(asOwner))).toBe('done');
    });
  });

  describe('a link to a new password', () => {
    it('sets it once, however often and at once it is used, and ends every session', async () => {
      const { database, ctx, asOwner } = await start();
      const member = await makeAccount(database, 'member');
      await openSessionOf(ctx, member);
      const link = await linkFor(asOwner, member);
      expect(new URL(link.url).pathname).toBe('/reset-password');
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => reset(ctx, link.token)));
      expect(outcomes.toSorted()).toEqual([...Array.from({ length: 4 }, () => 'auth.link-invalid'), 'done']);
      expect(await sessionsOf(database, member)).toEqual([]);
      const known = await selectUserByEmail(database, member.email);
      expect(await passwords.verify(known?.passwordHash ?? '', password)).toBe(true);
      const stored = await storedText(database);
      for (const secret of [link.token, password]) expect(stored).not.toContain(secret);
    });

    it('is void after 24 hours, when a newer one is made, and with its user', async () => {
      const { database, ctx, asOwner } = await start();
      const member = await makeAccount(database, 'member');
      const [old, newer] = [await linkFor(asOwner, member), await linkFor(asOwner, member)];
      expect(await reset(ctx, old.token)).toBe('auth.link-invalid');
      ctx.clock.advance(24 * hour - 1);
      expect(await reset(ctx, newer.token)).toBe('done');
      const late = await linkFor(asOwner, member);
      ctx.clock.advance(24 * hour);
      expect(await reset(ctx, late.token)).toBe('auth.link-invalid');
      const last = await linkFor(asOwner, member);
      await deleteUser(asOwner, { params: { id: member.id } });
      expect(await reset(ctx, last.token)).toBe('auth.link-invalid');
    });

    it('is void when its user is disabled, and with the rights of whoever made it', async () => {
      const { database, ctx, asOwner } = await start();
      const [admin, member] = [await makeAccount(database, 'admin'), await makeAccount(database, 'member')];
      const disable = (user: User, disabled = true) =>
        updateUser(asOwner, { params: { id: user.id }, body: { disabled } });
      const ofDisabled = await linkFor(asOwner, member);
      await disable(member);
      await disable(member, false);
      expect(await reset(ctx, ofDisabled.token)).toBe('auth.link-invalid');
      const byDisabled = await linkFor(actingAs(ctx, admin), member);
      await disable(admin);
      expect(await reset(ctx, byDisabled.token)).toBe('auth.link-invalid');
    });

    it('is void when its user gets another role: whoever made it might not be allowed to by now', async () => {
      const { database, ctx, asOwner } = await start();
      const [admin, member] = [await makeAccount(database, 'admin'), await makeAccount(database, 'member')];
      const link = await linkFor(actingAs(ctx, admin), member);
      await updateUser(asOwner, { params: { id: member.id }, body: { role: 'owner' } });
      expect(await reset(ctx, link.token)).toBe('auth.link-invalid');
      expect(await outcomeOf(linkFor(actingAs(ctx, admin), member))).toBe('auth.role-above-own');
    });

    it('is made for others only, save by a command on the machine itself', async () => {
      const { ctx, owner, asOwner } = await start();
      expect(await outcomeOf(linkFor(asOwner, owner))).toBe('auth.not-yourself');
      const link = await linkFor(actingLocally(ctx), owner);
      expect(await reset(ctx, link.token)).toBe('done');
    });
  });

  describe('registering', () => {
    const apply = (ctx: TestCtx, whom = email) =>
      outcomeOf(register(actingUnknown(ctx), { body: { email: whom, password, name: 'New' } }));

    it('is closed unless it was opened, and then gives the least role', async () => {
      const { database, ctx } = await start();
      expect(await apply(ctx)).toBe('auth.registration-closed');
      registerSelfRegistration(async () => true);
      expect(await apply(ctx)).toBe('done');
      expect((await selectUserByEmail(database, email))?.user.role).toBe('viewer');
    });

    it('is closed while there is no owner, so that nobody comes first', async () => {
      const ctx = makeTestCtx(await open());
      registerSelfRegistration(async () => true);
      expect(await apply(ctx)).toBe('auth.registration-closed');
    });

    it('tells that an address is taken only on the record', async () => {
      const { database, ctx, owner } = await start();
      registerSelfRegistration(async () => true);
      expect(await apply(ctx, owner.email)).toBe('auth.email-taken');
      expect(await auditRows(database)).toMatchObject([
        {
          action: 'auth.register',
          result: 'refused',
          object: `users/${owner.id}`,
          details: { reason: 'e-mail taken' },
        },
      ]);
    });

    it('makes one account of an address, in whatever case it comes at once', async () => {
      const { database, ctx } = await start();
      registerSelfRegistration(async () => true);
      const forms = [email, email.toUpperCase(), 'New@Example.org', 'nEw@example.ORG'];
      const outcomes = await Promise.all(forms.map((form) => apply(ctx, form)));
      expect(outcomes.toSorted()).toEqual(['auth.email-taken', 'auth.email-taken', 'auth.email-taken', 'done']);
      const { rows } = await database.query('select 1 from auth.users where lower(email) = $1', [email]);
      expect(rows).toHaveLength(1);
    });
  });

  it('a link to the first owner that is guessed leaves a row too', async () => {
    const ctx = makeTestCtx(await open());
    const guess = setUpOwner(actingUnknown(ctx), { body: { token: 'guess', email, password } });
    expect(await outcomeOf(guess)).toBe('auth.setup-link-invalid');
    expect(await auditRows(ctx.database)).toMatchObject([
      { action: 'auth.set-up-owner', result: 'refused', details: { reason: 'link not valid' } },
    ]);
  });
});
