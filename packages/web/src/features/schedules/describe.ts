// Schedules in words: when one comes due, what it does, what became of an instant.
import type { ScheduleAction, ScheduleTiming } from '@gathering/contract/schedule-timing';
import type { Receipt, SkipReason } from '@gathering/contract/schedules';
import { formatDuration, formatExact } from '../../lib/format.ts';

const units = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const;

/** `every 10 minutes`, in the largest unit that fits. */
export function describeInterval(seconds: number): string {
  const [size, unit] = units.find(([one]) => seconds >= one && seconds % one === 0) ?? [1, 'second'];
  const count = seconds / size;
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;
}

export function describeTiming(timing: ScheduleTiming): string {
  if (timing.kind === 'cron') return `${timing.expression} (${timing.zone})`;
  if (timing.kind === 'interval') return describeInterval(timing.everySeconds);
  if (timing.kind === 'once') return `once, ${formatExact(timing.at)}`;
  return `at each ${timing.eventType}${timing.subject === undefined ? '' : ` about ${timing.subject}`}`;
}

export const actionWords: Readonly<Record<ScheduleAction['kind'], string>> = {
  execute_pipeline: 'Run a pipeline',
  run_task: 'Give an agent a goal',
  send_notification: 'Send a notification',
  call_api: 'Call an API',
};

export const missedWords = { skip: 'Skip them', one: 'Run the latest one', all: 'Run all, up to a number' } as const;
export const overlapWords = {
  skip: 'Skip the new one',
  queue: 'Wait for its end',
  'cancel-previous': 'Cancel what goes on',
  allow: 'Run beside it',
} as const;

const reasonWords: Readonly<Record<SkipReason, string>> = {
  paused: 'the schedule was paused',
  'scheduler-paused': 'all schedules were paused',
  missed: 'missed, and its policy makes up for less',
  overlap: 'earlier work still went on',
  'queue-full': 'too many waited already',
  'too-many': 'too many events in a minute',
  'own-event': 'the event came from its own run',
  'actor-gone': 'whoever it acts for is gone',
  'actor-forbidden': 'whoever it acts for may not do this any more',
  refused: 'its work could not be started',
};

/** The state that a badge shows: of the work where there is some, else of the receipt. */
export function stateOf(receipt: Receipt | null): string {
  if (receipt === null) return 'planned';
  return receipt.outcome ?? receipt.status;
}

/** What there is to add to the state. */
export function describeReceipt({ status, reason, detail, lateMs, attempt }: Receipt): string {
  if (status === 'skipped') return [reason && reasonWords[reason], detail].filter(Boolean).join(': ');
  if (status === 'queued') return 'waits for the end of earlier work';
  const late = lateMs !== null && lateMs >= 1000 ? `${formatDuration(lateMs)} late` : 'on time';
  return [late, attempt > 1 && `attempt ${attempt}`, detail].filter(Boolean).join(', ');
}

export function linkOfWork({ work }: Receipt): string | null {
  return work?.kind === 'run' ? `/runs/${work.id}` : null;
}
