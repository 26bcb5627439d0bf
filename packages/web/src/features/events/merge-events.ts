// Brings together the stored events and those that arrived since: each once, the latest first. Pure.
import type { GatheringEvent } from '@gathering/contract/events';

export interface LoggedEvent {
  readonly cursor: string;
  readonly event: GatheringEvent;
}

export interface EventFilter {
  readonly feature: string | null;
  readonly type: string | null;
  readonly subject: string | null;
}

export function fits({ event }: LoggedEvent, filter: EventFilter): boolean {
  return (
    (filter.feature === null || event.type.startsWith(`${filter.feature}.`)) &&
    (filter.type === null || event.type === filter.type) &&
    (filter.subject === null || event.subject === filter.subject)
  );
}

/** Cursors are `<number>-<number>`, in commit order. */
export function compareCursors(a: string, b: string): number {
  const [aFirst = '0', aSecond = '0'] = a.split('-');
  const [bFirst = '0', bSecond = '0'] = b.split('-');
  const first = BigInt(aFirst) - BigInt(bFirst);
  const difference = first === 0n ? BigInt(aSecond) - BigInt(bSecond) : first;
  return Number(difference > 0n) - Number(difference < 0n);
}

export function mergeEvents(
  arrived: readonly LoggedEvent[],
  stored: readonly LoggedEvent[],
  filter: EventFilter,
): LoggedEvent[] {
  const known = new Set(stored.map((one) => one.cursor));
  const fresh = arrived.filter((one) => !known.has(one.cursor) && fits(one, filter));
  return [...fresh, ...stored].sort((a, b) => compareCursors(b.cursor, a.cursor));
}
