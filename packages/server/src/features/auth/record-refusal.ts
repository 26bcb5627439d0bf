// Writes to the audit that a token, cookie or key was refused, or a sign-in while it is locked out, at most once a minute for a
// network and a reason.
// Invariant: however many come, and on however many instances, the audit grows by one row a minute for each of them.
import type { Ctx, Ground } from '../../ctx.ts';
import { type BoundedMap, createBoundedMap } from '../../platform/bounded-map.ts';
import type { Database } from '../../platform/db/database.ts';
import { networkOf } from '../../platform/network-of.ts';
import { recordAudit } from '../audit/index.ts';
import { anonymousActor } from './authorize.ts';
import { addSeconds, type RefusalReason } from './rules.ts';
import { claimRefusal, mostRefusalRows, pruneRefusals } from './store-failures.ts';

const quietSeconds = 60;
/** When a row was written last, as far as this process knows: who comes again within the minute costs no statement. */
const writtenOf = new WeakMap<Database, BoundedMap<Date>>();

export async function recordRefusal(
  ports: Pick<Ground, 'database' | 'clock' | 'ids'>,
  { address, requestId }: { address: string | null; requestId: string | null },
  reason: RefusalReason,
): Promise<void> {
  const { database, clock, ids } = ports;
  const key = `${address === null ? 'unknown' : networkOf(address)} ${reason}`;
  const now = clock.now();
  const before = addSeconds(now, -quietSeconds);
  const written = writtenOf.get(database) ?? createBoundedMap<Date>(mostRefusalRows);
  writtenOf.set(database, written);
  const last = written.get(key);
  if (last !== undefined && last > before) return;
  const ctx: Pick<Ctx, 'clock' | 'ids' | 'actor' | 'requestId'> = {
    clock,
    ids,
    requestId,
    actor: anonymousActor(address),
  };
  await database.transaction(async (tx) => {
    if (!(await claimRefusal(tx, key, now, before))) return;
    await pruneRefusals(tx, before);
    await recordAudit(ctx, tx, { action: actionOf(reason), result: 'refused', details: { reason } });
  });
  written.set(key, now);
}

function actionOf(reason: RefusalReason): string {
  return reason === 'locked out' ? 'auth.sign-in' : 'auth.token-refused';
}
