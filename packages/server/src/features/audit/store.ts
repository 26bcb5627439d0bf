// All SQL on audit entries: they are added and read, nothing else. The chain over them is in store-chain.ts.
import type { AuditEntry, AuditFilter } from '@gathering/contract/audit';
import type { Json } from '@gathering/contract/json';
import type { Database, Tx } from '../../platform/db/database.ts';

export type NewEntry = Omit<AuditEntry, 'at' | 'details' | 'position' | 'hash'> & {
  readonly at: Date;
  readonly details: Readonly<Record<string, Json>>;
};

/** One statement however many. */
export async function insertEntries(tx: Tx, entries: readonly NewEntry[]): Promise<void> {
  await tx.query(
    `insert into audit.entries (id, at, action, actor, address, object, result, details, request_id)
     select id, at, action, actor, address, object, result, details, request_id
       from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::text[])
         as e(id, at, action, actor, address, object, result, details, request_id)`,
    [
      entries.map((entry) => entry.id),
      entries.map((entry) => entry.at),
      entries.map((entry) => entry.action),
      entries.map((entry) => entry.actor),
      entries.map((entry) => entry.address),
      entries.map((entry) => entry.object),
      entries.map((entry) => entry.result),
      entries.map((entry) => JSON.stringify(entry.details)),
      entries.map((entry) => entry.requestId),
    ],
  );
}

/** A place in a list by time. */
export interface EntryPlace {
  readonly at: Date;
  readonly id: string;
}

// A filter that is null is left out when the statement is planned, so each uses its own index.
const filterText = `
  ($1::text is null or action = $1) and ($2::text is null or actor = $2) and ($3::text is null or object = $3)
  and ($4::text is null or result = $4)
  and at >= coalesce($5::timestamptz, '-infinity') and at < coalesce($6::timestamptz, 'infinity')`;

const latestText = `
select id, at, action, actor, address, object, result, details, request_id as "requestId",
  chain.position, encode(chain.hash, 'hex') as hash
from (
  select * from audit.entries
  where ${filterText} and ($7::timestamptz is null or (at, id) < ($7, $8::uuid))
  order by at desc, id desc limit $9
) as entries left join audit.chain as chain on chain.entry_id = id
order by at desc, id desc`;

/** Latest first, before a place. */
export async function selectEntries(
  database: Database,
  filter: AuditFilter,
  before: EntryPlace | null,
  limit: number,
): Promise<AuditEntry[]> {
  const { rows } = await database.query<Omit<AuditEntry, 'at'> & { at: Date }>(latestText, [
    ...valuesOf(filter),
    before?.at ?? null,
    before?.id ?? null,
    limit,
  ]);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

/** An entry with the very texts that its hash is made of. */
export interface ExportRow extends Omit<AuditEntry, 'at' | 'details'> {
  readonly at: Date;
  readonly detailsText: string;
  readonly sealedAt: Date | null;
  readonly xid: string;
  readonly number: string;
}

const exportText = `
select id, at, action, actor, address, object, result, details::text as "detailsText", request_id as "requestId",
  chain.position, encode(chain.hash, 'hex') as hash, chain.sealed_at as "sealedAt",
  entries.xid::text as xid, entries.number::text as number
from (
  select * from audit.entries
  where ${filterText} and ($7::timestamptz is null or (at, id) > ($7, $8::uuid))
  order by at, id limit $9
) as entries left join audit.chain as chain on chain.entry_id = id
order by at, id`;

/** Earliest first, after a place. */
export async function selectForExport(
  database: Database,
  filter: AuditFilter,
  after: EntryPlace | null,
  limit: number,
): Promise<ExportRow[]> {
  const values = [...valuesOf(filter), after?.at ?? null, after?.id ?? null, limit];
  return (await database.query<ExportRow>(exportText, values)).rows;
}

function valuesOf({ action, actor, object, result, from, to }: AuditFilter): (string | Date | null)[] {
  // As dates: the database reads no year 0 in a text.
  const [begin, end] = [from, to].map((text) => (text === undefined ? null : new Date(text)));
  return [action ?? null, actor ?? null, object ?? null, result ?? null, begin ?? null, end ?? null];
}
