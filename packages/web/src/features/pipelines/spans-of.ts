// How the time of a node divides: tries that failed, waits, and the work that ended or lasts. And the marks of a time axis. Pure.
import type { NodeRun } from '@gathering/contract/pipelines';

export interface Span {
  readonly kind: 'try' | 'wait' | 'decision' | 'work';
  readonly from: number;
  readonly to: number;
  /** It lasts. */
  readonly isOpen: boolean;
  /** Of a failed try: why. */
  readonly code: string | null;
}

/** Their whole time is a wait: for an instant, a person, an event or a call. */
const waitingTypes: readonly string[] = ['delay', 'approval', 'wait'];

type Timed = Pick<NodeRun, 'type' | 'status' | 'startedAt' | 'endedAt' | 'waitingFor' | 'history' | 'copied'>;

const instantOf = (at: string | null): number | null => (at === null ? null : Date.parse(at));

/** In their order, without overlaps; none where the node never began here. */
export function spansOf(node: Timed, now: number): Span[] {
  if (node.copied || node.status === 'skipped') return [];
  const [start, end] = [instantOf(node.startedAt), instantOf(node.endedAt)];
  const spans = pastOf(node, end ?? now, now);
  const first = spans[0];
  if (first?.kind === 'decision' && start !== null && start < first.from)
    spans.unshift({ kind: 'work', from: start, to: first.from, isOpen: false, code: null });
  const kind = node.waitingFor?.kind;
  if (start === null || kind === 'decision' || kind === 'retry') return spans;
  const isWait = waitingTypes.includes(node.type) || kind === 'time';
  const from = Math.max(start, spans.at(-1)?.to ?? start);
  spans.push({
    kind: isWait ? 'wait' : 'work',
    from,
    to: Math.max(from, end ?? now),
    isOpen: end === null,
    code: null,
  });
  return spans;
}

/** What its history tells: failed tries with the pauses after them, and waits for a decision. */
function pastOf({ history, waitingFor }: Timed, end: number, now: number): Span[] {
  return history.flatMap(({ kind, from, to, code, until }, place): Span[] => {
    const last = { kind, from: Date.parse(from), to: instantOf(to) ?? now, isOpen: to === null, code };
    if (until === null) return [last];
    const isOpen = place === history.length - 1 && waitingFor?.kind === 'retry';
    const due = isOpen ? now : Math.min(Date.parse(until), end);
    return [last, { kind: 'wait', from: last.to, to: Math.max(last.to, due), isOpen, code: null }];
  });
}

const second = 1000;
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * second),
  ...[1, 2, 3, 6, 12, 24, 48, 168].map((hours) => hours * 3600 * second),
];

/** Marks of an axis from 0 to `length` milliseconds: round distances, at most `most` of them. */
export function marksOf(length: number, most: number): number[] {
  const wanted = length / Math.max(1, most);
  const week = steps.at(-1) ?? 1;
  const step = steps.find((one) => one >= wanted) ?? Math.ceil(wanted / week) * week;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, place) => place * step);
}
