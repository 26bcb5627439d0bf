// Idempotency keys of those who start runs: the same key with the same request, within a day, means the same run.
import { createHash } from 'node:crypto';
import { AppError } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { Ctx } from '../../ctx.ts';
import { deleteExpiredKeys, findLiveKey, type StartKey } from './store/start-keys.ts';

const lastsMs = 24 * 3_600_000;

export function claimOfKey(ctx: Pick<Ctx, 'clock'>, scope: string, key: string, fingerprint: string): StartKey {
  const at = ctx.clock.now();
  return { scope: `${scope}/keys`, key, fingerprint, at, expiresAt: new Date(at.getTime() + lastsMs) };
}

/** Of what was asked, whatever order its keys came in. */
export function fingerprintOfRequest(request: Json): string {
  return createHash('sha256').update(JSON.stringify(request, sortKeys)).digest('hex');
}

function sortKeys(_: string, value: Json): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The run that this key has started; null: none. Asked before anything else of the request is, since what it would be
 * refused for now does not undo what it did. Throws AppError `pipelines.idempotency-mismatch`.
 */
export async function readRepeated(ctx: Pick<Ctx, 'database'>, claim: StartKey): Promise<string | null> {
  const known = await findLiveKey(ctx.database, claim, claim.at);
  if (known === null) return null;
  if (known.fingerprint !== claim.fingerprint || known.runId === null)
    throw new AppError('pipelines.idempotency-mismatch');
  return known.runId;
}

/** Removes in bounded steps what may be used again; answers how many. */
export async function removeExpiredKeys(ctx: Pick<Ctx, 'tx' | 'clock' | 'signal'>): Promise<number> {
  let removed = 0;
  for (;;) {
    const step = await ctx.tx((tx) => deleteExpiredKeys(tx, ctx.clock.now(), 5_000));
    removed += step;
    if (step < 5_000 || ctx.signal.aborted) return removed;
  }
}
