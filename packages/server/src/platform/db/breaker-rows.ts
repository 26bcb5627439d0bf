// The rows of circuit breakers. Every change is one guarded statement, so that of several instances one makes it.
import type { Database, Tx } from './handles.ts';

export interface BreakerRow {
  readonly target: string;
  readonly state: 'closed' | 'open';
  /** In a row, since the last success. */
  readonly failures: number;
  /** In a row; closed for a while, it begins anew. */
  readonly timesOpened: number;
  readonly lastError: string;
  readonly lastFailedAt: Date;
  readonly openedAt: Date | null;
  readonly opensUntil: Date | null;
  readonly closedAt: Date | null;
  readonly probeUntil: Date | null;
  readonly updatedAt: Date;
}

type From = Pick<Database | Tx, 'query'>;

const columns = `target, state, failures, times_opened as "timesOpened", last_error as "lastError",
  last_failed_at as "lastFailedAt", opened_at as "openedAt", opens_until as "opensUntil", closed_at as "closedAt",
  probe_until as "probeUntil", updated_at as "updatedAt"`;

/** Those that a call must know of: open, or failed lately. */
export async function selectTroubled(from: From, failedAfter: Date, limit: number): Promise<BreakerRow[]> {
  const { rows } = await from.query<BreakerRow>(
    `select ${columns} from breaker.breakers where state = 'open' or (failures > 0 and last_failed_at > $1)
     order by updated_at desc limit $2`,
    [failedAfter, limit],
  );
  return rows;
}

export async function selectBreaker(from: From, target: string): Promise<BreakerRow | undefined> {
  return (await from.query<BreakerRow>(`select ${columns} from breaker.breakers where target = $1`, [target])).rows[0];
}

/** Locked until the transaction ends. */
export async function lockBreaker(tx: Tx, target: string): Promise<BreakerRow | undefined> {
  const text = `select ${columns} from breaker.breakers where target = $1 for update`;
  return (await tx.query<BreakerRow>(text, [target])).rows[0];
}

/** One failure more, counted from the first where the last is older than `failedAfter`. Undefined: it is open already. */
export async function countFailure(
  tx: Tx,
  target: string,
  error: string,
  at: Date,
  failedAfter: Date,
): Promise<BreakerRow | undefined> {
  const { rows } = await tx.query<BreakerRow>(
    `insert into breaker.breakers as known (target, state, failures, times_opened, last_error, last_failed_at, updated_at)
     values ($1, 'closed', 1, 0, $2, $3, $3)
     on conflict (target) do update set
       failures = case when known.last_failed_at > $4 then known.failures + 1 else 1 end,
       last_error = excluded.last_error, last_failed_at = excluded.last_failed_at, updated_at = excluded.updated_at
       where known.state = 'closed'
     returning ${columns}`,
    [target, error, at, failedAfter],
  );
  return rows[0];
}

/** Undefined: there was nothing to forget. */
export async function clearFailures(from: From, target: string, at: Date): Promise<BreakerRow | undefined> {
  const { rows } = await from.query<BreakerRow>(
    `update breaker.breakers set failures = 0, updated_at = $2 where target = $1 and state = 'closed' and failures > 0
     returning ${columns}`,
    [target, at],
  );
  return rows[0];
}

export async function openBreaker(
  tx: Tx,
  target: string,
  { at, until, timesOpened, failures, error }: OpeningRow,
): Promise<BreakerRow | undefined> {
  const { rows } = await tx.query<BreakerRow>(
    `update breaker.breakers set state = 'open', opened_at = $2, opens_until = $3, times_opened = $4, failures = $5,
       last_error = $6, last_failed_at = $2, updated_at = $2, probe_id = null, probe_until = null
     where target = $1 returning ${columns}`,
    [target, at, until, timesOpened, failures, error],
  );
  return rows[0];
}

interface OpeningRow {
  readonly at: Date;
  readonly until: Date;
  readonly timesOpened: number;
  readonly failures: number;
  readonly error: string;
}

/** Whether this call is the probe: the time is over and no other one is under way. */
export async function claimProbe(
  from: From,
  target: string,
  probeId: string,
  at: Date,
  until: Date,
): Promise<BreakerRow | undefined> {
  const { rows } = await from.query<BreakerRow>(
    `update breaker.breakers set probe_id = $2, probe_until = $4, updated_at = $3
     where target = $1 and state = 'open' and opens_until <= $3 and (probe_until is null or probe_until <= $3)
     returning ${columns}`,
    [target, probeId, at, until],
  );
  return rows[0];
}

/** The row of a probe that nobody took over, locked until the transaction ends. */
export async function lockProbed(tx: Tx, target: string, probeId: string): Promise<BreakerRow | undefined> {
  const text = `select ${columns} from breaker.breakers where target = $1 and probe_id = $2 and state = 'open' for update`;
  return (await tx.query<BreakerRow>(text, [target, probeId])).rows[0];
}

/** The probe told nothing: the next call is one. */
export async function releaseProbe(from: From, target: string, probeId: string): Promise<BreakerRow | undefined> {
  const { rows } = await from.query<BreakerRow>(
    `update breaker.breakers set probe_id = null, probe_until = null where target = $1 and probe_id = $2
     returning ${columns}`,
    [target, probeId],
  );
  return rows[0];
}

/** `timesOpened`: 0 forgets how often it opened. */
export async function closeBreaker(tx: Tx, target: string, at: Date, timesOpened: number): Promise<BreakerRow> {
  const { rows } = await tx.query<BreakerRow>(
    `update breaker.breakers set state = 'closed', failures = 0, closed_at = $2, opens_until = null, times_opened = $3,
       probe_id = null, probe_until = null, updated_at = $2
     where target = $1 returning ${columns}`,
    [target, at, timesOpened],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`The breaker of ${target} is gone although it was locked.`);
  return row;
}

export interface BreakerFilter {
  readonly kinds: readonly string[];
  /** Null: all of them. */
  readonly state: 'closed' | 'open' | 'half-open' | null;
}

/** What changed last comes first, below a place in that order. */
export async function selectBreakers(
  database: Database,
  { kinds, state }: BreakerFilter,
  now: Date,
  before: { readonly at: Date; readonly target: string } | null,
  limit: number,
): Promise<BreakerRow[]> {
  const { rows } = await database.query<BreakerRow>(
    `select ${columns} from breaker.breakers
     where split_part(target, '/', 1) = any($1::text[])
       and ($2::text is null or $2 = case when state = 'open' and opens_until <= $3 then 'half-open' else state end)
       and ($4::timestamptz is null or (updated_at, target) < ($4, $5))
     order by updated_at desc, target desc limit $6`,
    [kinds, state, now, before?.at ?? null, before?.target ?? null, limit],
  );
  return rows;
}

export async function deleteUnusedBreakers(database: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await database.query(
    `delete from breaker.breakers where target in (
       select target from breaker.breakers where updated_at < $1 order by updated_at limit $2)`,
    [before, limit],
  );
  return rowCount;
}
