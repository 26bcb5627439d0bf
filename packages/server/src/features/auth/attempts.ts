// Lock-out after failed sign-ins, by account and by network, kept in the database so that every instance sees it.
// Invariant: an attempt counts as failed before its password is checked, so many at once get no more tries than one after another.
import { AppError } from '@gathering/contract/errors';
import type { Ctx } from '../../ctx.ts';
import { networkOf } from '../../platform/network-of.ts';
import { hashToken } from '../../platform/tokens.ts';
import {
  addSeconds,
  type FailureKind,
  failureMemoryHours,
  lockSeconds,
  mostFailureRows,
  normalizeEmail,
} from './rules.ts';
import { countAttempt, lockUntil, pruneFailures, takeAttemptBack } from './store-failures.ts';

/** In the order in which their rows are locked. */
export interface AttemptKeys {
  readonly account: string;
  readonly address: string | null;
}

export function attemptKeys(email: string, address: string | null): AttemptKeys {
  return {
    // What people type as their e-mail is sometimes their password.
    account: `account:${hashToken(normalizeEmail(email))}`,
    address: address === null ? null : `address:${networkOf(address)}`,
  };
}

/** Throws `auth.locked-out`, and counts nothing then. */
export async function beginAttempt(ctx: Pick<Ctx, 'tx' | 'clock'>, keys: AttemptKeys): Promise<void> {
  const now = ctx.clock.now();
  const forgetBefore = addSeconds(now, -failureMemoryHours * 3600);
  const counted: [FailureKind, string | null][] = [
    ['account', keys.account],
    ['address', keys.address],
  ];
  await ctx.tx(async (tx) => {
    for (const [kind, key] of counted) {
      if (key === null) continue;
      const { failures, lockedUntil } = await countAttempt(tx, key, now, forgetBefore);
      if (lockedUntil !== null) {
        const retryAfterSeconds = (lockedUntil.getTime() - now.getTime()) / 1000;
        throw new AppError('auth.locked-out', { retryAfterSeconds });
      }
      const seconds = lockSeconds(kind, failures);
      if (seconds > 0) await lockUntil(tx, key, addSeconds(now, seconds));
    }
    await pruneFailures(tx, forgetBefore, mostFailureRows);
  });
}

/** The attempt never came to a check of its password. */
export async function undoAttempt(ctx: Pick<Ctx, 'tx'>, keys: AttemptKeys): Promise<void> {
  await ctx.tx(async (tx) => {
    await takeAttemptBack(tx, keys.account);
    if (keys.address !== null) await takeAttemptBack(tx, keys.address);
  });
}
