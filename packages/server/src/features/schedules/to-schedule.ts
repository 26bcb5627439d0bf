// Schedules and receipts as the API shows them.
import type { Receipt, Schedule } from '@gathering/contract/schedules';
import type { Ctx } from '../../ctx.ts';
import { type ReceiptRow, selectLatestReceipts } from './store/receipts.ts';
import { selectAlerts } from './store/scheduler.ts';
import type { ScheduleRow } from './store/schedules.ts';

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

export function toReceipt(row: ReceiptRow): Receipt {
  return {
    id: row.id,
    scheduleId: row.schedule_id,
    kind: row.kind,
    at: row.at.toISOString(),
    status: row.status,
    reason: row.reason,
    detail: row.detail,
    lateMs: row.late_ms,
    outcome: row.outcome,
    attempt: row.attempt,
    work: row.work_kind === null || row.work_id === null ? null : { kind: row.work_kind, id: row.work_id },
    endedAt: iso(row.ended_at),
  };
}

/** With the latest receipt and the open alerts of each: three queries for any number. */
export async function toSchedules(ctx: Pick<Ctx, 'database'>, rows: readonly ScheduleRow[]): Promise<Schedule[]> {
  const ids = rows.map(({ id }) => id);
  const latest = new Map((await selectLatestReceipts(ctx.database, ids)).map((row) => [row.schedule_id, row]));
  const alerts = Map.groupBy(await selectAlerts(ctx.database, ids), ({ schedule_id }) => schedule_id);
  return rows.map((row) => {
    const last = latest.get(row.id);
    return {
      id: row.id,
      name: row.name,
      description: row.description,
      projectId: row.project_id,
      state: row.state,
      ...row.spec,
      createdBy: row.created_by,
      actsFor: row.actor_id,
      runCount: row.run_count,
      nextAt: iso(row.next_instant),
      lastReceipt: last ? toReceipt(last) : null,
      openAlerts: (alerts.get(row.id) ?? []).map(({ message }) => message),
      revision: row.revision,
      createdAt: row.created_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
    };
  });
}
