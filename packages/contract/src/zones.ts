// Time zones: what clocks show at an instant, and when they jump. Everything comes from the runtime's own IANA rules.
// Wall times are milliseconds as if the zone were UTC, so that they can be counted with.

const hourMs = 3_600_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** An IANA name that this runtime knows, such as `Europe/Berlin` or `UTC`. Offsets like `+02:00` are no zones. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    formatterOf(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
}

/** How far clocks are ahead of UTC at an instant, in milliseconds. Throws RangeError for an unknown zone. */
export function offsetAt(zone: string, at: number): number {
  if (zone === 'UTC') return 0;
  const text = formatterOf(zone).format(at);
  const [, month, day, year, hour, minute, second] = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/.exec(text) ?? [];
  const shown = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return shown - Math.floor(at / 1000) * 1000;
}

/** The first instant in (from, to] at which clocks show another offset than at `from`; null: they go on evenly. */
export function findJump(zone: string, from: number, to: number): number | null {
  const before = offsetAt(zone, from);
  if (offsetAt(zone, to) === before) return null;
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The instants at which clocks show a wall time, the earlier first: one, two when they were set back over it. None when
 * they were set forward over it: then `jump` is the moment of that.
 */
export function instantsOf(zone: string, wall: number): { at: readonly number[]; jump: number | null } {
  // No zone is further from UTC than 14 hours, so any jump that concerns this wall time lies in between.
  const [early, late] = [wall - 15 * hourMs, wall + 13 * hourMs];
  const [before, after] = [offsetAt(zone, early), offsetAt(zone, late)];
  if (before === after) return { at: [wall - before], jump: null };
  const at = [...new Set([wall - before, wall - after])]
    .filter((instant) => instant + offsetAt(zone, instant) === wall)
    .sort((a, b) => a - b);
  return { at, jump: at.length > 0 ? null : findJump(zone, early, late) };
}
