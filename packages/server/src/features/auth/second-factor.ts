// The second factor: a code of an authenticator app besides the password, and recovery codes for who lost the app.
// Invariant: a code works once. What was taken last is kept and compared in the statement that takes the next.
import type {
  beginSecondFactorRoute,
  confirmSecondFactorRoute,
  removeSecondFactorRoute,
  renewRecoveryCodesRoute,
} from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { beginAttempt, endAttempt, forgiveAttempt, undoAttempt } from './attempts.ts';
import { endSessions, othersOf } from './end-sessions.ts';
import { type AccountCtx, type OwnAccount, provePassword, readOwnAccount, recordRefusal } from './prove-password.ts';
import { addSeconds, secondFactorSetupMinutes } from './rules.ts';
import { lockUser } from './store.ts';
import {
  confirmFactor,
  deleteSecondFactor,
  replacePendingFactor,
  replaceRecoveryCodes,
  type SecondFactorRow,
  selectSecondFactor,
} from './store-second-factor.ts';
import { factorContext, type TakeCtx, takeCode, unsealFactor } from './take-code.ts';
import { findStep, hashRecoveryCode, makeFactorSecret, makeRecoveryCodes, plainCode } from './time-codes.ts';

type FactorCtx = AccountCtx & Pick<Ctx, 'secrets'>;

/**
 * For sign-in, once the password was found right. `off`: none is set up; `required`: no code was given. A code that is
 * `ok` is used up by this call.
 */
export async function checkSecondFactor(
  ctx: TakeCtx & Pick<Ctx, 'database' | 'tx'>,
  userId: string,
  code: string | undefined,
): Promise<'ok' | 'wrong' | 'required' | 'off'> {
  const factor = await selectSecondFactor(ctx.database, userId);
  if (factor === undefined || factor.confirmedAt === null) return 'off';
  if (code === undefined) return 'required';
  return (await ctx.tx((tx) => takeCode(ctx, tx, userId, factor, code))) ? 'ok' : 'wrong';
}

/** Nothing is asked for at sign-in until the first code came: `confirmSecondFactor`. */
export async function beginSecondFactor(
  ctx: FactorCtx,
  { body: { password } }: InputOf<typeof beginSecondFactorRoute>,
): Promise<ReplyOf<typeof beginSecondFactorRoute>> {
  const action = 'auth.begin-second-factor';
  const { user, keys } = await provePassword(ctx, action, password);
  const made = makeFactorSecret(user.email);
  const sealed = ctx.secrets.seal(made.secret, factorContext(user.id));
  const isBegun = await ctx.tx(async (tx) => {
    await forgiveAttempt(ctx, tx, keys);
    if (!(await replacePendingFactor(tx, user.id, sealed, ctx.clock.now()))) return false;
    await recordAudit(ctx, tx, { action, object: `users/${user.id}` });
    return true;
  });
  if (!isBegun) throw new AppError('auth.second-factor-on');
  return made;
}

export async function confirmSecondFactor(
  ctx: FactorCtx,
  { body: { code } }: InputOf<typeof confirmSecondFactorRoute>,
): Promise<ReplyOf<typeof confirmSecondFactorRoute>> {
  const action = 'auth.confirm-second-factor';
  const account = await readOwnAccount(ctx);
  const { user, keys } = account;
  const factor = await requirePending(ctx, user.id);
  await beginAttempt(ctx, keys);
  const step = findStep(unsealFactor(ctx, user.id, factor), plainCode(code), ctx.clock.now());
  if (step === null) return refuseCode(ctx, action, account);
  const recoveryCodes = makeRecoveryCodes();
  const isConfirmed = await ctx.tx(async (tx) => {
    // A sign-in that was not asked for a code has its session by now, which ends below, or will be asked.
    await lockUser(tx, user.id);
    await endAttempt(ctx, tx, keys);
    if (!(await confirmFactor(tx, user.id, factor.sealedSecret, step, ctx.clock.now()))) return false;
    await replaceRecoveryCodes(tx, user.id, recoveryCodes.map(hashRecoveryCode));
    const endedSessions = await endSessions(ctx, tx, othersOf(ctx, user.id), 'second factor changed');
    await recordAudit(ctx, tx, { action, object: `users/${user.id}`, details: { endedSessions } });
    await tellChanged(ctx, tx, user.id);
    return true;
  });
  if (!isConfirmed) throw new AppError('auth.second-factor-on');
  return { recoveryCodes };
}

async function requirePending(ctx: FactorCtx, userId: string): Promise<SecondFactorRow> {
  const factor = await selectSecondFactor(ctx.database, userId);
  if (factor === undefined) throw new AppError('auth.second-factor-off');
  if (factor.confirmedAt !== null) throw new AppError('auth.second-factor-on');
  const until = addSeconds(factor.createdAt, secondFactorSetupMinutes * 60);
  if (until <= ctx.clock.now()) throw new AppError('auth.second-factor-off');
  return factor;
}

export async function renewRecoveryCodes(
  ctx: FactorCtx,
  { body }: InputOf<typeof renewRecoveryCodesRoute>,
): Promise<ReplyOf<typeof renewRecoveryCodesRoute>> {
  const recoveryCodes = makeRecoveryCodes();
  await withProof(ctx, 'auth.renew-recovery-codes', body, (tx, userId) =>
    replaceRecoveryCodes(tx, userId, recoveryCodes.map(hashRecoveryCode)),
  );
  return { recoveryCodes };
}

export async function removeSecondFactor(
  ctx: FactorCtx,
  { body }: InputOf<typeof removeSecondFactorRoute>,
): Promise<void> {
  await withProof(ctx, 'auth.remove-second-factor', body, async (tx, userId) => {
    await deleteSecondFactor(tx, userId);
    await tellChanged(ctx, tx, userId);
  });
}

/** For what needs the password and a code. */
async function withProof(
  ctx: FactorCtx,
  action: string,
  { password, code }: { readonly password: string; readonly code: string },
  carryOut: (tx: Tx, userId: string) => Promise<void>,
): Promise<void> {
  const account = await provePassword(ctx, action, password);
  const { user, keys } = account;
  const factor = await selectSecondFactor(ctx.database, user.id);
  if (factor === undefined || factor.confirmedAt === null) {
    await undoAttempt(ctx, keys);
    throw new AppError('auth.second-factor-off');
  }
  const isDone = await ctx.tx(async (tx) => {
    if (!(await takeCode(ctx, tx, user.id, factor, code))) return false;
    await endAttempt(ctx, tx, keys);
    await carryOut(tx, user.id);
    await recordAudit(ctx, tx, { action, object: `users/${user.id}` });
    return true;
  });
  if (!isDone) await refuseCode(ctx, action, account);
}

async function refuseCode(ctx: AccountCtx, action: string, { user }: OwnAccount): Promise<never> {
  await ctx.tx((tx) => recordRefusal(ctx, tx, action, user, 'wrong code'));
  throw new AppError('auth.wrong-code');
}

function tellChanged(ctx: AccountCtx, tx: Tx, userId: string): Promise<void> {
  return emitEvent(ctx, tx, { type: 'auth.second-factor-changed', subject: `users/${userId}` });
}
