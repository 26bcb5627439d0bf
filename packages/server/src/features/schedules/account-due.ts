// Accounts for what is due of one schedule: every instant gets its receipt, and what is to run is started with it in one
// transaction. Any number of clocks may do this at once: the lock and `accounted_until` let one of them through.
import { AppError } from '@gathering/contract/errors';
import type { Ctx, Tx } from '../../ctx.ts';
import { emitEvent } from '../events/index.ts';
import { cancelRun } from '../pipelines/index.ts';
import { blankReceipt, fire, type Occasion, skipped } from './fire.ts';
import { guardOfSchedule } from './guard.ts';
import { asRefusal, prepareWork, type Work, WorkRefused } from './prepare-work.ts';
import { type Due, decideDue, findNext, listDue, mostMadeUpFor } from './rules.ts';
import { insertReceipts, type ReceiptRow, selectActive } from './store/receipts.ts';
import { lockScheduler, selectPauses } from './store/scheduler.ts';
import {
  insertSpec,
  lockSchedule,
  type ScheduleRow,
  type SpecRow,
  selectSchedule,
  selectSpecs,
  updateSchedule,
} from './store/schedules.ts';
import { taskStarter } from './task-starter.ts';

const batchSize = 300;

type DueInstant = Due<SpecRow>;

/** True: there may be more to account for now. */
export async function accountDue(ctx: Ctx, scheduleId: string): Promise<boolean> {
  const schedule = await selectSchedule(ctx.database, scheduleId);
  if (schedule === null) return false;
  const { accounted_until: since } = schedule;
  const versions = await selectSpecs(ctx.database, [scheduleId], [since]);
  const now = ctx.clock.now().getTime();
  const due = listDue(scheduleId, versions, since.getTime(), now, batchSize + mostMadeUpFor);
  const pauses = await selectPauses(ctx.database, since);
  const firstRun = decideDue(due, now, pauses).slice(0, batchSize).indexOf(null);
  const taken = due.slice(0, firstRun === -1 ? batchSize : firstRun + 1);
  const toFire = firstRun === -1 ? null : due[firstRun];
  const work = toFire ? await prepare(ctx, schedule, toFire.version) : null;
  const account = { schedule, versions, due, taken, now };
  try {
    await ctx.tx((tx) => commitAccount(ctx, tx, account, work));
  } catch (error) {
    // What only the start itself could find out.
    const refusal = asRefusal(error);
    if (!(refusal instanceof WorkRefused)) throw error;
    await ctx.tx((tx) => commitAccount(ctx, tx, account, refusal));
  }
  return taken.length > 0;
}

interface Account {
  readonly schedule: ScheduleRow;
  readonly versions: readonly SpecRow[];
  /** All that is due, to decide by. */
  readonly due: readonly DueInstant[];
  /** The first of them, which get their receipts now; only the last one runs. */
  readonly taken: readonly DueInstant[];
  readonly now: number;
}

/** The work, or why there is none. Whatever the overlap policy cancels is cancelled before. */
export async function prepare(ctx: Ctx, schedule: ScheduleRow, version: SpecRow): Promise<Work | WorkRefused> {
  try {
    const work = await prepareWork(ctx, version, version.spec, schedule.project_id);
    if (version.spec.overlap === 'cancel-previous') await cancelActive(ctx, work.ctx, schedule.id);
    return work;
  } catch (error) {
    if (error instanceof WorkRefused) return error;
    throw error;
  }
}

async function cancelActive(ctx: Ctx, acting: Ctx, scheduleId: string): Promise<void> {
  for (const { work_kind: kind, work_id: id, outcome } of await selectActive(ctx.database, scheduleId)) {
    if (id === null || outcome !== 'running') continue;
    if (kind === 'task') await taskStarter()?.cancel?.(acting, id);
    if (kind !== 'run') continue;
    try {
      await cancelRun(acting, id);
    } catch (error) {
      // It ended by itself, or was removed: just as well.
      if (!(error instanceof AppError)) throw error;
    }
  }
}

async function commitAccount(ctx: Ctx, tx: Tx, account: Account, work: Work | WorkRefused | null): Promise<void> {
  const { schedule, versions, due, taken, now } = account;
  await lockScheduler(tx, 'share');
  const row = await lockSchedule(tx, schedule.id);
  // Somebody else has accounted for it, or changed it, since it was read.
  if (row === null || row.revision !== schedule.revision) return;
  if (row.accounted_until.getTime() !== schedule.accounted_until.getTime()) return;
  const decisions = decideDue(due, now, await selectPauses(tx, row.accounted_until));
  const receipts: ReceiptRow[] = [];
  for (const [index, one] of taken.entries()) {
    const occasion = occasionOf(one);
    const reason = decisions[index] ?? null;
    if (reason !== null) receipts.push(skipped(blankReceipt(ctx, row, one.version, occasion), reason));
    else if (work !== null) receipts.push(await fire(ctx, tx, row, one.version, occasion, work));
    else throw new Error('An instant is to run that no work was prepared for.');
  }
  if ((await insertReceipts(tx, receipts)) !== receipts.length) throw new Error('An instant had its receipt already.');
  const last = taken.at(-1);
  const accountedUntil = last === undefined ? row.accounted_until : new Date(last.at + 1);
  const runCount = row.run_count + receipts.filter(({ status }) => status !== 'skipped').length;
  await writeProgress(ctx, tx, { ...row, run_count: runCount, accounted_until: accountedUntil }, versions);
  await tellFired(ctx, tx, row, receipts);
}

const occasionOf = ({ at, dueAt }: DueInstant): Occasion => ({
  kind: 'instant',
  at: new Date(at),
  dueAt: new Date(dueAt),
  eventCursor: null,
});

/** Saves how far it is accounted for, and ends what has run as often as it may or has no instant left. */
export async function writeProgress(
  ctx: Ctx,
  tx: Tx,
  row: ScheduleRow,
  versions: readonly SpecRow[],
  endsFrom: Date = row.accounted_until,
): Promise<void> {
  const { maxCount, timing } = row.spec;
  const latest = versions.at(-1);
  const isSpent = maxCount !== null && row.run_count >= maxCount && row.state !== 'ended';
  const known = [...versions];
  if (isSpent && latest) {
    const ended: SpecRow = { ...latest, id: ctx.ids.next(), state: 'ended', valid_from: endsFrom };
    await insertSpec(tx, ended);
    known.push(ended);
  }
  const next = findNext(row.id, known, row.accounted_until.getTime());
  const hasEnded = isSpent || (next === null && timing.kind !== 'event');
  await updateSchedule(tx, {
    ...row,
    state: hasEnded ? 'ended' : row.state,
    next_instant: next === null ? null : new Date(next.at),
    next_at: next === null ? null : new Date(next.dueAt),
  });
}

/** One event for all that was written at once: pages look at the receipts themselves. */
export async function tellFired(
  ctx: Ctx,
  tx: Tx,
  schedule: ScheduleRow,
  receipts: readonly ReceiptRow[],
): Promise<void> {
  const last = receipts.at(-1);
  if (last === undefined) return;
  const { id: receiptId, kind, status, reason, work_kind: workKind, work_id: workId } = last;
  await emitEvent(ctx, tx, {
    type: 'schedules.fired',
    subject: `schedules/${schedule.id}`,
    related: workKind === 'run' && workId !== null ? [`runs/${workId}`] : [],
    payload: { receiptId, kind, status, reason, at: last.at.toISOString(), receipts: receipts.length },
    audience: guardOfSchedule(schedule),
  });
}
