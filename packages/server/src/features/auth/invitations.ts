// Invitations: a single-use link for one address and one role, valid for days, void with the rights of whoever made it.
import type { acceptInvitationRoute, User } from '@gathering/contract/auth';
import type { createInvitationRoute, Invitation, listInvitationsRoute } from '@gathering/contract/auth-users';
import { AppError } from '@gathering/contract/errors';
import { mayManageRole } from '@gathering/contract/permissions';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import { hashToken } from '../../platform/tokens.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { refuseWeakPassword } from './common-passwords.ts';
import { makeUser } from './make-user.ts';
import { type ManageCtx, readManager } from './manage-user.ts';
import { makeOneTimeLink } from './one-time-link.ts';
import { type Passwords, passwords as processPasswords } from './passwords.ts';
import type { AccountCtx } from './prove-password.ts';
import { invitationDays, mostInvitations } from './rules.ts';
import { lockUsers } from './store.ts';
import {
  countInvitations,
  deleteInvitationRow,
  deleteReplacedInvitations,
  insertInvitation,
  selectInvitation,
  selectInvitationById,
  selectInvitationOf,
  selectInvitations,
  takeInvitation,
} from './store-links.ts';
import { selectUserByEmail } from './store-users.ts';

export async function listInvitations(
  ctx: Pick<Ctx, 'database' | 'clock'>,
): Promise<ReplyOf<typeof listInvitationsRoute>> {
  return { items: await selectInvitations(ctx.database, ctx.clock.now(), mostInvitations) };
}

export async function createInvitation(
  ctx: ManageCtx & Pick<Ctx, 'serverUrl'>,
  { body: { email, role } }: InputOf<typeof createInvitationRoute>,
): Promise<ReplyOf<typeof createInvitationRoute>> {
  const action = 'auth.create-invitation';
  const { link, row } = makeOneTimeLink(ctx, 'invitation', invitationDays * 24);
  const invitation = await ctx.tx(async (tx) => {
    // Nobody's rights change until this is done, and each sees how many there are.
    await lockUsers(tx);
    const manager = await readManager(ctx, tx);
    const replaced = await selectInvitationOf(tx, email, row.createdAt);
    if ([role, replaced?.role ?? role].some((one) => !mayManageRole(manager.role, one))) {
      const details = { role, reason: 'role above own' };
      await recordAudit(ctx, tx, { action, result: 'refused', details });
      return null;
    }
    if ((await selectUserByEmail(tx, email)) !== undefined) throw new AppError('auth.email-taken');
    await deleteReplacedInvitations(tx, email, row.createdAt);
    if ((await countInvitations(tx)) >= mostInvitations) throw new AppError('auth.too-many-invitations');
    const made = await insertInvitation(tx, { id: ctx.ids.next(), email, role }, row);
    const details = { email, role, expiresAt: link.expiresAt };
    await recordAudit(ctx, tx, { action, object: `invitations/${made.id}`, details });
    await emitEvent(ctx, tx, {
      type: 'auth.invitation-created',
      subject: `invitations/${made.id}`,
      audience: { operators: true },
    });
    return made;
  });
  if (invitation === null) throw new AppError('auth.role-above-own');
  return { invitation, link };
}

export async function deleteInvitation(
  ctx: ManageCtx,
  { params: { id } }: { readonly params: { readonly id: string } },
): Promise<void> {
  const action = 'auth.delete-invitation';
  const isDone = await ctx.tx(async (tx) => {
    await lockUsers(tx);
    const manager = await readManager(ctx, tx);
    const invitation = await selectInvitationById(tx, id);
    if (invitation === undefined) throw new AppError('auth.invitation-not-found');
    const { email, role } = invitation;
    if (!mayManageRole(manager.role, role)) {
      const details = { role, reason: 'role above own' };
      await recordAudit(ctx, tx, { action, object: `invitations/${id}`, result: 'refused', details });
      return false;
    }
    await deleteInvitationRow(tx, id);
    const details = { email, role };
    await recordAudit(ctx, tx, { action, object: `invitations/${id}`, details });
    await tellRemoved(ctx, tx, invitation);
    return true;
  });
  if (!isDone) throw new AppError('auth.role-above-own');
}

/** Throws AppError `auth.link-invalid`, `auth.email-taken` or `auth.weak-password`; the link stays good for the last. */
export async function acceptInvitation(
  ctx: AccountCtx,
  { body: { token, password, name } }: InputOf<typeof acceptInvitationRoute>,
  passwords: Passwords = processPasswords,
): Promise<User> {
  const tokenHash = hashToken(token);
  // Before the hash, which costs: strangers without a link get no further.
  const found = await selectInvitation(ctx.database, tokenHash, ctx.clock.now());
  if (found === undefined) return refuseLink(ctx);
  await refuseWeakPassword('password', password, { email: found.email });
  const passwordHash = await passwords.hash(password);
  const user = await ctx.tx(async (tx) => {
    await lockUsers(tx);
    const taken = await takeInvitation(tx, tokenHash, ctx.clock.now());
    if (taken === undefined) return null;
    const { email, role, invitedBy } = taken;
    await tellRemoved(ctx, tx, taken);
    return makeUser(ctx, tx, { email, name, role, passwordHash, by: 'invitation', invitedBy });
  });
  return user ?? refuseLink(ctx);
}

async function refuseLink(ctx: AccountCtx): Promise<never> {
  const details = { reason: 'link not valid' };
  await ctx.tx((tx) => recordAudit(ctx, tx, { action: 'auth.accept-invitation', result: 'refused', details }));
  throw new AppError('auth.link-invalid');
}

function tellRemoved(ctx: AccountCtx, tx: Tx, { id }: Invitation): Promise<void> {
  return emitEvent(ctx, tx, {
    type: 'auth.invitation-removed',
    subject: `invitations/${id}`,
    audience: { operators: true },
  });
}
