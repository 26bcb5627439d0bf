// Lock-out after failed sign-ins, by account and by network, kept in the database so that every instance sees it.
// A network that an account was signed in to from is counted by itself, so that nobody elsewhere locks a person out of there.
// Invariant: an attempt counts as failed before its password is checked, so many at once get no more tries than one after another.
import { AppError } from '@gathering/contract/errors';
import type { Ctx, Tx } from '../../ctx.ts';
import { networkOf } from '../../platform/network-of.ts';
import { hashToken } from '../../platform/tokens.ts';
import {
  addSeconds,
  type FailureKind,
  failureMemoryHours,
  knownNetworkDays,
  lockSeconds,
  mostFailureRows,
  mostKnownNetworks,
  normalizeEmail,
} from './rules.ts';
import { countAttempt, forgetFailures, lockUntil, pruneFailures, takeAttemptBack } from './store-failures.ts';
import { pruneKnown, selectIsKnown, upsertKnown } from './store-known-networks.ts';

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

interface CountedKey {
  readonly kind: FailureKind;
  readonly key: string;
}

/** Throws `auth.locked-out`, and counts nothing then. */
export async function beginAttempt(ctx: Pick<Ctx, 'tx' | 'clock'>, keys: AttemptKeys): Promise<void> {
  const now = ctx.clock.now();
  const forgetBefore = addSeconds(now, -failureMemoryHours * 3600);
  await ctx.tx(async (tx) => {
    for (const { kind, key } of await countedKeys(ctx, tx, keys)) {
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
export async function undoAttempt(ctx: Pick<Ctx, 'tx' | 'clock'>, keys: AttemptKeys): Promise<void> {
  await ctx.tx((tx) => forgiveAttempt(ctx, tx, keys));
}

/** The password was right, which is not all that signing in may ask for: this attempt does not count, those before still do. */
export async function forgiveAttempt(ctx: Pick<Ctx, 'clock'>, tx: Tx, keys: AttemptKeys): Promise<void> {
  for (const { key } of await countedKeys(ctx, tx, keys)) await takeAttemptBack(tx, key);
}

/** The attempt succeeded, with all that signing in asks for: failures of the account are forgotten, and its network is known from now on. */
export async function endAttempt(ctx: Pick<Ctx, 'clock'>, tx: Tx, keys: AttemptKeys): Promise<void> {
  for (const { kind, key } of await countedKeys(ctx, tx, keys)) {
    if (kind === 'account') await forgetFailures(tx, key);
    else await takeAttemptBack(tx, key);
  }
  if (keys.address === null) return;
  await upsertKnown(tx, keys.account, keys.address, ctx.clock.now());
  await pruneKnown(tx, keys.account, knownSince(ctx), mostKnownNetworks);
}

/** From a known network the pair of account and network alone counts: neither others elsewhere nor others there lock it. */
async function countedKeys(ctx: Pick<Ctx, 'clock'>, tx: Tx, { account, address }: AttemptKeys): Promise<CountedKey[]> {
  if (address === null) return [{ kind: 'account', key: account }];
  if (await selectIsKnown(tx, account, address, knownSince(ctx)))
    return [{ kind: 'account', key: `${account} ${address}` }];
  return [
    { kind: 'account', key: account },
    { kind: 'address', key: address },
  ];
}

function knownSince({ clock }: Pick<Ctx, 'clock'>): Date {
  return addSeconds(clock.now(), -knownNetworkDays * 24 * 3600);
}
