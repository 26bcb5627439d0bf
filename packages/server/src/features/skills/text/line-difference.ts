// The shortest difference between two lists of lines (E. Myers, "An O(ND) Difference Algorithm", 1986),
// given up after a number of changes so that unlike texts cost no more than like ones.

export interface LineChange {
  readonly change: '+' | '-';
  /** Counted from 1: in the new list for `+`, in the old one for `-`. */
  readonly line: number;
  readonly text: string;
}

const MAX_CHANGES = 2000;

/** Null: the lists differ by more than 2,000 lines. */
export function differLines(before: readonly string[], after: readonly string[]): LineChange[] | null {
  const trail: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let changes = 0; changes <= Math.min(MAX_CHANGES, before.length + after.length); changes += 1) {
    trail.push(reach);
    const next = new Map<number, number>(reach);
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      const down = goesDown(reach, diagonal, changes);
      let x = down ? (reach.get(diagonal + 1) ?? 0) : (reach.get(diagonal - 1) ?? 0) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      next.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(trail, before, after);
    }
    reach = next;
  }
  return null;
}

function goesDown(reach: ReadonlyMap<number, number>, diagonal: number, changes: number): boolean {
  if (diagonal === -changes) return true;
  return diagonal !== changes && (reach.get(diagonal - 1) ?? -1) < (reach.get(diagonal + 1) ?? -1);
}

function walkBack(
  trail: readonly Map<number, number>[],
  before: readonly string[],
  after: readonly string[],
): LineChange[] {
  const found: LineChange[] = [];
  let [x, y] = [before.length, after.length];
  for (let changes = trail.length - 1; changes > 0; changes -= 1) {
    const reach = trail[changes] ?? new Map<number, number>();
    const diagonal = x - y;
    const down = goesDown(reach, diagonal, changes);
    const previous = down ? diagonal + 1 : diagonal - 1;
    const px = reach.get(previous) ?? 0;
    const py = px - previous;
    if (down) found.push({ change: '+', line: py + 1, text: after[py] ?? '' });
    else found.push({ change: '-', line: px + 1, text: before[px] ?? '' });
    [x, y] = [px, py];
  }
  return found.reverse();
}
