// All SQL on events. Invariant: rows are handed to readers only below the horizon (the oldest transaction that still
// runs and could write events), in the order of (xid, id); whatever commits later comes after.
import type { EventType, GatheringEvent } from '@gathering/contract/events';
import type { Json } from '@gathering/contract/json';
import type { Guarded, Sight } from '../../ctx.ts';
import { type CursorParts, compareCursors, formatCursor } from '../../platform/cursor.ts';
import type { Database, Tx } from '../../platform/db/database.ts';
import { horizonText } from '../../platform/db/horizon.ts';

/** Columns of equal length, as one statement takes them. */
export interface EventRows {
  readonly types: string[];
  readonly subjects: string[];
  /** Array literals of names that need no quoting. */
  readonly related: string[];
  readonly payloads: string[];
  readonly ownerIds: (string | null)[];
  readonly projectIds: (string | null)[];
  readonly forOperators: boolean[];
}

export interface StoredEvent {
  readonly cursor: string;
  readonly event: GatheringEvent;
  /** Who may read it, beside the permission to read events at all. */
  readonly audience: Guarded;
}

interface EventRow {
  xid: string;
  id: string;
  type: EventType;
  subject: string;
  related: string[];
  actor: string | null;
  payload: Record<string, Json>;
  at: Date;
  ownerId: string | null;
  projectId: string | null;
  operators: boolean;
}

// Hot: one round trip however many rows. One statement with unnest beats a statement a row and a JSON list alike.
const insertStatesText = `
insert into event.events (type, subject, related, actor, payload, at, owner_id, project_id, for_operators)
select type, subject, related::text[], $8, payload::jsonb, $9, owner_id, project_id, for_operators
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::boolean[]) with ordinality
  as given (type, subject, related, payload, owner_id, project_id, for_operators, place)
order by place`;

const columnsOf = (rows: EventRows) => [
  rows.types,
  rows.subjects,
  rows.related,
  rows.payloads,
  rows.ownerIds,
  rows.projectIds,
  rows.forOperators,
];

export function insertStates(tx: Tx, rows: EventRows, actor: string, at: Date): Promise<unknown> {
  return tx.query(insertStatesText, [...columnsOf(rows), actor, at]);
}

// The row of event.signals is locked until the other transaction ends, so of two that store the same signal at the
// same moment the second finds the first one's, or, where that was rolled back, takes its place.
const insertSignalsText = `
with given as (
  select distinct on (key) key, type, subject, related, payload, owner_id, project_id, for_operators, place
  from (
    select encode(sha256(convert_to(type || ' ' || subject || ' ' || payload::jsonb::text, 'UTF8')), 'hex') as key,
      type, subject, related::text[] as related, payload::jsonb as payload, owner_id, project_id, for_operators, place
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::boolean[]) with ordinality
      as list (type, subject, related, payload, owner_id, project_id, for_operators, place)
  ) as keyed
  order by key, place
), fresh as (
  insert into event.signals as known (key, at)
  select key, $9::timestamptz from given order by key
  on conflict (key) do update set at = excluded.at
  where abs(extract(epoch from excluded.at - known.at)) * 1000 >= $10
  returning key
)
insert into event.events (type, subject, related, actor, payload, at, owner_id, project_id, for_operators)
select type, subject, related, $8, payload, $9, owner_id, project_id, for_operators
from given join fresh using (key) order by place`;

export function insertSignals(tx: Tx, rows: EventRows, actor: string, at: Date, windowMs: number): Promise<unknown> {
  return tx.query(insertSignalsText, [...columnsOf(rows), actor, at, windowMs]);
}

const selectPresentText = `
with ${horizonText}
select xid::text as xid, id::text as id from event.events
where xid < (select xid from horizon) order by event.events.xid desc, event.events.id desc limit 1`;

/** The position of the latest event that can be read now. */
export async function selectPresent(database: Database): Promise<string> {
  const { rows } = await database.query<CursorParts>(selectPresentText);
  return formatCursor(rows[0] ?? { xid: '0', id: '0' });
}

export interface EventPage {
  readonly events: StoredEvent[];
  /** Where to read on. Always the position of a row: a crash gives numbers of transactions without rows out again. */
  readonly cursor: string;
  /** There may be further rows that can be read already. */
  readonly more: boolean;
  /** Rows are stored beyond the horizon: they can be read as soon as older transactions end. */
  readonly waiting: boolean;
  /** The cursor asked for lies beyond what this database has ever reached. */
  readonly future: boolean;
}

// The horizon and the rows are of one statement, hence of one snapshot. Without rows the horizon's one comes alone.
const selectAfterText = `
with ${horizonText}
select $1::xid8 >= horizon.next as future, page.xid < horizon.xid as ready,
  page.xid::text as xid, page.id::text as id, page.type, page.subject, page.related, page.actor, page.payload, page.at,
  page.owner_id as "ownerId", page.project_id as "projectId", page.for_operators as operators
from horizon left join (
  select * from event.events where (xid, id) > ($1::xid8, $2::bigint) order by xid, id limit $3
) as page on true
order by page.xid, page.id`;

export async function selectAfter(database: Database, after: CursorParts, limit: number): Promise<EventPage> {
  const { rows } = await database.query<{ future: boolean; ready: boolean | null } & EventRow>(selectAfterText, [
    after.xid,
    after.id,
    limit,
  ]);
  const events = rows.filter(({ ready }) => ready).map(readRow);
  return {
    events,
    cursor: events.at(-1)?.cursor ?? formatCursor(after),
    more: events.length === limit,
    waiting: rows.some(({ ready }) => ready === false),
    future: rows[0]?.future === true,
  };
}

// As above, but that only some types are handed on; the position moves over the others as well, up to the latest row that
// can be read. One statement, hence one snapshot.
const selectTypesAfterText = `
with ${horizonText}, present as (
  select xid, id from event.events where xid < (select xid from horizon)
  order by event.events.xid desc, event.events.id desc limit 1
)
select $1::xid8 >= horizon.next as future, page.xid is not null as ready,
  present.xid::text as "presentXid", present.id::text as "presentId",
  page.xid::text as xid, page.id::text as id, page.type, page.subject, page.related, page.actor, page.payload, page.at,
  page.owner_id as "ownerId", page.project_id as "projectId", page.for_operators as operators
from horizon left join present on true left join (
  select * from event.events
  where (xid, id) > ($1::xid8, $2::bigint) and xid < (select xid from horizon) and type = any($4::text[])
  order by xid, id limit $3
) as page on true
order by page.xid, page.id`;

type PresentRow = { future: boolean; ready: boolean; presentXid: string | null; presentId: string | null };

export async function selectTypesAfter(
  database: Database,
  after: CursorParts,
  types: readonly string[],
  limit: number,
): Promise<Omit<EventPage, 'waiting'>> {
  const values = [after.xid, after.id, limit, types];
  const { rows } = await database.query<PresentRow & EventRow>(selectTypesAfterText, values);
  const events = rows.filter(({ ready }) => ready).map(readRow);
  const [first] = rows;
  const more = events.length === limit;
  const { presentXid: xid, presentId: id } = first ?? { presentXid: null, presentId: null };
  const present = xid === null || id === null ? null : formatCursor({ xid, id });
  const last = more ? (events.at(-1)?.cursor ?? null) : present;
  const start = formatCursor(after);
  const cursor = last !== null && compareCursors(last, start) > 0 ? last : start;
  return { events, cursor, more, future: first?.future === true };
}

export interface EventFilter {
  readonly types?: readonly string[];
  readonly subject?: string;
  readonly actor?: string;
}

/** Latest first, below `before`: what the reader may see. Also rows beyond the horizon: a list shows what is stored. */
export async function selectLatest(
  database: Database,
  sight: Sight,
  filter: EventFilter,
  before: CursorParts | null,
  limit: number,
): Promise<StoredEvent[]> {
  const { rows } = await database.query<EventRow>(
    `select xid::text as xid, id::text as id, type, subject, related, actor, payload, at,
       owner_id as "ownerId", project_id as "projectId", for_operators as operators
     from event.events
     where ($1::text[] is null or type = any($1)) and ($2::text is null or subject = $2) and ($3::text is null or actor = $3)
       and ($4::xid8 is null or (xid, id) < ($4::xid8, $5::bigint))
       and auth.may_see(owner_id, project_id, for_operators, $7, $8, $9)
     order by event.events.xid desc, event.events.id desc limit $6`,
    [
      filter.types ?? null,
      filter.subject ?? null,
      filter.actor ?? null,
      before?.xid ?? null,
      before?.id ?? null,
      limit,
      sight.userId,
      sight.projects,
      sight.isOperator,
    ],
  );
  return rows.map(readRow);
}

/** Removes the oldest of at most `limit` rows that are older. Rows lie in the order of time, so few are looked at. */
export async function deleteOldest(database: Database, olderThan: Date, limit: number): Promise<number> {
  const { rowCount } = await database.query(
    `with oldest as (select xid, id, at from event.events order by xid, id limit $2)
     delete from event.events as gone using oldest
     where gone.xid = oldest.xid and gone.id = oldest.id and oldest.at < $1`,
    [olderThan, limit],
  );
  return rowCount;
}

export async function deleteOldSignals(database: Database, olderThan: Date): Promise<void> {
  await database.query('delete from event.signals where at < $1', [olderThan]);
}

function readRow(row: EventRow): StoredEvent {
  const { xid, id, type, subject, related, actor, payload, at, ownerId, projectId, operators } = row;
  return {
    cursor: formatCursor({ xid, id }),
    event: { type, subject, related, at: at.toISOString(), actor, payload },
    audience: { ownerId, projectId, operators },
  };
}
