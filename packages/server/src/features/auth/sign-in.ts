// Sign-in with e-mail and password. Invariant: exactly one password check for a known and for an unknown e-mail and for a
// disabled user, outside of any transaction, and the same answer to all, so that nobody learns which accounts exist.
import type { BrowserSession, browserLoginRoute, loginRoute, Session, User } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import { permissionsOf } from '@gathering/contract/permissions';
import type { InputOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { type RichReply, withCookie } from '../../platform/http/bind.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { type AttemptKeys, attemptKeys, beginAttempt, endAttempt, undoAttempt } from './attempts.ts';
import { csrfTokenOf } from './browser-cookie.ts';
import { type Opening, openSession, prepareForBrowser, prepareForProgram } from './open-session.ts';
import { type Passwords, passwords as processPasswords, unknownUserHash } from './passwords.ts';
import { recordRefusal } from './record-refusal.ts';
import { rehashIfOutdated } from './rehash-password.ts';
import { checkSecondFactor } from './second-factor.ts';
import type { SigningCtx } from './signing-keys.ts';
import { lockSignIn } from './store.ts';
import { selectSecondFactor } from './store-second-factor.ts';
import { selectUserByEmail } from './store-users.ts';

export type SignInCtx = SigningCtx & Pick<Ctx, 'config' | 'visit'>;
type Credentials = InputOf<typeof loginRoute>['body'];
type Found = NonNullable<Awaited<ReturnType<typeof selectUserByEmail>>>;
/** `secondFactor`: a code was given, or there was none to ask for. */
type Checked = Found & { readonly secondFactor: 'ok' | 'off' };

/** For programs. */
export async function signIn(
  ctx: SignInCtx,
  { body }: InputOf<typeof loginRoute>,
  passwords: Passwords = processPasswords,
): Promise<Session> {
  const keys = attemptKeys(body.email, ctx.actor.address);
  const found = await checkCredentials(ctx, keys, body, passwords);
  const session = await beginSession(ctx, keys, found, await prepareForProgram(ctx, found.user.id));
  await rehashIfOutdated(ctx, found.user.id, found.passwordHash, body.password, passwords);
  return session;
}

/** For browsers. */
export async function signInBrowser(
  ctx: SignInCtx,
  { body }: InputOf<typeof browserLoginRoute>,
  passwords: Passwords = processPasswords,
): Promise<RichReply<BrowserSession>> {
  const keys = attemptKeys(body.email, ctx.actor.address);
  const found = await checkCredentials(ctx, keys, body, passwords);
  const { user, cookie, expiresAt } = await beginSession(ctx, keys, found, await prepareForBrowser(ctx));
  await rehashIfOutdated(ctx, user.id, found.passwordHash, body.password, passwords);
  return withCookie(cookie, {
    user,
    permissions: permissionsOf(user.role),
    csrfToken: csrfTokenOf(cookie.value),
    expiresAt: expiresAt.toISOString(),
  });
}

/** Throws the refusal when the e-mail, the password or the code does not fit; counted as a failed attempt then. */
async function checkCredentials(
  ctx: SignInCtx,
  keys: AttemptKeys,
  { email, password, code }: Credentials,
  passwords: Passwords,
): Promise<Checked> {
  await beginCounted(ctx, keys);
  const found = await selectUserByEmail(ctx.database, email);
  const fits = await checkPassword(ctx, keys, passwords, found?.passwordHash ?? unknownUserHash, password);
  if (found === undefined) return refuse(ctx, undefined, 'auth.wrong-credentials', 'unknown e-mail');
  if (!fits) return refuse(ctx, found.user, 'auth.wrong-credentials', 'wrong password');
  if (found.user.disabledAt !== null) return refuse(ctx, found.user, 'auth.wrong-credentials', 'user disabled');
  const second = await checkSecondFactor(ctx, found.user.id, code);
  if (second === 'wrong') return refuse(ctx, found.user, 'auth.wrong-code', 'wrong code');
  if (second === 'required') {
    // The first half of signing in, done as it should be.
    await undoAttempt(ctx, keys);
    return refuse(ctx, found.user, 'auth.second-factor-required', 'code required');
  }
  return { ...found, secondFactor: second };
}

/** A try that is locked out leaves its row too, though not each of many. */
async function beginCounted(ctx: SignInCtx, keys: AttemptKeys): Promise<void> {
  try {
    await beginAttempt(ctx, keys);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'auth.locked-out') throw error;
    await recordRefusal(ctx, { address: ctx.actor.address, requestId: ctx.requestId }, 'locked out');
    throw error;
  }
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

async function refuse(
  ctx: SignInCtx,
  user: User | undefined,
  code: 'auth.wrong-credentials' | 'auth.wrong-code' | 'auth.second-factor-required',
  reason: string,
): Promise<never> {
  const object = user === undefined ? undefined : `users/${user.id}`;
  const details = { reason };
  await ctx.tx((tx) => recordAudit(ctx, tx, { action: 'auth.sign-in', object, result: 'refused', details }));
  throw new AppError(code);
}

async function beginSession<T>(
  ctx: SignInCtx,
  keys: AttemptKeys,
  { user, passwordHash, secondFactor }: Checked,
  opening: Opening<T>,
): Promise<T> {
  return ctx.tx(async (tx) => {
    // The password was checked outside: it may be another one by now, or the account gone.
    if (!(await lockSignIn(tx, user.id, passwordHash))) throw new AppError('auth.wrong-credentials');
    // Nor was it asked for what was turned on meanwhile.
    if (secondFactor === 'off' && (await selectSecondFactor(tx, user.id))?.confirmedAt != null)
      throw new AppError('auth.second-factor-required');
    await endAttempt(ctx, tx, keys);
    const actor = await openSession(ctx, tx, user, opening);
    const asUser = { clock: ctx.clock, ids: ctx.ids, requestId: ctx.requestId, actor };
    await recordAudit(asUser, tx, {
      action: 'auth.sign-in',
      object: `users/${user.id}`,
      details: { session: `sessions/${opening.sessionId}`, kind: opening.kind },
    });
    await emitEvent(asUser, tx, { type: 'auth.signed-in', subject: `users/${user.id}` });
    return opening.tell(user);
  });
}
