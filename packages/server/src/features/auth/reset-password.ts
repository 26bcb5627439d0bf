// The way back in for who forgot the password: an owner or admin makes a one-time link, and its holder sets a new one.
// The second factor stays: a link alone must not be enough where two things are asked for.
import type { resetPasswordRoute } from '@gathering/contract/auth';
import type { OneTimeLink } from '@gathering/contract/auth-users';
import { AppError } from '@gathering/contract/errors';
import type { InputOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { hashToken } from '../../platform/tokens.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { attemptKeys } from './attempts.ts';
import { refuseWeakPassword } from './common-passwords.ts';
import { endSessions } from './end-sessions.ts';
import { type ManageCtx, manageUser } from './manage-user.ts';
import { makeOneTimeLink } from './one-time-link.ts';
import { type Passwords, passwords as processPasswords } from './passwords.ts';
import { type AccountCtx, actAs } from './prove-password.ts';
import { resetLinkHours } from './rules.ts';
import { lockUsers } from './store.ts';
import { forgetFailures } from './store-failures.ts';
import { replaceResetLink, selectResetLink, takeResetLink } from './store-links.ts';
import { selectUser, setPasswordHash } from './store-users.ts';

export async function makeResetLink(
  ctx: ManageCtx & Pick<Ctx, 'serverUrl'>,
  { params: { id } }: { readonly params: { readonly id: string } },
): Promise<OneTimeLink> {
  const action = 'auth.make-reset-link';
  const { link, row } = makeOneTimeLink(ctx, 'reset-password', resetLinkHours);
  return manageUser(ctx, { id, action, change: { waivesProof: true } }, async (tx) => {
    await replaceResetLink(tx, id, row);
    await recordAudit(ctx, tx, { action, object: `users/${id}`, details: { expiresAt: link.expiresAt } });
    return link;
  });
}

export async function resetPassword(
  ctx: AccountCtx,
  { body: { token, newPassword } }: InputOf<typeof resetPasswordRoute>,
  passwords: Passwords = processPasswords,
): Promise<void> {
  const tokenHash = hashToken(token);
  // Before the hash, which costs: strangers without a link get no further.
  const userId = await selectResetLink(ctx.database, tokenHash, ctx.clock.now());
  const user = userId === undefined ? undefined : await selectUser(ctx.database, userId);
  if (user === undefined) return refuseLink(ctx);
  await refuseWeakPassword('newPassword', newPassword, { email: user.email });
  const passwordHash = await passwords.hash(newPassword);
  const asUser = actAs(ctx, user);
  const isDone = await ctx.tx(async (tx) => {
    await lockUsers(tx);
    if ((await takeResetLink(tx, tokenHash, ctx.clock.now())) !== user.id) return false;
    await setPasswordHash(tx, user.id, passwordHash);
    await forgetFailures(tx, attemptKeys(user.email, null).account);
    const endedSessions = await endSessions(asUser, tx, { userId: user.id }, 'password changed');
    const details = { endedSessions };
    await recordAudit(asUser, tx, { action: 'auth.reset-password', object: `users/${user.id}`, details });
    await emitEvent(asUser, tx, { type: 'auth.password-changed', subject: `users/${user.id}` });
    return true;
  });
  if (!isDone) await refuseLink(ctx);
}

async function refuseLink(ctx: AccountCtx): Promise<never> {
  const details = { reason: 'link not valid' };
  await ctx.tx((tx) => recordAudit(ctx, tx, { action: 'auth.reset-password', result: 'refused', details }));
  throw new AppError('auth.link-invalid');
}
