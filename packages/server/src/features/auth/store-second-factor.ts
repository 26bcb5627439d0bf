// All SQL on second factors and recovery codes. The secret arrives here sealed, codes as hashes.
import type { Database, Tx } from '../../platform/db/database.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;

export interface SecondFactorRow {
  readonly sealedSecret: string;
  readonly createdAt: Date;
  /** Null: set up, not confirmed by a code yet. */
  readonly confirmedAt: Date | null;
}

export async function selectSecondFactor(from: Reader, userId: string): Promise<SecondFactorRow | undefined> {
  const { rows } = await from.query<SecondFactorRow>(
    `select sealed_secret as "sealedSecret", created_at as "createdAt", confirmed_at as "confirmedAt"
     from auth.second_factors where user_id = $1`,
    [userId],
  );
  return rows[0];
}

/** False where one is confirmed already; one that is not gives way. */
export async function replacePendingFactor(tx: Tx, userId: string, sealedSecret: string, now: Date): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into auth.second_factors as known (user_id, sealed_secret, created_at) values ($1, $2, $3)
     on conflict (user_id) do update set sealed_secret = excluded.sealed_secret, created_at = excluded.created_at
       where known.confirmed_at is null`,
    [userId, sealedSecret, now],
  );
  return rowCount > 0;
}

/** False where another request confirmed or replaced it meanwhile. */
export async function confirmFactor(
  tx: Tx,
  userId: string,
  sealedSecret: string,
  step: number,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update auth.second_factors set confirmed_at = $4, last_step = $3
     where user_id = $1 and sealed_secret = $2 and confirmed_at is null`,
    [userId, sealedSecret, step, now],
  );
  return rowCount > 0;
}

/** False where a code of this time step, or of a later one, was taken before. */
export async function takeStep(tx: Tx, userId: string, sealedSecret: string, step: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update auth.second_factors set last_step = $3
     where user_id = $1 and sealed_secret = $2 and confirmed_at is not null and last_step < $3`,
    [userId, sealedSecret, step],
  );
  return rowCount > 0;
}

/** False where it was never given or used before. */
export async function takeRecoveryCode(tx: Tx, userId: string, codeHash: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from auth.recovery_codes where user_id = $1 and code_hash = $2', [
    userId,
    codeHash,
  ]);
  return rowCount > 0;
}

export async function countRecoveryCodes(tx: Tx, userId: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    'select count(*) as count from auth.recovery_codes where user_id = $1',
    [userId],
  );
  return rows[0]?.count ?? 0;
}

export async function replaceRecoveryCodes(tx: Tx, userId: string, codeHashes: readonly string[]): Promise<void> {
  await tx.query('delete from auth.recovery_codes where user_id = $1', [userId]);
  await tx.query('insert into auth.recovery_codes (user_id, code_hash) select $1, unnest($2::text[])', [
    userId,
    [...codeHashes],
  ]);
}

/** With its recovery codes. False where there was none. */
export async function deleteSecondFactor(tx: Tx, userId: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from auth.second_factors where user_id = $1', [userId]);
  return rowCount > 0;
}
