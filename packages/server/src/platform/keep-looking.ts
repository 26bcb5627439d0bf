// The loop of whatever works on what is committed: it looks, rests until it is woken or it is time, and looks again.
// Invariant: one look at a time, and no failure ends the loop.
import { setImmediate } from 'node:timers/promises';
import type { Log } from './log.ts';

export interface Lookout {
  /** One look; answers how many milliseconds it can rest then; 0: only until others had their turn. */
  look(): Promise<number>;
  /** Tells how it is woken: gets what to call, returns how to stop that. */
  hear(wake: () => void): () => void;
  /** Least time between two looks, so that a burst of commits is one look. A look that answered 0 is not held up by it. */
  readonly gapMs: number;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Told once at the first failure in a row, and once when it is over. */
  readonly words: { readonly failing: string; readonly again: string };
}

const firstRetryMs = 200;
const longestRetryMs = 5_000;

/** Looks from now on; pauses from 400 ms to 5 s while looks fail. Returns how to stop: a look that runs ends first. */
export function keepLooking({ look, hear, gapMs, log, words }: Lookout): () => Promise<void> {
  let isStopped = false;
  let isWoken = false;
  let endPause: (() => void) | undefined;

  const pause = (ms: number, canBeWoken = true): Promise<void> =>
    new Promise((resolve) => {
      if (isStopped) return resolve();
      const end = () => {
        clearTimeout(timer);
        endPause = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      endPause = () => (canBeWoken || isStopped) && end();
    });

  const rest = async (ms: number): Promise<void> => {
    if (ms === 0) return setImmediate();
    if (gapMs > 0) await pause(gapMs, false);
    if (!isWoken && ms > gapMs) await pause(ms - gapMs);
  };

  const run = async (): Promise<void> => {
    let retryMs = firstRetryMs;
    while (!isStopped) {
      isWoken = false;
      try {
        const restMs = await look();
        if (retryMs > firstRetryMs) log.info(words.again);
        retryMs = firstRetryMs;
        await rest(restMs);
      } catch (error) {
        if (isStopped) break;
        if (retryMs === firstRetryMs) log.warn({ err: error }, words.failing);
        retryMs = Math.min(retryMs * 2, longestRetryMs);
        await pause(retryMs);
      }
    }
  };

  const unhear = hear(() => {
    isWoken = true;
    endPause?.();
  });
  const running = run();
  return async () => {
    isStopped = true;
    unhear();
    endPause?.();
    await running;
  };
}
