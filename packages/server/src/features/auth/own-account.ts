// What people change about their own account: the name and the password.
import type { changePasswordRoute, User, updateMeRoute } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { InputOf } from '@gathering/contract/route';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { forgiveAttempt } from './attempts.ts';
import { refuseWeakPassword } from './common-passwords.ts';
import { endSessions, othersOf } from './end-sessions.ts';
import { type Passwords, passwords as processPasswords } from './passwords.ts';
import { type AccountCtx, provePassword, readOwnAccount } from './prove-password.ts';
import { lockUsers } from './store.ts';
import { deleteResetLink } from './store-links.ts';
import { replacePasswordHash, selectUser, updateUserRow } from './store-users.ts';

export async function updateMe(ctx: AccountCtx, { body: { name } }: InputOf<typeof updateMeRoute>): Promise<User> {
  return ctx.tx(async (tx) => {
    await lockUsers(tx);
    const user = ctx.actor.kind === 'user' ? await selectUser(tx, ctx.actor.id) : undefined;
    if (user === undefined) throw new AppError('auth.required');
    if (user.name === name) return user;
    const changed: User = { ...user, name };
    await updateUserRow(tx, changed);
    const details = { name: { from: user.name, to: name } };
    await recordAudit(ctx, tx, { action: 'auth.update-me', object: `users/${user.id}`, details });
    await emitEvent(ctx, tx, { type: 'auth.user-changed', subject: `users/${user.id}` });
    return changed;
  });
}

/** All other sessions end, and a link to a new password that was not used yet is void. */
export async function changePassword(
  ctx: AccountCtx,
  { body: { currentPassword, newPassword } }: InputOf<typeof changePasswordRoute>,
  passwords: Passwords = processPasswords,
): Promise<void> {
  const action = 'auth.change-password';
  const { email } = (await readOwnAccount(ctx)).user;
  await refuseWeakPassword('newPassword', newPassword, { email, current: currentPassword });
  const { user, passwordHash, keys } = await provePassword(ctx, action, currentPassword, passwords);
  const renewed = await passwords.hash(newPassword);
  await ctx.tx(async (tx) => {
    if (!(await replacePasswordHash(tx, user.id, passwordHash, renewed))) throw new AppError('auth.wrong-password');
    await forgiveAttempt(ctx, tx, keys);
    await deleteResetLink(tx, user.id);
    const endedSessions = await endSessions(ctx, tx, othersOf(ctx, user.id), 'password changed');
    await recordAudit(ctx, tx, { action, object: `users/${user.id}`, details: { endedSessions } });
    await emitEvent(ctx, tx, { type: 'auth.password-changed', subject: `users/${user.id}` });
  });
}
