// The turns that run in this process, and those who wait here for a turn's end. Memory only: the rows are
// what counts, and whoever waits looks at them again from time to time.
import type { Delta } from '@gathering/contract/frames';

export interface RunningTurn {
  /** What was shown of the answer that is being written. */
  readonly shownText: string;
  abort(reason: Error): void;
}

/** Somebody cancelled the turn; its row says so already. */
export class TurnCancelled extends Error {
  constructor() {
    super('The turn was cancelled.');
    this.name = 'TurnCancelled';
  }
}

const running = new Map<string, RunningTurn>();
const waiters = new Map<string, Set<() => void>>();

export function findRunning(turnId: string): RunningTurn | undefined {
  return running.get(turnId);
}

/** Answers how to strike it off again. */
export function noteRunning(turnId: string, turn: RunningTurn): () => void {
  running.set(turnId, turn);
  return () => {
    if (running.get(turnId) === turn) running.delete(turnId);
  };
}

/** Wakes those who wait for this turn in this process. */
export function announceChange(turnId: string): void {
  for (const wake of waiters.get(turnId) ?? []) wake();
}

/** Resolves when the turn changed here, when it is time to look at the row again, or when aborted. */
export function waitForChange(turnId: string, withinMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      const others = waiters.get(turnId);
      others?.delete(wake);
      if (others?.size === 0) waiters.delete(turnId);
      resolve();
    };
    const timer = setTimeout(wake, withinMs);
    timer.unref();
    signal.addEventListener('abort', wake, { once: true });
    const others = waiters.get(turnId) ?? new Set();
    others.add(wake);
    waiters.set(turnId, others);
    if (signal.aborted) wake();
  });
}

/** Follows what is shown of a turn, so that an answer that is stopped keeps what was written of it. */
export class ShownText {
  #text = '';

  get text(): string {
    return this.#text;
  }

  follow(delta: Delta): void {
    if (delta.kind === 'text') this.#text += delta.text;
    else if (delta.kind === 'turn-started' || delta.kind === 'tool-called') this.#text = '';
  }
}
