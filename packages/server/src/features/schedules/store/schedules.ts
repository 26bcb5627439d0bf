// SQL on schedules and on what they said at each time.
import type { Permission } from '@gathering/contract/permissions';
import type { ScheduleSpec } from '@gathering/contract/schedule-timing';
import type { Sight } from '../../../ctx.ts';
import type { Database, Tx } from '../../../platform/db/database.ts';

export type ScheduleState = 'active' | 'paused' | 'ended';

export interface ScheduleRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly project_id: string | null;
  readonly created_by: string;
  readonly state: ScheduleState;
  readonly spec: ScheduleSpec;
  readonly actor_id: string;
  readonly revision: number;
  readonly run_count: number;
  readonly accounted_until: Date;
  readonly next_instant: Date | null;
  readonly next_at: Date | null;
  readonly watched_until: Date;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const columns = `s.id, s.name, s.description, s.project_id, s.created_by, s.state, s.spec, s.actor_id, s.revision, s.run_count,
  s.accounted_until, s.next_instant, s.next_at, s.watched_until, s.created_at, s.updated_at`;
const seenByReader =
  'auth.may_see(case when s.project_id is null then s.owner_id end, s.project_id, s.project_id is null, $1, $2, $3)';

export async function insertSchedule(tx: Tx, row: ScheduleRow): Promise<void> {
  await tx.query(
    `insert into schedule.schedules (id, name, description, project_id, created_by, state, spec, actor_id, revision,
       accounted_until, next_instant, next_at, watched_until, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      ...[row.id, row.name, row.description, row.project_id, row.created_by, row.state, JSON.stringify(row.spec)],
      ...[row.actor_id, row.revision, row.accounted_until, row.next_instant, row.next_at, row.watched_until],
      ...[row.created_at, row.updated_at],
    ],
  );
}

export async function selectSchedule(handle: Database | Tx, id: string): Promise<ScheduleRow | null> {
  const { rows } = await handle.query<ScheduleRow>(`select ${columns} from schedule.schedules s where s.id = $1`, [id]);
  return rows[0] ?? null;
}

/** Whoever fires, edits, pauses or removes it does so one after the other. */
export async function lockSchedule(tx: Tx, id: string): Promise<ScheduleRow | null> {
  const { rows } = await tx.query<ScheduleRow>(
    `select ${columns} from schedule.schedules s where s.id = $1 for no key update`,
    [id],
  );
  return rows[0] ?? null;
}

export async function countSchedules(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ count: number }>('select count(*)::int as count from schedule.schedules');
  return rows[0]?.count ?? 0;
}

/** Those that the reader may see, latest first. */
export async function selectSchedules(
  database: Database,
  { userId, projects, isOperator }: Sight,
  filter: { before: string | null; state: ScheduleState | null; limit: number },
): Promise<ScheduleRow[]> {
  const { rows } = await database.query<ScheduleRow>(
    `select ${columns} from schedule.schedules s
     where ${seenByReader} and ($4::uuid is null or s.id < $4) and ($5::text is null or s.state = $5)
     order by s.id desc limit $6`,
    [userId, projects, isOperator, filter.before, filter.state, filter.limit],
  );
  return rows;
}

export async function updateSchedule(tx: Tx, row: ScheduleRow): Promise<void> {
  await tx.query(
    `update schedule.schedules set name = $2, description = $3, project_id = $4, state = $5, spec = $6::jsonb, actor_id = $7,
       revision = $8, run_count = $9, accounted_until = $10, next_instant = $11, next_at = $12, updated_at = $13,
       claimed_until = null
     where id = $1`,
    [
      ...[row.id, row.name, row.description, row.project_id, row.state, JSON.stringify(row.spec), row.actor_id],
      ...[row.revision, row.run_count, row.accounted_until, row.next_instant, row.next_at, row.updated_at],
    ],
  );
}

export async function deleteSchedule(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from schedule.schedules where id = $1', [id]);
}

export interface SpecRow {
  readonly id: string;
  readonly schedule_id: string;
  readonly valid_from: Date;
  readonly state: ScheduleState;
  readonly spec: ScheduleSpec;
  readonly actor_id: string;
  readonly scopes: readonly Permission[] | null;
}

const specColumns = 'v.id, v.schedule_id, v.valid_from, v.state, v.spec, v.actor_id, v.scopes';

export async function insertSpec(tx: Tx, row: SpecRow): Promise<void> {
  await tx.query(
    `insert into schedule.schedule_specs (id, schedule_id, valid_from, state, spec, actor_id, scopes)
     values ($1, $2, $3, $4, $5::jsonb, $6, $7)`,
    [row.id, row.schedule_id, row.valid_from, row.state, JSON.stringify(row.spec), row.actor_id, row.scopes],
  );
}

/** What these schedules said from an instant on, in the order of time: the version valid then, and all after it. */
export async function selectSpecs(
  handle: Database | Tx,
  scheduleIds: readonly string[],
  from: readonly Date[],
): Promise<SpecRow[]> {
  const { rows } = await handle.query<SpecRow>(
    `select ${specColumns} from unnest($1::uuid[], $2::timestamptz[]) as given (schedule_id, since)
     join schedule.schedule_specs v on v.schedule_id = given.schedule_id and v.valid_from >= coalesce(
       (select max(p.valid_from) from schedule.schedule_specs p
         where p.schedule_id = given.schedule_id and p.valid_from <= given.since), '-infinity')
     order by v.schedule_id, v.valid_from, v.id`,
    [scheduleIds, from],
  );
  return rows;
}

export async function selectSpec(handle: Database | Tx, id: string): Promise<SpecRow | null> {
  const { rows } = await handle.query<SpecRow>(`select ${specColumns} from schedule.schedule_specs v where v.id = $1`, [
    id,
  ]);
  return rows[0] ?? null;
}

/** Takes up to `limit` schedules that are due, so that other clocks leave them alone until `until`. */
export async function claimDue(database: Database, now: Date, until: Date, limit: number): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `update schedule.schedules set claimed_until = $2
     where id in (
       select id from schedule.schedules
       where next_at <= $1 and (claimed_until is null or claimed_until <= $1)
       order by next_at limit $3 for no key update skip locked
     )
     returning id`,
    [now, until, limit],
  );
  return rows.map(({ id }) => id);
}

/** Schedules of events that have not ended. */
export async function selectOfEvents(handle: Database | Tx): Promise<ScheduleRow[]> {
  const { rows } = await handle.query<ScheduleRow>(
    `select ${columns} from schedule.schedules s where s.spec -> 'timing' ->> 'kind' = 'event' and s.state <> 'ended' order by s.id`,
  );
  return rows;
}

export interface WatchedRow {
  readonly id: string;
  readonly name: string;
  readonly created_by: string;
  readonly watched_until: Date;
}

/** By id, after one. */
export async function selectWatched(database: Database, after: string | null, limit: number): Promise<WatchedRow[]> {
  const { rows } = await database.query<WatchedRow>(
    `select id, name, created_by, watched_until from schedule.schedules where ($1::uuid is null or id > $1) order by id limit $2`,
    [after, limit],
  );
  return rows;
}

export async function updateWatched(tx: Tx, ids: readonly string[], until: readonly Date[]): Promise<void> {
  await tx.query(
    `update schedule.schedules s set watched_until = given.until
     from unnest($1::uuid[], $2::timestamptz[]) as given (id, until) where s.id = given.id and s.watched_until < given.until`,
    [ids, until],
  );
}

/** What was said before and is needed by nobody: followed by another version before the instant, and without receipts. */
export async function deleteOldSpecs(tx: Tx, before: Date, limit: number): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from schedule.schedule_specs where id in (
       select v.id from schedule.schedule_specs v
       where v.valid_from < $1
         and exists (select from schedule.schedule_specs n where n.schedule_id = v.schedule_id
           and n.valid_from < $1 and (n.valid_from, n.id) > (v.valid_from, v.id))
         and exists (select from schedule.schedules s where s.id = v.schedule_id and s.accounted_until >= $1)
         and not exists (select from schedule.receipts r where r.schedule_id = v.schedule_id and r.spec_id = v.id)
       limit $2)`,
    [before, limit],
  );
  return rowCount;
}
