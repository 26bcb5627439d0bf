// Judges a schedule as a whole: every fault with its place. Pure, and the same in the form of the dashboard and on saving.
import { checkCron } from './cron.ts';
import type { Fault } from './errors.ts';
import { nextInstant } from './schedule-instants.ts';
import type { ScheduleSpec } from './schedule-timing.ts';
import { isZone } from './zones.ts';

const tenYearsSeconds = 315_360_000;

/** All faults of a schedule that has the right form, at the time `now`. An empty list: it will come due. */
export function checkSchedule(spec: ScheduleSpec, now: number): Fault[] {
  const faults = [...checkTiming(spec), ...checkBounds(spec), ...checkNumbers(spec), ...checkAddress(spec)];
  return faults.length > 0 ? faults : checkComes(spec, now);
}

function checkTiming({ timing }: ScheduleSpec): Fault[] {
  if (timing.kind === 'interval') {
    const { everySeconds } = timing;
    if (everySeconds >= 1 && everySeconds <= tenYearsSeconds && Number.isInteger(everySeconds * 1000)) return [];
    const message = 'An interval lasts from 1 second to 10 years, in whole milliseconds.';
    return [{ at: '/timing/everySeconds', rule: 'interval', message, got: String(everySeconds), example: '600' }];
  }
  if (timing.kind !== 'cron') return [];
  const faults = checkCron(timing.expression).map((fault): Fault => ({ at: '/timing/expression', ...fault }));
  if (isZone(timing.zone)) return faults;
  const message = 'There is no such time zone: name one of the IANA database.';
  return [...faults, { at: '/timing/zone', rule: 'zone', message, got: timing.zone, example: 'Europe/Berlin' }];
}

function checkBounds({ startAt, endAt }: ScheduleSpec): Fault[] {
  if (startAt === null || endAt === null || Date.parse(startAt) < Date.parse(endAt)) return [];
  return [{ at: '/endAt', rule: 'end-before-start', message: 'It ends before it starts.', got: endAt }];
}

type NumberField = 'maxCount' | 'jitterSeconds' | 'missedLimit' | 'missedAfterSeconds' | 'retries' | 'retrySeconds';
const ranges: Readonly<Record<NumberField, readonly [number, number, string]>> = {
  maxCount: [1, 1_000_000_000, 'The most that it runs'],
  jitterSeconds: [0, 3600, 'The jitter in seconds'],
  missedLimit: [1, 100, 'The most missed instants that are made up for'],
  missedAfterSeconds: [1, 86_400, 'The seconds after which an instant is missed'],
  retries: [0, 10, 'The number of retries'],
  retrySeconds: [1, 86_400, 'The pause before a retry in seconds'],
};

function checkNumbers(spec: ScheduleSpec): Fault[] {
  return Object.entries(ranges).flatMap(([field, [least, most, what]]): Fault[] => {
    const value = spec[field as NumberField];
    if (value === null || (Number.isInteger(value) && value >= least && value <= most)) return [];
    const message = `${what} must be a whole number from ${least} to ${most}.`;
    return [{ at: `/${field}`, rule: 'range', message, got: String(value), example: String(least) }];
  });
}

function checkAddress({ action }: ScheduleSpec): Fault[] {
  if (action.kind !== 'call_api') return [];
  const url = URL.canParse(action.url) ? new URL(action.url) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return [];
  const message = 'This is no address of a server: it begins with http:// or https://.';
  return [{ at: '/action/url', rule: 'url', message, example: 'https://example.org/hook' }];
}

/** What could never come due, or has all its instants behind it. */
function checkComes(spec: ScheduleSpec, now: number): Fault[] {
  const { timing, endAt } = spec;
  if (timing.kind === 'event') {
    if (endAt === null || Date.parse(endAt) > now) return [];
    return [{ at: '/endAt', rule: 'in-the-past', message: 'It would have ended already.', got: endAt }];
  }
  const timetable = timing.kind === 'interval' ? { ...spec, timing: anchor(spec, now) } : spec;
  if (nextInstant(timetable, now) !== null) return [];
  if (timing.kind === 'once')
    return [
      { at: '/timing/at', rule: 'in-the-past', message: 'This instant is over, or out of bounds.', got: timing.at },
    ];
  const message =
    timing.kind === 'cron' && nextInstant({ ...spec, startAt: null, endAt: null }, now) === null
      ? 'No day ever matches this expression: it would never come due.'
      : 'No instant of it lies between now, its start and its end: it would never come due.';
  return [{ at: timing.kind === 'cron' ? '/timing/expression' : '/endAt', rule: 'never-due', message }];
}

/** The interval with the point that its instants are counted from. */
export function anchor({ timing, startAt }: ScheduleSpec, now: number): ScheduleSpec['timing'] {
  if (timing.kind !== 'interval' || timing.anchorAt !== undefined) return timing;
  const anchorAt = startAt ?? new Date(now + timing.everySeconds * 1000).toISOString();
  return { ...timing, anchorAt };
}
