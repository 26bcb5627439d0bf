// The present as state: one clock for all who show ages, so that a page full of them costs one timer.
import { useSyncExternalStore } from 'react';

interface Clock {
  subscribe(listener: () => void): () => void;
  get(): number;
}

function createClock(everyMs: number): Clock {
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const listeners = new Set<() => void>();
  return {
    get: () => now,
    subscribe(listener) {
      listeners.add(listener);
      if (timer === undefined) {
        now = Date.now();
        timer = setInterval(() => {
          now = Date.now();
          for (const one of listeners) one();
        }, everyMs);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      };
    },
  };
}

const seconds = createClock(1000);
const slow = createClock(15_000);
const still: Clock = { subscribe: () => () => undefined, get: () => 0 };
const clocks = { second: seconds, slow, still };

/** `second` while something runs; `slow` for ages; `still` for what does not move any more. */
export function useNow(pace: 'second' | 'slow' | 'still'): number {
  const clock = clocks[pace];
  return useSyncExternalStore(clock.subscribe, clock.get);
}
