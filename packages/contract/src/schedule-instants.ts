// Which instants a schedule expects: a pure function of what it says and of when it said it. The browser shows the next
// ones with it, the clock fires by it, and the watchdog compares its answer with the receipts.
import { nextCronInstant } from './cron.ts';
import type { ScheduleTiming } from './schedule-timing.ts';

export interface Timetable {
  readonly timing: ScheduleTiming;
  /** No instant before it. */
  readonly startAt: string | null;
  /** No instant after it. */
  readonly endAt: string | null;
  readonly jitterSeconds: number;
}

/** The first instant after `after`, in milliseconds; null: none comes. An event has no instants of its own. */
export function nextInstant(timetable: Timetable, after: number): number | null {
  const { timing, startAt, endAt } = timetable;
  const from = startAt === null ? after : Math.max(after, Date.parse(startAt) - 1);
  const next = nextOf(timing, startAt, from);
  return next === null || (endAt !== null && next > Date.parse(endAt)) ? null : next;
}

function nextOf(timing: ScheduleTiming, startAt: string | null, after: number): number | null {
  if (timing.kind === 'cron') return nextCronInstant(timing.expression, timing.zone, after);
  if (timing.kind === 'once') return Date.parse(timing.at) > after ? Date.parse(timing.at) : null;
  if (timing.kind === 'event') return null;
  // Counted from the anchor, never from the last instant: no drift.
  const everyMs = Math.round(timing.everySeconds * 1000);
  const anchor = timing.anchorAt ?? startAt;
  if (anchor === null || everyMs <= 0) return null;
  const first = Date.parse(anchor);
  return first + Math.max(0, Math.floor((after - first) / everyMs) + 1) * everyMs;
}

/** The next instants, at most so many. */
export function listNext(timetable: Timetable, after: number, count: number): number[] {
  const instants: number[] = [];
  for (let at = nextInstant(timetable, after); at !== null && instants.length < count; at = nextInstant(timetable, at))
    instants.push(at);
  return instants;
}

/**
 * When an instant is due: later by its share of the jitter, which is always the same for the same schedule and instant,
 * and never so late that it would come after the next instant.
 */
export function dueAt(scheduleId: string, timetable: Timetable, at: number): number {
  if (timetable.jitterSeconds <= 0) return at;
  const next = nextInstant(timetable, at);
  const room = Math.min(timetable.jitterSeconds * 1000, next === null ? Number.POSITIVE_INFINITY : next - at);
  return at + Math.floor(room * shareOf(`${scheduleId}:${at}`));
}

/** A number from 0 to below 1 out of a text, evenly spread: FNV-1a, mixed as in MurmurHash3. */
function shareOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** What a schedule said from an instant on, until the version after it. */
export interface ScheduleVersion {
  readonly validFrom: number;
  /** One that has ended expects nothing any more; one that is paused expects, and skips. */
  readonly hasEnded: boolean;
  readonly timetable: Timetable;
}

/** The instants from `from` to before `to`, each by the version that was valid at that instant. Versions in their order. */
export function* expectedInstants<V extends ScheduleVersion>(
  versions: readonly V[],
  from: number,
  to: number,
): Generator<{ readonly at: number; readonly version: V }> {
  for (const [index, version] of versions.entries()) {
    if (version.hasEnded) continue;
    const end = Math.min(to, versions[index + 1]?.validFrom ?? Number.POSITIVE_INFINITY);
    let at = nextInstant(version.timetable, Math.max(from, version.validFrom) - 1);
    while (at !== null && at < end) {
      yield { at, version };
      at = nextInstant(version.timetable, at);
    }
  }
}
