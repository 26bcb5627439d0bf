// Receipts whose work is still to be started: what waited for the end of earlier work, and what is tried again.
import type { Ctx, Tx } from '../../ctx.ts';
import { tellFired } from './account-due.ts';
import { settleActive } from './end-work.ts';
import { begin, refuse, skipped } from './fire.ts';
import { asRefusal, prepareWork, type Work, WorkRefused } from './prepare-work.ts';
import { lockReceipts, type ReceiptRow, selectQueued, selectRetries, updateReceipt } from './store/receipts.ts';
import { lockSchedule, selectSchedule, selectSpec } from './store/schedules.ts';

const mostAtOnce = 100;

/** Starts of each schedule what has waited longest, where nothing of it goes on. */
export async function startQueued(ctx: Ctx): Promise<number> {
  let started = 0;
  for (const row of await selectQueued(ctx.database, mostAtOnce)) {
    if (ctx.signal.aborted) break;
    const schedule = await selectSchedule(ctx.database, row.schedule_id);
    if (schedule === null) continue;
    const active = await ctx.tx((tx) => settleActive(ctx, tx, schedule));
    if (active.length === 0 && (await continueReceipt(ctx, row))) started += 1;
  }
  return started;
}

export async function startRetries(ctx: Ctx): Promise<number> {
  let started = 0;
  for (const row of await selectRetries(ctx.database, ctx.clock.now(), mostAtOnce)) {
    if (ctx.signal.aborted) break;
    if (await continueReceipt(ctx, row)) started += 1;
  }
  return started;
}

/** True: it has its work, or is refused it, by now. */
async function continueReceipt(ctx: Ctx, row: ReceiptRow): Promise<boolean> {
  const schedule = await selectSchedule(ctx.database, row.schedule_id);
  const version = await selectSpec(ctx.database, row.spec_id);
  if (schedule === null || version === null) return false;
  let work: Work | WorkRefused;
  try {
    work = await prepareWork(ctx, row, version.spec, schedule.project_id);
  } catch (error) {
    if (!(error instanceof WorkRefused)) throw error;
    work = error;
  }
  try {
    return await ctx.tx((tx) => writeContinued(ctx, tx, row, work));
  } catch (error) {
    const refusal = asRefusal(error);
    if (!(refusal instanceof WorkRefused)) throw error;
    return ctx.tx((tx) => writeContinued(ctx, tx, row, refusal));
  }
}

async function writeContinued(ctx: Ctx, tx: Tx, before: ReceiptRow, work: Work | WorkRefused): Promise<boolean> {
  const schedule = await lockSchedule(tx, before.schedule_id);
  const [row] = await lockReceipts(tx, [before.id]);
  if (!schedule || row?.status !== before.status || row.outcome !== before.outcome || row.attempt !== before.attempt)
    return false;
  // Another process may have started one in the meantime.
  if (row.status === 'queued' && (await settleActive(ctx, tx, schedule)).length > 0) return false;
  const after = await continued(ctx, tx, schedule, row, work);
  await updateReceipt(tx, after);
  await tellFired(ctx, tx, schedule, [after]);
  return true;
}

async function continued(
  ctx: Ctx,
  tx: Tx,
  schedule: Parameters<typeof begin>[2],
  row: ReceiptRow,
  work: Work | WorkRefused,
): Promise<ReceiptRow> {
  if (!(work instanceof WorkRefused)) return begin(ctx, tx, schedule, row, work);
  const refused = await refuse(ctx, tx, schedule, row, work);
  if (row.status === 'queued') return skipped(refused, work.reason, work.message);
  // It ran, and failed; only the further try is refused.
  return { ...row, outcome: 'failed', retry_at: null, detail: work.message, ended_at: ctx.clock.now() };
}
