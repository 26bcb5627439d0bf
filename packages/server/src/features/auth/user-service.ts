// Users as owners and admins see and change them.
import type { User } from '@gathering/contract/auth';
import type { listUsersRoute, updateUserRoute } from '@gathering/contract/auth-users';
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import { mayManageRole, type Role, roleGrants, roles } from '@gathering/contract/permissions';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { endSessions } from './end-sessions.ts';
import { type ManageCtx, manageUser } from './manage-user.ts';
import { deleteLinksMadeBy, deleteResetLink } from './store-links.ts';
import { deleteSecondFactor } from './store-second-factor.ts';
import { deleteUserRow, type ListedUser, selectUser, selectUsers, updateUserRow } from './store-users.ts';

type ById = { readonly params: { readonly id: string } };

export async function listUsers(
  ctx: Pick<Ctx, 'database'>,
  { query: { limit, cursor, role, search } }: InputOf<typeof listUsersRoute>,
): Promise<ReplyOf<typeof listUsersRoute>> {
  const after = readPageCursor(cursor, 1)?.[0] ?? null;
  const rows = await selectUsers(ctx.database, { role, search, after, limit: limit + 1 });
  const { items, nextCursor } = cutPage(rows, limit, ({ emailKey }) => [emailKey]);
  return { items: items.map(withoutKey), nextCursor };
}

function withoutKey({ emailKey: _emailKey, ...user }: ListedUser): User {
  return user;
}

export async function readUser(ctx: Pick<Ctx, 'database'>, { params }: ById): Promise<User> {
  const user = await selectUser(ctx.database, params.id);
  if (user === undefined) throw new AppError('auth.user-not-found');
  return user;
}

export async function updateUser(
  ctx: ManageCtx,
  { params: { id }, body: { name, role, disabled } }: InputOf<typeof updateUserRoute>,
): Promise<User> {
  const action = disabled === true ? 'auth.disable-user' : 'auth.update-user';
  return manageUser(ctx, { id, action, change: { role, disabled } }, async (tx, before) => {
    const after: User = {
      ...before,
      name: name ?? before.name,
      role: role ?? before.role,
      disabledAt: disabledAtOf(before, disabled, ctx.clock.now()),
    };
    const changed = await recordChanges(ctx, tx, before, after);
    if (!changed) return before;
    await updateUserRow(tx, after);
    if (after.disabledAt !== null && before.disabledAt === null) await shutOut(ctx, tx, id);
    else if (after.role !== before.role) await withdrawLinks(tx, id, after.role);
    const payload = { role: after.role, disabled: after.disabledAt !== null };
    await emitEvent(ctx, tx, { type: 'auth.user-changed', subject: `users/${id}`, payload });
    return after;
  });
}

function disabledAtOf(before: User, disabled: boolean | undefined, now: Date): string | null {
  if (disabled === undefined) return before.disabledAt;
  return disabled ? (before.disabledAt ?? now.toISOString()) : null;
}

async function shutOut(ctx: ManageCtx, tx: Tx, id: string): Promise<void> {
  await endSessions(ctx, tx, { userId: id }, 'user disabled');
  await deleteResetLink(tx, id);
  await deleteLinksMadeBy(tx, id, []);
}

/** Those that they made beyond what the new role gives, and one to their password by somebody who may not make it any more. */
async function withdrawLinks(tx: Tx, id: string, role: Role): Promise<void> {
  await deleteResetLink(tx, id);
  await deleteLinksMadeBy(tx, id, rolesGivenBy(role));
}

function rolesGivenBy(role: Role): Role[] {
  return roleGrants(role, 'users.write') ? roles.filter((other) => mayManageRole(role, other)) : [];
}

/** One row for each kind of change. False: nothing differs. */
async function recordChanges(ctx: ManageCtx, tx: Tx, before: User, after: User): Promise<boolean> {
  const object = `users/${before.id}`;
  const details: Record<string, Json> = {};
  if (after.name !== before.name) details.name = { from: before.name, to: after.name };
  if (after.role !== before.role) details.role = { from: before.role, to: after.role };
  const isUpdated = Object.keys(details).length > 0;
  if (isUpdated) await recordAudit(ctx, tx, { action: 'auth.update-user', object, details });
  const isSwitched = (after.disabledAt === null) !== (before.disabledAt === null);
  if (isSwitched) {
    await recordAudit(ctx, tx, {
      action: after.disabledAt === null ? 'auth.enable-user' : 'auth.disable-user',
      object,
    });
  }
  return isUpdated || isSwitched;
}

/** What belongs to them goes with the row, by foreign keys. */
export async function deleteUser(ctx: ManageCtx, { params: { id } }: ById): Promise<void> {
  const action = 'auth.delete-user';
  await manageUser(ctx, { id, action, change: { removed: true } }, async (tx, { email, name, role }) => {
    await endSessions(ctx, tx, { userId: id }, 'user deleted');
    await deleteUserRow(tx, id);
    await recordAudit(ctx, tx, { action, object: `users/${id}`, details: { email, name, role } });
    await emitEvent(ctx, tx, { type: 'auth.user-removed', subject: `users/${id}` });
  });
}

export async function endUserSessions(ctx: ManageCtx, { params: { id } }: ById): Promise<void> {
  const action = 'auth.end-user-sessions';
  await manageUser(ctx, { id, action, change: {} }, async (tx) => {
    const endedSessions = await endSessions(ctx, tx, { userId: id }, 'ended by an administrator');
    await recordAudit(ctx, tx, { action, object: `users/${id}`, details: { endedSessions } });
  });
}

export async function removeUserSecondFactor(ctx: ManageCtx, { params: { id } }: ById): Promise<void> {
  const action = 'auth.remove-user-second-factor';
  await manageUser(ctx, { id, action, change: { waivesProof: true } }, async (tx) => {
    if (!(await deleteSecondFactor(tx, id))) return;
    const endedSessions = await endSessions(ctx, tx, { userId: id }, 'second factor changed');
    await recordAudit(ctx, tx, { action, object: `users/${id}`, details: { endedSessions } });
    await emitEvent(ctx, tx, { type: 'auth.second-factor-changed', subject: `users/${id}` });
  });
}
