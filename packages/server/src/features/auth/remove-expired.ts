// Removes what has expired: sessions, API keys, and the tokens, tickets and keys that hold for nothing any more; and known
// networks that nobody signed in from for long. None of it lets anybody in meanwhile: that is asked with every request.
import type { Ctx, Tx } from '../../ctx.ts';
import { tellRemoved } from './api-keys.ts';
import { tellEnded } from './end-sessions.ts';
import { addDays, addSeconds, idleDays, knownNetworkDays, touchSeconds } from './rules.ts';
import { deleteExpiredApiKeys } from './store-api-keys.ts';
import { pruneRefusals } from './store-failures.ts';
import { deleteOldKnown } from './store-known-networks.ts';
import { deleteExpiredSessions, deleteExpiredTokens } from './store-sessions.ts';

const batch = 200;

/** Answers how many. */
export async function removeExpired(
  ctx: Pick<Ctx, 'tx' | 'clock' | 'ids' | 'actor' | 'requestId' | 'signal'>,
): Promise<number> {
  let removed = 0;
  while (!ctx.signal.aborted) {
    const count = await removeBatch(ctx);
    removed += count;
    if (count < batch) break;
  }
  const now = ctx.clock.now();
  return removed + (await ctx.tx((tx) => removeRest(tx, now)));
}

/** What nobody needs to be told of. */
async function removeRest(tx: Tx, now: Date): Promise<number> {
  const tokens = await deleteExpiredTokens(tx, now);
  return tokens + (await deleteOldKnown(tx, addDays(now, -knownNetworkDays)));
}

/** Sessions and keys, each with its audit entry. */
async function removeBatch(ctx: Pick<Ctx, 'tx' | 'clock' | 'ids' | 'actor' | 'requestId'>): Promise<number> {
  const now = ctx.clock.now();
  return ctx.tx(async (tx) => {
    const sessions = await deleteExpiredSessions(tx, { now, usedBefore: addDays(now, -idleDays), limit: batch });
    await tellEnded(ctx, tx, sessions, 'expired');
    const keys = await deleteExpiredApiKeys(tx, now, batch);
    for (const key of keys) await tellRemoved(ctx, tx, key, 'expired');
    await pruneRefusals(tx, addSeconds(now, -touchSeconds));
    return sessions.length + keys.length;
  });
}
