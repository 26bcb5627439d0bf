// Writes who did what, in the transaction of what was done.
import type { AuditEntry } from '@gathering/contract/audit';
import type { Json } from '@gathering/contract/json';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { insertEntries } from './store.ts';
import { announceRecorded } from './wake.ts';

export interface AuditRecord {
  /** `<feature>.<verb>-<noun>`. */
  readonly action: string;
  /** What it was done to, as `<kind>/<id>`. */
  readonly object?: string;
  /** `done` unless given. */
  readonly result?: AuditEntry['result'];
  /** Small facts for whoever reads the record later; never a secret. */
  readonly details?: Readonly<Record<string, Json>>;
}

export type AuditCtx = Pick<Ctx, 'clock' | 'ids' | 'actor' | 'requestId'>;

/** Exists if and only if the transaction commits. Need not be awaited: when it fails, the transaction fails. */
export function recordAudit(ctx: AuditCtx, tx: Tx, record: AuditRecord): Promise<void> {
  return recordAudits(tx, [{ ctx, ...record }]);
}

/** The same for many at once, each with the context of whoever did it. */
export function recordAudits(tx: Tx, records: readonly (AuditRecord & { readonly ctx: AuditCtx })[]): Promise<void> {
  if (records.length === 0) return Promise.resolve();
  const done = insertEntries(
    tx,
    records.map(({ ctx, action, object, result, details }) => ({
      id: ctx.ids.next(),
      at: ctx.clock.now(),
      action,
      actor: actorName(ctx.actor),
      address: ctx.actor.address,
      object: object ?? null,
      result: result ?? 'done',
      details: details ?? {},
      requestId: ctx.requestId,
    })),
  );
  tx.afterCommit(announceRecorded);
  // Whoever does not await this hears of the failure from the transaction, which cannot commit any more.
  done.catch(() => undefined);
  return done;
}
