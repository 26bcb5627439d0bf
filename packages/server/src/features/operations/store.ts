// All SQL on settings and on the database as a whole.
import type { Json } from '@gathering/contract/json';
import type { Database, Tx } from '../../platform/db/database.ts';
import { pendingMigrations } from '../../platform/db/migrate.ts';

export async function selectSettings(from: Pick<Database | Tx, 'query'>): Promise<Record<string, Json>> {
  const { rows } = await from.query<{ key: string; value: Json }>('select key, value from operation.settings');
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}

/** One change after the other, so that each sees what it changes. */
export async function lockSettings(tx: Tx): Promise<void> {
  await tx.query('lock table operation.settings in share row exclusive mode');
}

export async function upsertSetting(tx: Tx, key: string, value: Json, at: Date, by: string): Promise<void> {
  await tx.query(
    `insert into operation.settings (key, value, changed_at, changed_by) values ($1, $2::jsonb, $3, $4)
     on conflict (key) do update set value = excluded.value, changed_at = excluded.changed_at,
       changed_by = excluded.changed_by`,
    [key, JSON.stringify(value), at, by],
  );
}

export async function selectDatabaseBytes(database: Database): Promise<number> {
  const { rows } = await database.query<{ bytes: number }>('select pg_database_size(current_database()) as bytes');
  return rows[0]?.bytes ?? 0;
}

export async function touchDatabase(database: Database): Promise<void> {
  await database.query('select 1');
}

/** Names of the migrations of this program that the database does not have yet. */
export function selectPendingMigrations(database: Database, folder: string): Promise<string[]> {
  return pendingMigrations(database, folder);
}
