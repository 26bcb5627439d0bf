// A signed-in person shows the password once more before something that a stolen session must not do.
// Invariant: wrong ones count towards the lock-out as at sign-in.
import type { User } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { Actor, Ctx, Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { type AttemptKeys, attemptKeys, beginAttempt, undoAttempt } from './attempts.ts';
import { type Passwords, passwords as processPasswords } from './passwords.ts';
import { type KnownUser, selectUserToProve } from './store-users.ts';

export type AccountCtx = Pick<Ctx, 'database' | 'tx' | 'clock' | 'ids' | 'actor' | 'requestId'>;

export interface OwnAccount extends KnownUser {
  readonly keys: AttemptKeys;
}

export async function readOwnAccount(ctx: Pick<Ctx, 'database' | 'actor'>): Promise<OwnAccount> {
  const known = ctx.actor.kind === 'user' ? await selectUserToProve(ctx.database, ctx.actor.id) : undefined;
  if (known === undefined) throw new AppError('auth.required');
  return { ...known, keys: attemptKeys(known.user.email, ctx.actor.address) };
}

/** Throws AppError `auth.wrong-password` or `auth.locked-out`. What follows ends the attempt: `endAttempt`, or `forgiveAttempt`. */
export async function provePassword(
  ctx: AccountCtx,
  action: string,
  password: string,
  passwords: Passwords = processPasswords,
): Promise<OwnAccount> {
  const account = await readOwnAccount(ctx);
  await beginAttempt(ctx, account.keys);
  let fits: boolean;
  try {
    fits = await passwords.verify(account.passwordHash, password);
  } catch (error) {
    await undoAttempt(ctx, account.keys);
    throw error;
  }
  if (fits) return account;
  await ctx.tx((tx) => recordRefusal(ctx, tx, action, account.user, 'wrong password'));
  throw new AppError('auth.wrong-password');
}

export function recordRefusal(ctx: AccountCtx, tx: Tx, action: string, user: User, reason: string): Promise<void> {
  return recordAudit(ctx, tx, { action, object: `users/${user.id}`, result: 'refused', details: { reason } });
}

/** The context of whoever just proved to be this user with something else than a session. */
export function actAs<C extends { readonly actor: Actor }>(ctx: C, user: User): C {
  return { ...ctx, actor: { ...ctx.actor, kind: 'user', id: user.id, role: user.role } };
}
