// Waiting in tests without fixed sleeps: what is waited for is looked at again until it is so, and a deadline
// that judges nothing ends what hangs, with the last thing that was seen.
import { setTimeout as pause } from 'node:timers/promises';

const lookAgainMs = 25;

/** The first value that `look` answers that is neither undefined nor false. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { withinMs = 60_000, show }: { withinMs?: number; show?: () => unknown } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) {
      const seen = show === undefined ? '' : `\nLast seen: ${JSON.stringify(show(), null, 1)}`;
      throw new Error(`Waited ${withinMs} ms for: ${what}.${seen}`);
    }
    await pause(lookAgainMs);
  }
}
