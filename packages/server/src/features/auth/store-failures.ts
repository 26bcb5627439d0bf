// All SQL on failed sign-ins and refused tokens.
import type { Tx } from '../../platform/db/database.ts';

export interface Attempt {
  readonly failures: number;
  /** Set when attempts are locked out now; this one was not counted then. */
  readonly lockedUntil: Date | null;
}

/** Counts an attempt, as failed until it is known better, and keeps its row locked until the transaction ends. */
export async function countAttempt(tx: Tx, key: string, now: Date, forgetBefore: Date): Promise<Attempt> {
  const { rows } = await tx.query<{ failures: number; lockedUntil: Date | null }>(
    `insert into auth.sign_in_failures as known (key, failures, last_at) values ($1, 1, $2)
     on conflict (key) do update set
       failures = case
         when known.locked_until > $2 then known.failures
         when known.last_at < $3 then 1
         else known.failures + 1
       end,
       last_at = case when known.locked_until > $2 then known.last_at else $2 end
     returning failures, case when locked_until > $2 then locked_until end as "lockedUntil"`,
    [key, now, forgetBefore],
  );
  return rows[0] ?? { failures: 0, lockedUntil: null };
}

export async function lockUntil(tx: Tx, key: string, until: Date): Promise<void> {
  await tx.query('update auth.sign_in_failures set locked_until = $2 where key = $1', [key, until]);
}

export async function forgetFailures(tx: Tx, key: string): Promise<void> {
  await tx.query('delete from auth.sign_in_failures where key = $1', [key]);
}

/** Takes one counted attempt back. */
export async function takeAttemptBack(tx: Tx, key: string): Promise<void> {
  await tx.query(
    'update auth.sign_in_failures set failures = greatest(failures - 1, 0), locked_until = null where key = $1',
    [key],
  );
}

/** What is old, and the oldest of what is more than `most`: whoever tries many names cannot fill the disk. */
export async function pruneFailures(tx: Tx, forgetBefore: Date, most: number): Promise<void> {
  await tx.query('delete from auth.sign_in_failures where last_at < $1', [forgetBefore]);
  await tx.query(
    `delete from auth.sign_in_failures where key in (
       select key from auth.sign_in_failures order by last_at desc offset $1
     )`,
    [most],
  );
}

/** More networks than these at once are not told apart any more: the oldest are forgotten. */
export const mostRefusalRows = 10_000;

/** False: of this key a refusal was written since `before`. */
export async function claimRefusal(tx: Tx, key: string, now: Date, before: Date): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into auth.token_refusals as known (key, at) values ($1, $2)
     on conflict (key) do update set at = excluded.at where known.at <= $3`,
    [key, now, before],
  );
  return rowCount > 0;
}

/** Those that keep nobody quiet any more, and the oldest of what is more than `mostRefusalRows`. */
export async function pruneRefusals(tx: Tx, before: Date): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from auth.token_refusals where at <= $1 or key in (
       select key from auth.token_refusals order by at desc offset $2
     )`,
    [before, mostRefusalRows],
  );
  return rowCount;
}
