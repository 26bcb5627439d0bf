// Schedules of events: reads stored events from a cursor that all clocks share. Events may be read more than once; the
// receipt of a schedule and an event is unique, so each is answered once.
import type { GatheringEvent } from '@gathering/contract/events';
import type { ScheduleSpec } from '@gathering/contract/schedule-timing';
import type { SkipReason } from '@gathering/contract/schedules';
import type { Ctx, Guarded, Tx } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { readEventsAfter } from '../events/index.ts';
import { prepare, tellFired, writeProgress } from './account-due.ts';
import { blankReceipt, fire, type Occasion, skipped } from './fire.ts';
import { actForSchedule, asRefusal, type Work, WorkRefused } from './prepare-work.ts';
import { pauseReason } from './rules.ts';
import { countFiredEvents, hasReceiptOfEvent, insertReceipts, isOwnWork } from './store/receipts.ts';
import { lockCursor, lockScheduler, moveCursor, selectPauses } from './store/scheduler.ts';
import { lockSchedule, type ScheduleRow, type SpecRow, selectOfEvents, selectSpecs } from './store/schedules.ts';

const pageSize = 500;
/** A schedule of events answers so many in a minute at most: a circle of events must not run away. */
export const mostEventsAMinute = 60;

interface StoredEvent {
  readonly cursor: string;
  readonly event: GatheringEvent;
  readonly audience: Guarded;
}

/** Answers what was stored since. True: there may be more to read now. */
export async function reactToEvents(ctx: Ctx, cursor: string): Promise<boolean> {
  const schedules = await selectOfEvents(ctx.database);
  if (schedules.length === 0) {
    await stopReading(ctx, cursor);
    return false;
  }
  const page = await readEventsAfter(ctx.database, cursor, pageSize);
  for (const stored of page.events) {
    for (const schedule of schedules) {
      if (ctx.signal.aborted) return false;
      if (fits(schedule.spec, stored.event)) await answerEvent(ctx, schedule, stored);
    }
  }
  if (page.cursor === cursor) return false;
  await ctx.tx(async (tx) => {
    // Another clock may be further already.
    if ((await lockCursor(tx)) === cursor) await moveCursor(tx, page.cursor);
  });
  return page.more;
}

/** Nobody waits for events any more: the next one who does begins at its present. */
async function stopReading(ctx: Ctx, cursor: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const isSame = (await lockCursor(tx)) === cursor;
    // Asked behind the lock: whoever makes such a schedule takes it too.
    if (isSame && (await selectOfEvents(tx)).length === 0) await moveCursor(tx, null);
  });
}

export function fits({ timing }: ScheduleSpec, event: Pick<GatheringEvent, 'type' | 'subject' | 'payload'>): boolean {
  if (timing.kind !== 'event' || timing.eventType !== event.type) return false;
  if (timing.subject !== undefined && timing.subject !== event.subject) return false;
  return Object.entries(timing.payload ?? {}).every(([key, value]) => event.payload[key] === value);
}

async function answerEvent(ctx: Ctx, schedule: ScheduleRow, { cursor, event, audience }: StoredEvent): Promise<void> {
  const at = new Date(event.at);
  const version = (await selectSpecs(ctx.database, [schedule.id], [at])).findLast(({ valid_from }) => valid_from <= at);
  // Of the time before it said so, or of no concern to it then.
  if (version === undefined || version.state === 'ended' || !fits(version.spec, event)) return;
  if (!isOpenAt(version.spec, at)) return;
  if (!(await maySee(ctx, version, schedule, audience))) return;
  const occasion: Occasion = { kind: 'event', at, dueAt: at, eventCursor: cursor };
  const own = [event.subject, ...event.related].flatMap((name) =>
    name.startsWith('runs/') && isId(name.slice(5)) ? [name.slice(5)] : [],
  );
  const work = version.state === 'paused' ? new WorkRefused('paused', null) : await prepare(ctx, schedule, version);
  const commit = (outcome: Work | WorkRefused) =>
    ctx.tx((tx) => commitEvent(ctx, tx, schedule.id, version, occasion, own, outcome));
  try {
    await commit(work);
  } catch (error) {
    const refusal = asRefusal(error);
    if (!(refusal instanceof WorkRefused)) throw error;
    await commit(refusal);
  }
}

const isOpenAt = ({ startAt, endAt }: ScheduleSpec, at: Date): boolean =>
  (startAt === null || at >= new Date(startAt)) && (endAt === null || at <= new Date(endAt));

/** An event that whoever it acts for may not read does not exist for their schedule. One that they are gone for is told. */
async function maySee(ctx: Ctx, version: SpecRow, schedule: ScheduleRow, audience: Guarded): Promise<boolean> {
  try {
    const acting = await actForSchedule(ctx, version, version.spec.action.kind, schedule.project_id);
    return acting.may('events.read', audience);
  } catch (error) {
    if (error instanceof WorkRefused) return true;
    throw error;
  }
}

async function commitEvent(
  ctx: Ctx,
  tx: Tx,
  scheduleId: string,
  version: SpecRow,
  occasion: Occasion,
  own: readonly string[],
  work: Work | WorkRefused,
): Promise<void> {
  await lockScheduler(tx, 'share');
  const row = await lockSchedule(tx, scheduleId);
  if (row === null || row.state === 'ended') return;
  // Behind the lock: whoever comes second with the same event starts nothing.
  if (await hasReceiptOfEvent(tx, row.id, occasion.eventCursor)) return;
  const reason = await findReason(tx, row, version, occasion.at, own);
  const receipt =
    reason !== null
      ? skipped(blankReceipt(ctx, row, version, occasion), reason)
      : await fire(ctx, tx, row, version, occasion, work);
  if ((await insertReceipts(tx, [receipt])) !== 1) throw new Error('An event had its receipt already.');
  const runCount = row.run_count + (receipt.status === 'skipped' ? 0 : 1);
  await writeProgress(ctx, tx, { ...row, run_count: runCount }, [version], new Date(occasion.at.getTime() + 1));
  await tellFired(ctx, tx, row, [receipt]);
}

async function findReason(
  tx: Tx,
  row: ScheduleRow,
  version: SpecRow,
  at: Date,
  own: readonly string[],
): Promise<SkipReason | null> {
  const paused = pauseReason(at.getTime(), version, await selectPauses(tx, at));
  if (paused !== null) return paused;
  if (own.length > 0 && (await isOwnWork(tx, row.id, own))) return 'own-event';
  const recent = await countFiredEvents(tx, row.id, new Date(at.getTime() - 60_000));
  return recent >= mostEventsAMinute ? 'too-many' : null;
}
