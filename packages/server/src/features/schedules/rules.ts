// Pure decisions on what is due: run or skip, and why; when work that failed is tried again; how far everything is accounted.
import { dueAt, expectedInstants, type ScheduleVersion } from '@gathering/contract/schedule-instants';
import type { ScheduleSpec } from '@gathering/contract/schedule-timing';
import type { Receipt, SkipReason } from '@gathering/contract/schedules';

/** What a schedule said from an instant on, as a row has it. */
export interface SaidVersion {
  readonly id: string;
  readonly valid_from: Date;
  readonly state: 'active' | 'paused' | 'ended';
  readonly spec: ScheduleSpec;
}

export type Version<V extends SaidVersion> = ScheduleVersion & { readonly row: V };

export function versionsOf<V extends SaidVersion>(rows: readonly V[]): Version<V>[] {
  return rows.map((row) => ({
    validFrom: row.valid_from.getTime(),
    hasEnded: row.state === 'ended',
    timetable: row.spec,
    row,
  }));
}

export interface Due<V extends SaidVersion> {
  readonly at: number;
  readonly dueAt: number;
  readonly version: V;
}

/** The first instant that has no receipt, and when it is due; null: none comes. */
export function findNext<V extends SaidVersion>(
  scheduleId: string,
  rows: readonly V[],
  accountedUntil: number,
): Due<V> | null {
  const [first] = listDue(scheduleId, rows, accountedUntil, Number.POSITIVE_INFINITY, 1);
  return first ?? null;
}

/** Instants without receipts that are due, in their order, at most `limit`. */
export function listDue<V extends SaidVersion>(
  scheduleId: string,
  rows: readonly V[],
  accountedUntil: number,
  now: number,
  limit: number,
): Due<V>[] {
  const due: Due<V>[] = [];
  for (const { at, version } of expectedInstants(versionsOf(rows), accountedUntil, now + 1)) {
    const moment = dueAt(scheduleId, version.timetable, at);
    if (moment > now || due.length >= limit) break;
    due.push({ at, dueAt: moment, version: version.row });
    if (due.length === limit) break;
  }
  return due;
}

export interface Pause {
  readonly started_at: Date;
  readonly ended_at: Date | null;
}

/** Null: it runs. */
export type Decision = SkipReason | null;

const isWithin = (at: number, { started_at, ended_at }: Pause): boolean =>
  at >= started_at.getTime() && (ended_at === null || at < ended_at.getTime());

export function pauseReason(at: number, version: SaidVersion, pauses: readonly Pause[]): Decision {
  if (version.state === 'paused') return 'paused';
  return pauses.some((pause) => isWithin(at, pause)) ? 'scheduler-paused' : null;
}

/**
 * What becomes of instants that are due, given in their order and with at least 100 more behind those that matter, where
 * there are more. What is late runs; what is later than its schedule allows was missed, and its policy decides.
 */
export function decideDue<V extends SaidVersion>(
  due: readonly Due<V>[],
  now: number,
  pauses: readonly Pause[],
): Decision[] {
  const decisions: Decision[] = [];
  let missedBehind = 0;
  for (const { at, dueAt: moment, version } of due.toReversed()) {
    const { missedAfterSeconds } = version.spec;
    const paused = pauseReason(at, version, pauses);
    const isMissed = paused === null && now - moment > missedAfterSeconds * 1000;
    decisions.push(paused ?? (isMissed && missedBehind >= mostMadeUp(version.spec) ? 'missed' : null));
    if (isMissed) missedBehind += 1;
  }
  return decisions.toReversed();
}

/** For how many missed instants a policy makes up. */
function mostMadeUp({ missed, missedLimit }: ScheduleSpec): number {
  if (missed === 'all') return missedLimit;
  return missed === 'one' ? 1 : 0;
}

/** No policy makes up for more than this. */
export const mostMadeUpFor = 100;

const longestPauseMs = 86_400_000;

/** When work that failed at its `attempt`-th try is tried again; null: not any more. */
export function retryAt(spec: ScheduleSpec, attempt: number, now: number): Date | null {
  if (attempt > spec.retries) return null;
  return new Date(now + Math.min(longestPauseMs, spec.retrySeconds * 1000 * 2 ** (attempt - 1)));
}

/** How the end of a run reads on a receipt. */
export function outcomeOf(runStatus: string): NonNullable<Receipt['outcome']> {
  if (runStatus === 'completed' || runStatus === 'cancelled') return runStatus;
  return 'failed';
}

const reasonWords: Readonly<Partial<Record<SkipReason, string>>> = {
  'actor-gone': 'Whoever it acts for has no account here any more.',
  'actor-forbidden': 'Whoever it acts for may not do this any more.',
};

/** Why work cannot be started, in a sentence. */
export function wordsOf(reason: SkipReason, detail: string | null): string {
  return [reasonWords[reason], detail].filter((part) => part !== undefined && part !== null).join(' ');
}
