// Who goes first where more is due than slots are free. Pure. A job's priority is that of its run less a rank: of what one
// settlement makes due for one run the first few go with everybody's, the rest behind them, so that a crowd of one run does not
// hold back the next step of another.

export const runPriority = { low: -100, normal: 0, high: 100 } as const;

const firstRank = 8;
const lastRank = 7;

/** The rank of the job at this place (from 0) of a crowd: each rank holds twice as many as the one before. */
export function rankOf(place: number): number {
  return Math.min(lastRank, Math.floor(Math.log2(1 + place / firstRank)));
}

/** Every priority that a job of a run can have, from the highest. */
const levels: readonly number[] = Object.values(runPriority)
  .flatMap((base) => Array.from({ length: lastRank + 1 }, (_, rank) => base - rank))
  .sort((a, b) => b - a);

/** While more is due than is fetched, one fetch of so many begins at a level further down. */
const everyNth = 4;

/**
 * Where a fetch begins, by its number among those that came back full: null is at the top. One of four begins at one of the
 * levels, each in its turn, so that the oldest job of every level is taken sooner or later, whatever keeps coming above it.
 */
export function startOfFetch(fullFetches: number): number | null {
  if (fullFetches % everyNth !== everyNth - 1) return null;
  // From the bottom up: what has waited longest is there.
  return levels.at(-1 - (Math.floor(fullFetches / everyNth) % levels.length)) ?? null;
}

/** The priorities of jobs that become due together, by the place of each among those of its run. */
export function makeRanker(): (runId: string, priority: number) => number {
  const places = new Map<string, number>();
  return (runId, priority) => {
    const place = places.get(runId) ?? 0;
    places.set(runId, place + 1);
    return priority - rankOf(place);
  };
}
