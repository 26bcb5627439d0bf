// SQL on the scheduler as a whole: its pauses, its watchdog, its place among the events, and the alerts that are open.
import type { Database, Tx } from '../../../platform/db/database.ts';

export interface PauseRow {
  readonly id: string;
  readonly started_at: Date;
  readonly started_by: string;
  readonly ended_at: Date | null;
}

/** `share`: nobody pauses or resumes until the transaction ends. `alone`: nobody fires either. */
export async function lockScheduler(tx: Tx, mode: 'share' | 'alone'): Promise<void> {
  if (mode === 'share') await tx.query('select single from schedule.scheduler for key share');
  else await tx.query('select single from schedule.scheduler for update');
}

/** Those that touch what lies after an instant. */
export async function selectPauses(handle: Database | Tx, since: Date): Promise<PauseRow[]> {
  const { rows } = await handle.query<PauseRow>(
    `select id, started_at, started_by, ended_at from schedule.pauses
     where ended_at is null or ended_at > $1 order by started_at`,
    [since],
  );
  return rows;
}

export async function selectOpenPause(handle: Database | Tx): Promise<PauseRow | null> {
  const { rows } = await handle.query<PauseRow>(
    'select id, started_at, started_by, ended_at from schedule.pauses where ended_at is null',
  );
  return rows[0] ?? null;
}

export async function insertPause(tx: Tx, id: string, at: Date, by: string): Promise<void> {
  await tx.query('insert into schedule.pauses (id, started_at, started_by) values ($1, $2, $3)', [id, at, by]);
}

export async function endPause(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.query('update schedule.pauses set ended_at = $2 where id = $1', [id, at]);
}

export async function deleteOldPauses(tx: Tx, before: Date): Promise<void> {
  await tx.query(
    `delete from schedule.pauses where ended_at < $1
       and not exists (select from schedule.schedules where next_at is not null and accounted_until < $1)`,
    [before],
  );
}

export interface Agenda {
  /** When the next schedule is due. */
  readonly next: Date | null;
  readonly retry: Date | null;
  readonly queued: boolean;
  readonly running: boolean;
  readonly event_cursor: string | null;
  readonly watched_at: Date | null;
}

/** What there is to do, by one look at a few indexes. */
export async function selectAgenda(database: Database): Promise<Agenda> {
  const { rows } = await database.query<Agenda>(
    `select (select min(next_at) from schedule.schedules where next_at is not null) as next,
       (select min(retry_at) from schedule.receipts where outcome = 'retrying') as retry,
       exists (select from schedule.receipts where status = 'queued') as queued,
       exists (select from schedule.receipts where outcome = 'running') as running,
       event_cursor, watched_at
     from schedule.progress`,
  );
  const nothing = { next: null, retry: null, queued: false, running: false, event_cursor: null, watched_at: null };
  return rows[0] ?? nothing;
}

/** True: this process watches now; nobody did since `before`. */
export async function takeWatch(database: Database, now: Date, before: Date): Promise<boolean> {
  const { rowCount } = await database.query(
    'update schedule.progress set watched_at = $1 where watched_at is null or watched_at <= $2',
    [now, before],
  );
  return rowCount > 0;
}

/** Events are read from here on, unless they are read already. */
export async function beginEvents(tx: Tx, cursor: string): Promise<void> {
  await tx.query('update schedule.progress set event_cursor = coalesce(event_cursor, $1)', [cursor]);
}

/** Undefined: another process has it. Null: nothing is to be read. */
export async function lockCursor(tx: Tx): Promise<string | null | undefined> {
  const { rows } = await tx.query<{ event_cursor: string | null }>(
    'select event_cursor from schedule.progress for no key update skip locked',
  );
  return rows[0]?.event_cursor;
}

export async function moveCursor(tx: Tx, cursor: string | null): Promise<void> {
  await tx.query('update schedule.progress set event_cursor = $1', [cursor]);
}

/** True: it was not open. */
export async function insertAlert(
  tx: Tx,
  scheduleId: string,
  problem: string,
  message: string,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into schedule.alerts (schedule_id, problem, message, opened_at) values ($1, $2, $3, $4) on conflict do nothing`,
    [scheduleId, problem, message, at],
  );
  return rowCount > 0;
}

export async function deleteAlerts(tx: Tx, scheduleIds: readonly string[], problems: readonly string[]): Promise<void> {
  await tx.query('delete from schedule.alerts where schedule_id = any($1::uuid[]) and problem = any($2::text[])', [
    scheduleIds,
    problems,
  ]);
}

export async function selectAlerts(
  database: Database,
  scheduleIds: readonly string[],
): Promise<{ schedule_id: string; message: string }[]> {
  const { rows } = await database.query<{ schedule_id: string; message: string }>(
    'select schedule_id, message from schedule.alerts where schedule_id = any($1::uuid[]) order by opened_at',
    [scheduleIds],
  );
  return rows;
}
