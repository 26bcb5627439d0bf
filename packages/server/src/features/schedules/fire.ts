// One thing that came due and what becomes of it: started, queued or skipped. Works in the transaction that holds the lock
// of the schedule, so that fires of one schedule follow each other.
import type { Receipt, SkipReason } from '@gathering/contract/schedules';
import type { Ctx, Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { closeAlerts, raiseAlert } from './alerts.ts';
import { settleActive } from './end-work.ts';
import { type Work, WorkRefused } from './prepare-work.ts';
import { countQueued, type ReceiptRow, updateReceipt } from './store/receipts.ts';
import type { ScheduleRow, SpecRow } from './store/schedules.ts';

/** What came due: an instant, an event, or somebody's wish. */
export interface Occasion {
  readonly kind: Receipt['kind'];
  readonly at: Date;
  readonly dueAt: Date;
  readonly eventCursor: string | null;
}

export const mostQueued = 100;

/** A receipt that says nothing yet. */
export function blankReceipt(ctx: Ctx, schedule: ScheduleRow, version: SpecRow, occasion: Occasion): ReceiptRow {
  return {
    id: ctx.ids.next(),
    schedule_id: schedule.id,
    spec_id: version.id,
    kind: occasion.kind,
    at: occasion.at,
    due_at: occasion.dueAt,
    event_cursor: occasion.eventCursor,
    status: 'skipped',
    reason: null,
    detail: null,
    late_ms: null,
    outcome: null,
    attempt: 0,
    retry_at: null,
    work_kind: null,
    work_id: null,
    actor_id: version.actor_id,
    scopes: version.scopes,
    ended_at: null,
    created_at: ctx.clock.now(),
  };
}

export const skipped = (row: ReceiptRow, reason: SkipReason, detail: string | null = null): ReceiptRow => ({
  ...row,
  status: 'skipped',
  reason,
  detail,
});

/** The receipt of an occasion whose work was prepared or refused; its work is started unless the overlap policy forbids. */
export async function fire(
  ctx: Ctx,
  tx: Tx,
  schedule: ScheduleRow,
  version: SpecRow,
  occasion: Occasion,
  work: Work | WorkRefused,
): Promise<ReceiptRow> {
  const receipt = blankReceipt(ctx, schedule, version, occasion);
  if (work instanceof WorkRefused) return refuse(ctx, tx, schedule, receipt, work);
  const { overlap } = version.spec;
  if (overlap !== 'allow' && occasion.kind !== 'manual') {
    const active = await settleActive(ctx, tx, schedule);
    const waiting = overlap === 'queue' ? await countQueued(tx, schedule.id) : 0;
    if (overlap === 'skip' && active.length > 0) return skipped(receipt, 'overlap');
    if (overlap === 'cancel-previous') await cancelWithin(ctx, tx, active);
    if (overlap === 'queue' && active.length + waiting > 0)
      return waiting >= mostQueued ? skipped(receipt, 'queue-full') : { ...receipt, status: 'queued' };
  }
  return begin(ctx, tx, schedule, receipt, work);
}

/** Starts the work of a receipt. */
export async function begin(
  ctx: Ctx,
  tx: Tx,
  schedule: ScheduleRow,
  receipt: ReceiptRow,
  work: Work,
): Promise<ReceiptRow> {
  const { kind, id, outcome } = await work.start(tx, receipt.id);
  const now = ctx.clock.now();
  const action = receipt.kind === 'manual' ? 'schedules.run' : 'schedules.fire';
  const details = { at: receipt.at.toISOString(), work: `${kind}s/${id}`, attempt: receipt.attempt + 1 };
  void recordAudit(work.ctx, tx, { action, object: `schedules/${schedule.id}`, details });
  await closeAlerts(tx, [schedule.id], outcome === 'completed' ? ['refused', 'failed'] : ['refused']);
  return {
    ...receipt,
    status: 'run',
    reason: null,
    late_ms: receipt.late_ms ?? Math.max(0, Math.min(2 ** 31 - 1, now.getTime() - receipt.due_at.getTime())),
    outcome,
    attempt: receipt.attempt + 1,
    retry_at: null,
    work_kind: kind,
    work_id: id,
    ended_at: outcome === 'completed' ? now : null,
  };
}

export async function refuse(
  ctx: Ctx,
  tx: Tx,
  schedule: ScheduleRow,
  receipt: ReceiptRow,
  { reason, message }: WorkRefused,
): Promise<ReceiptRow> {
  await raiseAlert(ctx, tx, schedule, 'refused', message);
  return skipped(receipt, reason, message);
}

/** Runs and tasks were cancelled before the transaction; calls and retries that wait are cancelled in it. */
async function cancelWithin(ctx: Ctx, tx: Tx, active: readonly ReceiptRow[]): Promise<void> {
  const calls = active.filter((row) => row.work_kind === 'call' && row.outcome === 'running');
  const jobIds = calls.flatMap(({ work_id }) => (work_id === null ? [] : [work_id]));
  if (jobIds.length > 0) await ctx.queue.cancel(tx, 'schedules.call-api', jobIds);
  for (const row of active) {
    if (row.outcome === 'retrying' || row.work_kind === 'call')
      await updateReceipt(tx, { ...row, outcome: 'cancelled', retry_at: null, ended_at: ctx.clock.now() });
  }
}
