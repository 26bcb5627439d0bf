// What the end of a fire's work means for its receipt: done, tried again after a pause, or failed, which somebody is told.
import type { Ctx, Tx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { emitEvent } from '../events/index.ts';
import { readRunStatuses } from '../pipelines/index.ts';
import { closeAlerts, raiseAlert } from './alerts.ts';
import { guardOfSchedule } from './guard.ts';
import { outcomeOf, retryAt } from './rules.ts';
import { lockReceipts, type ReceiptRow, selectActive, selectRunning, updateReceipt } from './store/receipts.ts';
import { type ScheduleRow, selectSchedule, selectSpec } from './store/schedules.ts';
import { taskStarter } from './task-starter.ts';

export interface WorkEnd {
  readonly receiptId: string;
  /** The work that ended: if the receipt has other work by now, nothing changes. */
  readonly workId: string;
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  readonly detail: string | null;
  readonly endedAt: Date;
}

const isOver = (row: ReceiptRow, { workId }: WorkEnd): boolean => row.outcome === 'running' && row.work_id === workId;

/** In the caller's transaction; an end that was written already changes nothing. */
export async function writeEnds(ctx: Ctx, tx: Tx, ends: readonly WorkEnd[]): Promise<void> {
  const byId = new Map(ends.map((end) => [end.receiptId, end]));
  for (const row of await lockReceipts(tx, [...byId.keys()])) {
    const end = byId.get(row.id);
    const schedule = await selectSchedule(tx, row.schedule_id);
    if (end && schedule && isOver(row, end)) await writeEnd(ctx, tx, schedule, row, end);
  }
}

async function writeEnd(ctx: Ctx, tx: Tx, schedule: ScheduleRow, row: ReceiptRow, end: WorkEnd): Promise<ReceiptRow> {
  const spec = (await selectSpec(tx, row.spec_id))?.spec ?? schedule.spec;
  const retry = end.outcome === 'failed' ? retryAt(spec, row.attempt, ctx.clock.now().getTime()) : null;
  const ended: ReceiptRow = {
    ...row,
    outcome: retry === null ? end.outcome : 'retrying',
    retry_at: retry,
    detail: end.detail ?? row.detail,
    ended_at: retry === null ? end.endedAt : null,
  };
  await updateReceipt(tx, ended);
  // A run that failed is told of by its pipeline.
  if (ended.outcome === 'failed' && row.work_kind === 'call')
    await raiseAlert(ctx, tx, schedule, 'failed', end.detail ?? 'Its call failed.');
  if (ended.outcome === 'completed') await closeAlerts(tx, [schedule.id], ['failed']);
  await emitEvent(ctx, tx, {
    type: 'schedules.work-ended',
    subject: `schedules/${schedule.id}`,
    payload: { receiptId: row.id, outcome: ended.outcome },
    audience: guardOfSchedule(schedule),
  });
  return ended;
}

/** How the work of those of these receipts ended that has. */
async function findEnds(ctx: Ctx, handle: Database | Tx, rows: readonly ReceiptRow[]): Promise<WorkEnd[]> {
  const idsOf = (kind: string) => rows.flatMap((row) => (row.work_kind === kind && row.work_id ? [row.work_id] : []));
  const runs = await readRunStatuses(handle, idsOf('run'));
  const tasks = await taskStarter()?.readEnds?.(handle, idsOf('task'));
  const now = ctx.clock.now();
  return rows.flatMap(({ id: receiptId, work_kind: kind, work_id: workId }): WorkEnd[] => {
    if (workId === null || kind === null) return [];
    if (kind === 'task') {
      const task = tasks === undefined ? { outcome: 'completed' as const, endedAt: now } : tasks.get(workId);
      return task ? [{ receiptId, workId, outcome: task.outcome, detail: null, endedAt: task.endedAt ?? now }] : [];
    }
    if (kind !== 'run') return [];
    const run = runs.get(workId);
    // A run that was removed is old; how it ended is not known any more.
    if (run === undefined)
      return [{ receiptId, workId, outcome: 'cancelled', detail: 'It was removed.', endedAt: now }];
    if (run.endedAt === null) return [];
    const outcome = outcomeOf(run.status) as WorkEnd['outcome'];
    return [{ receiptId, workId, outcome, detail: null, endedAt: run.endedAt }];
  });
}

const pageSize = 200;

/** Writes down what ended since. Any number of processes may do so at once. */
export async function noteEnds(ctx: Ctx): Promise<number> {
  let noted = 0;
  for (const kind of ['run', 'task'] as const) {
    let after: string | null = null;
    while (!ctx.signal.aborted) {
      const rows: ReceiptRow[] = await selectRunning(ctx.database, kind, after, pageSize);
      const ends = await findEnds(ctx, ctx.database, rows);
      if (ends.length > 0) await ctx.tx((tx) => writeEnds(ctx, tx, ends));
      noted += ends.length;
      after = rows.at(-1)?.id ?? null;
      if (rows.length < pageSize) break;
    }
  }
  return noted;
}

/** Work of the schedule that goes on in truth at this moment; what has ended is written down on the way. */
export async function settleActive(ctx: Ctx, tx: Tx, schedule: ScheduleRow): Promise<ReceiptRow[]> {
  const rows = await selectActive(tx, schedule.id);
  const ends = await findEnds(
    ctx,
    tx,
    rows.filter(({ outcome }) => outcome === 'running'),
  );
  if (ends.length === 0) return rows;
  await writeEnds(ctx, tx, ends);
  return selectActive(tx, schedule.id);
}
