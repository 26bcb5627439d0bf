// All SQL on the chain over audit entries. Invariant: entries are sealed in the order of (xid, number), below the oldest
// transaction that still runs, so that whatever commits later stands behind the end of the chain.
import type { Database, Tx } from '../../platform/db/database.ts';
import { horizonText } from '../../platform/db/horizon.ts';
import type { EntryText } from './rules.ts';

/** The end of the chain. */
export interface ChainHead {
  readonly position: number;
  readonly hash: string;
  readonly xid: string;
  readonly number: string;
  readonly sealedAt: Date;
}

const headText = `
select position, encode(hash, 'hex') as hash, xid::text as xid, number::text as number, sealed_at as "sealedAt"
from audit.chain order by position desc limit 1`;

/** Undefined: nothing is sealed. */
export async function selectHead(from: Pick<Database | Tx, 'query'>): Promise<ChainHead | undefined> {
  return (await from.query<ChainHead>(headText)).rows[0];
}

/** Any number that no other use of advisory locks in this database takes: "seal" in ASCII. */
const sealLock = 0x73_65_61_6c;

/** False: another process seals. Held until the transaction ends, also when the process is killed. */
export async function lockChain(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [sealLock]);
  return rows[0]?.locked === true;
}

const entryColumns = `
  entries.id, to_char(entries.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, entries.action,
  entries.actor, entries.address, entries.object, entries.result, entries.details::text as details,
  entries.request_id as "requestId", entries.xid::text as xid, entries.number::text as number`;

const readyText = `
with ${horizonText}
select ${entryColumns}
from audit.entries as entries
where (entries.xid, entries.number) > ($1::xid8, $2::bigint) and entries.xid < (select xid from horizon)
order by entries.xid, entries.number limit $3`;

/** The entries behind the end of the chain that can be sealed now, in their order. */
export async function selectReady(tx: Tx, after: Place, limit: number): Promise<EntryText[]> {
  return (await tx.query<EntryText>(readyText, [after.xid, after.number, limit])).rows;
}

export interface Place {
  readonly xid: string;
  readonly number: string;
}
export const firstPlace: Place = { xid: '0', number: '0' };

export interface NewLink {
  readonly position: number;
  readonly entry: EntryText;
  readonly hash: string;
}

const insertText = `
insert into audit.chain (position, entry_id, xid, number, hash, sealed_at)
select position, entry_id, xid::xid8, number, decode(hash, 'hex'), $6
from unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::text[]) as given (position, entry_id, xid, number, hash)`;

export async function insertLinks(tx: Tx, links: readonly NewLink[], sealedAt: Date): Promise<void> {
  await tx.query(insertText, [
    links.map(({ position }) => position),
    links.map(({ entry }) => entry.id),
    links.map(({ entry }) => entry.xid),
    links.map(({ entry }) => entry.number),
    links.map(({ hash }) => hash),
    sealedAt,
  ]);
}

/** Whether anything stands behind the end of the chain; cheap, so that it can be asked often. */
export async function hasUnsealed(database: Database): Promise<boolean> {
  const { rows } = await database.query<{ found: boolean }>(
    `select exists (
       select from audit.entries
       where (xid, number) > (
         coalesce((select xid from audit.chain order by position desc limit 1), '0'::xid8),
         coalesce((select number from audit.chain order by position desc limit 1), 0)
       )
     ) as found`,
  );
  return rows[0]?.found === true;
}

export async function selectUnsealed(
  database: Database,
  after: Place,
): Promise<{ count: number; oldestAt: string | null }> {
  const { rows } = await database.query<{ count: number; oldest: Date | null }>(
    'select count(*) as count, min(at) as oldest from audit.entries where (xid, number) > ($1::xid8, $2::bigint)',
    [after.xid, after.number],
  );
  return { count: rows[0]?.count ?? 0, oldestAt: rows[0]?.oldest?.toISOString() ?? null };
}

/** A link as it is stored, with the entry that it names as that is stored; null: it is not there. */
export interface StoredLink {
  readonly position: number;
  readonly entryId: string;
  readonly linkXid: string;
  readonly linkNumber: string;
  readonly linkHash: string;
  /** In the form of an entry's `at`. */
  readonly sealedAt: string;
  readonly entry: EntryText | null;
}

const linksText = `
select chain.position, chain.entry_id as "entryId", chain.xid::text as "linkXid", chain.number::text as "linkNumber",
  encode(chain.hash, 'hex') as "linkHash",
  to_char(chain.sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "sealedAt", ${entryColumns}
from (select * from audit.chain where position > $1 order by position limit $2) as chain
left join audit.entries as entries on entries.id = chain.entry_id
order by chain.position`;

type LinkRow = Omit<StoredLink, 'entry'> & { [K in keyof EntryText]: EntryText[K] | null };

export async function selectLinks(database: Database, after: number, limit: number): Promise<StoredLink[]> {
  const { rows } = await database.query<LinkRow>(linksText, [after, limit]);
  return rows.map(({ position, entryId, linkXid, linkNumber, linkHash, sealedAt, ...entry }) => ({
    position,
    entryId,
    linkXid,
    linkNumber,
    linkHash,
    sealedAt,
    entry: entry.id === null ? null : (entry as EntryText),
  }));
}

export async function selectLink(
  database: Database,
  position: number,
): Promise<(Place & { readonly hash: string }) | undefined> {
  const { rows } = await database.query<Place & { hash: string }>(
    `select xid::text as xid, number::text as number, encode(hash, 'hex') as hash
     from audit.chain where position = $1`,
    [position],
  );
  return rows[0];
}

/** The first entry of a stretch, its end included, that no link names. */
export async function selectUnlinked(
  database: Database,
  after: Place,
  upTo: Place,
): Promise<(Place & { readonly id: string }) | undefined> {
  const { rows } = await database.query<Place & { id: string }>(
    `select id, xid::text as xid, number::text as number from audit.entries
     where (xid, number) > ($1::xid8, $2::bigint) and (xid, number) <= ($3::xid8, $4::bigint)
       and not exists (select from audit.chain where entry_id = id)
     order by audit.entries.xid, audit.entries.number limit 1`,
    [after.xid, after.number, upTo.xid, upTo.number],
  );
  return rows[0];
}
