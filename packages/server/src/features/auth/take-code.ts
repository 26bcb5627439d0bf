// Takes one code of the second factor: of the app, or a recovery code. Of two that come with the same one at once, one gets
// nothing.
import type { Ctx, Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { countRecoveryCodes, type SecondFactorRow, takeRecoveryCode, takeStep } from './store-second-factor.ts';
import { findStep, hashRecoveryCode, isTimeCode, plainCode } from './time-codes.ts';

export type TakeCtx = Pick<Ctx, 'clock' | 'ids' | 'actor' | 'requestId' | 'secrets'>;

/** What the sealed secret of a user belongs to. */
export function factorContext(userId: string): string {
  return `users/${userId}/second-factor`;
}

export function unsealFactor({ secrets }: Pick<Ctx, 'secrets'>, userId: string, factor: SecondFactorRow): string {
  return secrets.unseal(factor.sealedSecret, factorContext(userId));
}

/** False: wrong, or used before. A recovery code that is used leaves its audit row, with how many are left. */
export async function takeCode(
  ctx: TakeCtx,
  tx: Tx,
  userId: string,
  factor: SecondFactorRow,
  given: string,
): Promise<boolean> {
  const code = plainCode(given);
  if (isTimeCode(code)) {
    const step = findStep(unsealFactor(ctx, userId, factor), code, ctx.clock.now());
    return step !== null && takeStep(tx, userId, factor.sealedSecret, step);
  }
  if (!(await takeRecoveryCode(tx, userId, hashRecoveryCode(code)))) return false;
  const left = await countRecoveryCodes(tx, userId);
  await recordAudit(ctx, tx, { action: 'auth.use-recovery-code', object: `users/${userId}`, details: { left } });
  return true;
}
