// SQL on receipts: one for each instant, event and manual run.
import type { Permission } from '@gathering/contract/permissions';
import type { Receipt, SkipReason } from '@gathering/contract/schedules';
import type { Sight } from '../../../ctx.ts';
import type { Database, Tx } from '../../../platform/db/database.ts';

export type WorkKind = NonNullable<Receipt['work']>['kind'];

export interface ReceiptRow {
  readonly id: string;
  readonly schedule_id: string;
  readonly spec_id: string;
  readonly kind: Receipt['kind'];
  readonly at: Date;
  readonly due_at: Date;
  readonly event_cursor: string | null;
  readonly status: Receipt['status'];
  readonly reason: SkipReason | null;
  readonly detail: string | null;
  readonly late_ms: number | null;
  readonly outcome: Receipt['outcome'];
  readonly attempt: number;
  readonly retry_at: Date | null;
  readonly work_kind: WorkKind | null;
  readonly work_id: string | null;
  readonly actor_id: string;
  readonly scopes: readonly Permission[] | null;
  readonly ended_at: Date | null;
  readonly created_at: Date;
}

const columns = `r.id, r.schedule_id, r.spec_id, r.kind, r.at, r.due_at, r.event_cursor, r.status, r.reason, r.detail, r.late_ms,
  r.outcome, r.attempt, r.retry_at, r.work_kind, r.work_id, r.actor_id, r.scopes, r.ended_at, r.created_at`;

/** Answers how many were written: fewer than given where an instant or event had its receipt already. */
export async function insertReceipts(tx: Tx, rows: readonly ReceiptRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const { rowCount } = await tx.query(
    `insert into schedule.receipts (id, schedule_id, spec_id, kind, at, due_at, event_cursor, status, reason, detail, late_ms,
       outcome, attempt, retry_at, work_kind, work_id, actor_id, scopes, ended_at, created_at)
     select id, schedule_id, spec_id, kind, at, due_at, event_cursor, status, reason, detail, late_ms, outcome, attempt,
       retry_at, work_kind, work_id, actor_id, scopes, ended_at, created_at
     from jsonb_populate_recordset(null::schedule.receipts, $1::jsonb)
     on conflict do nothing`,
    [JSON.stringify(rows)],
  );
  return rowCount;
}

/** The receipt as it shall be from now on. */
export async function updateReceipt(tx: Tx, row: ReceiptRow): Promise<void> {
  await tx.query(
    `update schedule.receipts set status = $2, reason = $3, detail = $4, late_ms = $5, outcome = $6, attempt = $7,
       retry_at = $8, work_kind = $9, work_id = $10, ended_at = $11 where id = $1`,
    [
      ...[row.id, row.status, row.reason, row.detail, row.late_ms, row.outcome, row.attempt, row.retry_at],
      ...[row.work_kind, row.work_id, row.ended_at],
    ],
  );
}

export async function selectReceipt(handle: Database | Tx, id: string): Promise<ReceiptRow | null> {
  const { rows } = await handle.query<ReceiptRow>(`select ${columns} from schedule.receipts r where r.id = $1`, [id]);
  return rows[0] ?? null;
}

export async function lockReceipts(tx: Tx, ids: readonly string[]): Promise<ReceiptRow[]> {
  const { rows } = await tx.query<ReceiptRow>(
    `select ${columns} from schedule.receipts r where r.id = any($1::uuid[]) order by r.id for no key update`,
    [ids],
  );
  return rows;
}

/** Latest instant first. */
export async function selectReceipts(
  database: Database,
  scheduleId: string,
  filter: { before: { at: Date; id: string } | null; status: string | null; limit: number },
): Promise<ReceiptRow[]> {
  const { rows } = await database.query<ReceiptRow>(
    `select ${columns} from schedule.receipts r
     where r.schedule_id = $1 and ($2::timestamptz is null or (r.at, r.id) < ($2, $3::uuid)) and ($4::text is null or r.status = $4)
     order by r.at desc, r.id desc limit $5`,
    [scheduleId, filter.before?.at ?? null, filter.before?.id ?? null, filter.status, filter.limit],
  );
  return rows;
}

export async function selectLatestReceipts(database: Database, scheduleIds: readonly string[]): Promise<ReceiptRow[]> {
  const { rows } = await database.query<ReceiptRow>(
    `select ${columns} from unnest($1::uuid[]) as given (id) cross join lateral (
       select * from schedule.receipts r where r.schedule_id = given.id order by r.at desc, r.id desc limit 1) r`,
    [scheduleIds],
  );
  return rows;
}

/** Of the instants of a range; events and manual runs are not among them. */
export async function selectReceiptsOfInstants(
  handle: Database | Tx,
  scheduleId: string,
  from: Date,
  to: Date,
): Promise<ReceiptRow[]> {
  const { rows } = await handle.query<ReceiptRow>(
    `select ${columns} from schedule.receipts r
     where r.schedule_id = $1 and r.kind = 'instant' and r.at >= $2 and r.at < $3 order by r.at`,
    [scheduleId, from, to],
  );
  return rows;
}

/** Which of these instants have receipts. */
export async function selectAccounted(
  database: Database,
  scheduleIds: readonly string[],
  instants: readonly Date[],
): Promise<{ schedule_id: string; at: Date }[]> {
  const { rows } = await database.query<{ schedule_id: string; at: Date }>(
    `select r.schedule_id, r.at from unnest($1::uuid[], $2::timestamptz[]) as given (schedule_id, at)
     join schedule.receipts r on r.schedule_id = given.schedule_id and r.at = given.at and r.kind = 'instant'`,
    [scheduleIds, instants],
  );
  return rows;
}

/** Work of this schedule that goes on, or will be tried again. */
export async function selectActive(handle: Database | Tx, scheduleId: string): Promise<ReceiptRow[]> {
  const { rows } = await handle.query<ReceiptRow>(
    `select ${columns} from schedule.receipts r
     where r.schedule_id = $1 and r.outcome in ('running', 'retrying') order by r.at`,
    [scheduleId],
  );
  return rows;
}

export async function countQueued(tx: Tx, scheduleId: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    `select count(*)::int as count from schedule.receipts where schedule_id = $1 and status = 'queued'`,
    [scheduleId],
  );
  return rows[0]?.count ?? 0;
}

/** Fires of events since an instant. */
export async function countFiredEvents(tx: Tx, scheduleId: string, since: Date): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    `select count(*)::int as count from schedule.receipts
     where schedule_id = $1 and kind = 'event' and status <> 'skipped' and at >= $2`,
    [scheduleId, since],
  );
  return rows[0]?.count ?? 0;
}

export async function hasReceiptOfEvent(tx: Tx, scheduleId: string, cursor: string | null): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select 1 from schedule.receipts where schedule_id = $1 and event_cursor = $2 and kind = 'event'`,
    [scheduleId, cursor],
  );
  return rowCount > 0;
}

export async function isOwnWork(tx: Tx, scheduleId: string, workIds: readonly string[]): Promise<boolean> {
  const { rowCount } = await tx.query(
    'select 1 from schedule.receipts where work_id = any($2::uuid[]) and schedule_id = $1 limit 1',
    [scheduleId, workIds],
  );
  return rowCount > 0;
}

/** Of each schedule the one that has waited longest. */
export async function selectQueued(database: Database, limit: number): Promise<ReceiptRow[]> {
  const { rows } = await database.query<ReceiptRow>(
    `select distinct on (r.schedule_id) ${columns} from schedule.receipts r
     where r.status = 'queued' order by r.schedule_id, r.at limit $1`,
    [limit],
  );
  return rows;
}

export async function selectRetries(database: Database, now: Date, limit: number): Promise<ReceiptRow[]> {
  const { rows } = await database.query<ReceiptRow>(
    `select ${columns} from schedule.receipts r
     where r.outcome = 'retrying' and r.retry_at <= $1 order by r.retry_at limit $2`,
    [now, limit],
  );
  return rows;
}

/** Running work of one kind, by the id of its receipt, after one. */
export async function selectRunning(
  database: Database,
  kind: WorkKind,
  after: string | null,
  limit: number,
): Promise<ReceiptRow[]> {
  const { rows } = await database.query<ReceiptRow>(
    `select ${columns} from schedule.receipts r
     where r.outcome = 'running' and r.work_kind = $1 and ($2::uuid is null or r.id > $2) order by r.id limit $3`,
    [kind, after, limit],
  );
  return rows;
}

export interface CalendarRow extends ReceiptRow {
  readonly name: string;
  readonly more: number;
}

/** Receipts that the reader may see, of each schedule and day the first few, the last of them with the number of the rest. */
export async function selectCalendar(
  database: Database,
  { userId, projects, isOperator }: Sight,
  range: { from: Date; to: Date; zone: string; perDay: number; limit: number },
): Promise<CalendarRow[]> {
  const { rows } = await database.query<CalendarRow>(
    `select ${columns}, r.name, case when r.place = $7 then r.number - r.place else 0 end::int as more from (
       select r.*, s.name,
         row_number() over (partition by r.schedule_id, (r.at at time zone $6)::date order by r.at, r.id) as place,
         count(*) over (partition by r.schedule_id, (r.at at time zone $6)::date) as number
       from schedule.receipts r join schedule.schedules s on s.id = r.schedule_id
       where r.at >= $4 and r.at < $5
         and auth.may_see(case when s.project_id is null then s.owner_id end, s.project_id, s.project_id is null, $1, $2, $3)
     ) r where r.place <= $7 order by r.at, r.id limit $8`,
    [userId, projects, isOperator, range.from, range.to, range.zone, range.perDay, range.limit],
  );
  return rows;
}

/** Ended ones that were written before an instant. */
export async function deleteOldReceipts(tx: Tx, before: Date, limit: number): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from schedule.receipts where id in (
       select id from schedule.receipts
       where created_at < $1 and status <> 'queued' and (outcome is null or outcome not in ('running', 'retrying'))
       order by created_at limit $2 for update skip locked)`,
    [before, limit],
  );
  return rowCount;
}
