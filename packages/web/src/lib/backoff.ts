// How long to wait before the next try to connect.
/** 0.5 s, 1 s, 2 s ... 15 s, each spread by a quarter so that tabs do not come back in step. */
export function backoffMs(attempt: number, random: number): number {
  return Math.round(Math.min(15_000, 500 * 2 ** attempt) * (0.875 + random * 0.25));
}
