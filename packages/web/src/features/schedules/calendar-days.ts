// The days that a calendar shows. Days are dates of the reader's own clock, written YYYY-MM-DD.
import type { CalendarEntry } from '@gathering/contract/schedules';

export const calendarViews = ['month', 'week', 'agenda'] as const;
export type CalendarView = (typeof calendarViews)[number];

const two = (value: number): string => String(value).padStart(2, '0');

export function dayOf(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Its first moment. Days are counted by the calendar, since not all have 24 hours. */
export function startOfDay(day: string): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date);
}

export function addDays(day: string, count: number): string {
  const start = startOfDay(day);
  return dayOf(new Date(start.getFullYear(), start.getMonth(), start.getDate() + count));
}

const mondayOf = (day: string): string => addDays(day, -((startOfDay(day).getDay() + 6) % 7));

/** Every day that is shown: whole weeks around a month, a week, or four weeks from a day on. */
export function daysOf(view: CalendarView, day: string): string[] {
  if (view === 'agenda') return Array.from({ length: 28 }, (_, index) => addDays(day, index));
  const first = view === 'week' ? mondayOf(day) : mondayOf(`${day.slice(0, 7)}-01`);
  const count = view === 'week' ? 7 : 42;
  return Array.from({ length: count }, (_, index) => addDays(first, index));
}

/** The day that is asked for next, or before: `step` is 1 or -1. */
export function moveDay(view: CalendarView, day: string, step: number): string {
  if (view === 'agenda') return addDays(day, 28 * step);
  if (view === 'week') return addDays(day, 7 * step);
  const start = startOfDay(day);
  return dayOf(new Date(start.getFullYear(), start.getMonth() + step, 1));
}

export function titleOf(view: CalendarView, days: readonly string[], day: string): string {
  const write = (one: string, parts: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', parts).format(startOfDay(one));
  if (view === 'month') return write(day, { month: 'long', year: 'numeric' });
  const parts = { day: 'numeric', month: 'short', year: 'numeric' } as const;
  return `${write(days[0] ?? day, parts)} to ${write(days.at(-1) ?? day, parts)}`;
}

/** Of what a cell has no room for; `more` of an entry are those of its schedule that are not listed, -1: uncounted. */
export function wordsOfRest(rest: readonly Pick<CalendarEntry, 'more'>[]): string {
  if (rest.some(({ more }) => more < 0)) return 'and many more';
  return `and ${rest.reduce((sum, { more }) => sum + 1 + more, 0)} more`;
}
