// SQL of what may start a run once.
import type { Database, Tx } from '../../../platform/db/database.ts';

export interface StartKey {
  /** Within which the key is looked at: `users/<id>`, `triggers/<id>/events`. */
  readonly scope: string;
  readonly key: string;
  /** Of the request, so that the same key for something else is found out. */
  readonly fingerprint: string;
  readonly at: Date;
  readonly expiresAt: Date;
}

export interface TakenKey {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly runId: string | null;
}

/**
 * Those that were free, or had expired. Waits for transactions that hold one of them; in a fixed order, so that two of
 * these never wait for each other.
 */
export async function insertStartKeys(
  tx: Tx,
  keys: readonly (StartKey & { readonly runId: string | null })[],
): Promise<{ scope: string; key: string }[]> {
  const { rows } = await tx.query<{ scope: string; key: string }>(
    `insert into pipeline.start_keys as known (scope, key, fingerprint, run_id, at, expires_at)
     select scope, key, fingerprint, run_id, at, expires_at
       from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])
         as k(scope, key, fingerprint, run_id, at, expires_at)
      order by scope, key
     on conflict (scope, key) do update
       set fingerprint = excluded.fingerprint, run_id = excluded.run_id, at = excluded.at, expires_at = excluded.expires_at
       where known.expires_at <= excluded.at
     returning scope, key`,
    [
      keys.map((one) => one.scope),
      keys.map((one) => one.key),
      keys.map((one) => one.fingerprint),
      keys.map((one) => one.runId),
      keys.map((one) => one.at),
      keys.map((one) => one.expiresAt),
    ],
  );
  return rows;
}

export async function findStartKeys(
  handle: Database | Tx,
  keys: readonly Pick<StartKey, 'scope' | 'key'>[],
): Promise<TakenKey[]> {
  if (keys.length === 0) return [];
  const { rows } = await handle.query<TakenKey>(
    `select scope, key, fingerprint, run_id as "runId" from pipeline.start_keys
       join unnest($1::text[], $2::text[]) as asked(scope, key) using (scope, key)`,
    [keys.map((one) => one.scope), keys.map((one) => one.key)],
  );
  return rows;
}

/** Null: it was not used, or so long ago that it may be used again. */
export async function findLiveKey(
  database: Database,
  { scope, key }: Pick<StartKey, 'scope' | 'key'>,
  now: Date,
): Promise<TakenKey | null> {
  const { rows } = await database.query<TakenKey>(
    `select scope, key, fingerprint, run_id as "runId" from pipeline.start_keys
      where scope = $1 and key = $2 and expires_at > $3`,
    [scope, key, now],
  );
  return rows[0] ?? null;
}

export async function deleteExpiredKeys(tx: Tx, now: Date, limit: number): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from pipeline.start_keys where (scope, key) in
       (select scope, key from pipeline.start_keys where expires_at <= $1 order by expires_at limit $2)`,
    [now, limit],
  );
  return rowCount;
}
