// All SQL on audit entries: they are added and read, nothing else.
import type { AuditEntry } from '@gathering/contract/audit';
import type { Json } from '@gathering/contract/json';
import type { Database, Tx } from '../../platform/db/database.ts';

type EntryRow = Omit<AuditEntry, 'at'> & { at: Date };

export async function insertEntry(
  tx: Tx,
  entry: EntryRow & { details: Readonly<Record<string, Json>> },
): Promise<void> {
  await tx.query(
    `insert into audit.entries (id, at, action, actor, address, object, result, details, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      entry.id,
      entry.at,
      entry.action,
      entry.actor,
      entry.address,
      entry.object,
      entry.result,
      JSON.stringify(entry.details),
      entry.requestId,
    ],
  );
}

/** Latest first, older than the entry `before`. */
export async function selectEntries(
  database: Database,
  { action, before, limit }: { action: string | undefined; before: string | undefined; limit: number },
): Promise<AuditEntry[]> {
  const { rows } = await database.query<EntryRow>(
    `select id, at, action, actor, address, object, result, details, request_id as "requestId"
     from audit.entries
     where ($1::text is null or action = $1) and ($2::uuid is null or id < $2)
     order by id desc limit $3`,
    [action ?? null, before ?? null, limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
