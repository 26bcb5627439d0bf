// The calendar: what became due in a range of time, with its receipt, and what will, of every schedule that one may see.
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import { nextInstant } from '@gathering/contract/schedule-instants';
import { type CalendarEntry, maxCalendarDays, type readCalendarRoute } from '@gathering/contract/schedules';
import { isZone, offsetAt } from '@gathering/contract/zones';
import { type Ctx, sightOf } from '../../ctx.ts';
import { selectCalendar } from './store/receipts.ts';
import { type ScheduleRow, selectSchedules } from './store/schedules.ts';
import { toReceipt } from './to-schedule.ts';

const dayMs = 86_400_000;
const mostEntries = 5_000;
const mostSchedules = 500;

interface Range {
  readonly from: Date;
  readonly to: Date;
  readonly zone: string;
  readonly perDay: number;
}

export async function readCalendar(
  ctx: Ctx,
  { query }: InputOf<typeof readCalendarRoute>,
): Promise<ReplyOf<typeof readCalendarRoute>> {
  const range = readRange(query);
  const sight = sightOf(ctx.actor);
  const past = await selectCalendar(ctx.database, sight, { ...range, limit: mostEntries + 1 });
  const items = past.slice(0, mostEntries).map(
    (row): CalendarEntry => ({
      ...{ scheduleId: row.schedule_id, name: row.name, at: row.at.toISOString(), more: row.more },
      receipt: toReceipt(row),
    }),
  );
  const filter = { before: null, state: null, limit: mostSchedules + 1 };
  const schedules = await selectSchedules(ctx.database, sight, filter);
  let truncated = past.length > mostEntries || schedules.length > mostSchedules;
  for (const row of schedules.slice(0, mostSchedules)) {
    if (row.state === 'ended') continue;
    items.push(...foresee(row, range, mostEntries - items.length));
    if (items.length >= mostEntries) truncated = true;
  }
  return { items: items.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)), truncated };
}

function readRange({ from, to, zone, perDay }: InputOf<typeof readCalendarRoute>['query']): Range {
  const range = { from: new Date(from), to: new Date(to), zone, perDay };
  const days = (range.to.getTime() - range.from.getTime()) / dayMs;
  const faults = [
    ...(days > 0 && days <= maxCalendarDays
      ? []
      : [{ at: '/to', rule: 'range', message: `The range must be one of up to ${maxCalendarDays} days.`, got: to }]),
    ...(isZone(zone) ? [] : [{ at: '/zone', rule: 'zone', message: 'There is no such time zone.', got: zone }]),
  ];
  if (faults.length > 0)
    throw new AppError('request.invalid', { faults: faults.map((fault) => ({ in: 'query' as const, ...fault })) });
  return range;
}

/** What is still to come, day by day; a day with many is shown by its first few. */
function foresee(row: ScheduleRow, { from, to, zone, perDay }: Range, room: number): CalendarEntry[] {
  const entries: CalendarEntry[] = [];
  let left = row.spec.maxCount === null ? Number.POSITIVE_INFINITY : row.spec.maxCount - row.run_count;
  const dayOf = (at: number) => Math.floor((at + offsetAt(zone, at)) / dayMs);
  let day = Number.NEGATIVE_INFINITY;
  let onDay = 0;
  let at = nextInstant(row.spec, Math.max(from.getTime(), row.accounted_until.getTime()) - 1);
  while (at !== null && at < to.getTime() && left > 0 && entries.length < room) {
    onDay = dayOf(at) === day ? onDay + 1 : 1;
    day = dayOf(at);
    left -= 1;
    entries.push({ scheduleId: row.id, name: row.name, at: new Date(at).toISOString(), more: 0, receipt: null });
    const next: number | null = nextInstant(row.spec, at);
    const last = entries.at(-1);
    if (onDay < perDay || next === null || dayOf(next) !== day || last === undefined) {
      at = next;
      continue;
    }
    entries[entries.length - 1] = { ...last, more: -1 };
    // On to the next day: an hour is taken off for a day that clocks make shorter.
    at = nextInstant(row.spec, (day + 1) * dayMs - offsetAt(zone, at) - 3_600_001);
    while (at !== null && dayOf(at) === day) at = nextInstant(row.spec, at);
  }
  return entries;
}
