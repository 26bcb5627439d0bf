// All SQL on API keys as their users see them. Keys arrive here as hashes.
import type { ApiKey } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { Database, Tx } from '../../platform/db/database.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: ApiKey['scopes'];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

export async function selectApiKeys(from: Reader, userId: string, limit: number): Promise<ApiKeyRow[]> {
  const { rows } = await from.query<ApiKeyRow>(
    `select id, name, prefix, scopes, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"
     from auth.api_keys where user_id = $1 order by id desc limit $2`,
    [userId, limit],
  );
  return rows;
}

/**
 * Whoever makes a key for a user holds this until its transaction ends, so that they can be counted. Throws AppError
 * `auth.required` where the user was deleted or disabled since the request began.
 */
export async function lockKeysOfUser(tx: Tx, userId: string): Promise<number> {
  const locked = await tx.query('select 1 from auth.users where id = $1 and disabled_at is null for no key update', [
    userId,
  ]);
  if (locked.rowCount === 0) throw new AppError('auth.required');
  const { rows } = await tx.query<{ count: number }>('select count(*) as count from auth.api_keys where user_id = $1', [
    userId,
  ]);
  return rows[0]?.count ?? 0;
}

export async function insertApiKey(
  tx: Tx,
  key: Omit<ApiKeyRow, 'lastUsedAt'> & { userId: string; keyHash: string },
): Promise<void> {
  await tx.query(
    `insert into auth.api_keys (id, user_id, name, prefix, key_hash, scopes, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [key.id, key.userId, key.name, key.prefix, key.keyHash, key.scopes, key.createdAt, key.expiresAt],
  );
}

export async function deleteApiKey(tx: Tx, userId: string, id: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from auth.api_keys where id = $1 and user_id = $2', [id, userId]);
  return rowCount > 0;
}

export async function deleteExpiredApiKeys(
  tx: Tx,
  now: Date,
  limit: number,
): Promise<{ id: string; userId: string }[]> {
  const { rows } = await tx.query<{ id: string; userId: string }>(
    `delete from auth.api_keys where id in (
       select id from auth.api_keys where expires_at <= $1 limit $2 for update skip locked
     ) returning id, user_id as "userId"`,
    [now, limit],
  );
  return rows;
}
