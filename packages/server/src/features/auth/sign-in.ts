// Sign-in with e-mail and password. Invariant: exactly one password check for a known and for an unknown e-mail, outside of
// any transaction, and the same answer to both, so that nobody learns which accounts exist.
import type { loginRoute, User } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { InputOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { type AttemptKeys, attemptKeys, beginAttempt, endAttempt, undoAttempt } from './attempts.ts';
import { type OpenedSession, openSession } from './open-session.ts';
import { type Passwords, passwords as processPasswords, unknownUserHash } from './passwords.ts';
import { selectUser, selectUserByEmail } from './store.ts';

export type SignInCtx = Pick<Ctx, 'database' | 'tx' | 'clock' | 'ids' | 'actor' | 'requestId'>;

export async function signIn(
  ctx: SignInCtx,
  { body: { email, password } }: InputOf<typeof loginRoute>,
  passwords: Passwords = processPasswords,
): Promise<OpenedSession> {
  const keys = attemptKeys(email, ctx.actor.address);
  await beginAttempt(ctx, keys);
  const found = await selectUserByEmail(ctx.database, email);
  const fits = await checkPassword(ctx, keys, passwords, found?.passwordHash ?? unknownUserHash, password);
  if (found === undefined || !fits) {
    await recordRefusal(ctx, found?.user);
    throw new AppError('auth.wrong-credentials');
  }
  return beginSession(ctx, keys, found.user);
}

async function checkPassword(
  ctx: SignInCtx,
  keys: AttemptKeys,
  passwords: Passwords,
  passwordHash: string,
  password: string,
): Promise<boolean> {
  try {
    return await passwords.verify(passwordHash, password);
  } catch (error) {
    await undoAttempt(ctx, keys);
    throw error;
  }
}

async function recordRefusal(ctx: SignInCtx, user: User | undefined): Promise<void> {
  const object = user === undefined ? undefined : `users/${user.id}`;
  const details = { reason: user === undefined ? 'unknown e-mail' : 'wrong password' };
  await ctx.tx((tx) => recordAudit(ctx, tx, { action: 'auth.sign-in', object, result: 'refused', details }));
}

async function beginSession(ctx: SignInCtx, keys: AttemptKeys, user: User): Promise<OpenedSession> {
  return ctx.tx(async (tx) => {
    // The password was checked outside: the account may be gone by now.
    if ((await selectUser(tx, user.id)) === undefined) throw new AppError('auth.wrong-credentials');
    await endAttempt(ctx, tx, keys);
    const { session, actor } = await openSession(ctx, tx, user);
    const asUser = { clock: ctx.clock, ids: ctx.ids, requestId: ctx.requestId, actor };
    await recordAudit(asUser, tx, { action: 'auth.sign-in', object: `users/${user.id}` });
    await emitEvent(asUser, tx, { type: 'auth.signed-in', subject: `users/${user.id}` });
    return session;
  });
}
