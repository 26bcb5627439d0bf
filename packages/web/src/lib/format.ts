// How times, durations, counts, money and ids are written, the same on every page.
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

function roughly(size: number): string {
  if (size < minute) return `${Math.floor(size / second)} s`;
  if (size < hour) return `${Math.floor(size / minute)} min`;
  if (size < day) return `${Math.floor(size / hour)} h`;
  return plural(Math.floor(size / day), 'day');
}

/** `just now`, `3 min ago`, `in 2 h`; beyond a week the date. */
export function formatRelative(at: string, now: number): string {
  const distance = now - Date.parse(at);
  const size = Math.abs(distance);
  if (size < 10 * second) return 'just now';
  if (size >= 7 * day) return formatDate(at);
  const text = roughly(size);
  return distance >= 0 ? `${text} ago` : `in ${text}`;
}

export function formatDate(at: string): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(at));
}

/** In the reader's zone, to the second, with the zone's name. */
export function formatExact(at: string, zone?: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
    timeZone: zone,
  }).format(new Date(at));
}

export function formatClock(at: string, zone?: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone: zone,
  }).format(new Date(at));
}

/** `840 ms`, `12.4 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(milliseconds: number): string {
  const size = Math.max(0, milliseconds);
  if (size < second) return `${Math.round(size)} ms`;
  if (size < minute) return `${(Math.floor(size / 100) / 10).toFixed(1)} s`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  if (size < hour) return `${Math.floor(size / minute)} min ${two((size % minute) / second)} s`;
  return `${Math.floor(size / hour)} h ${two((size % hour) / minute)} min`;
}

/** Whole to 9,999, then `12.3k`, `4.1M`. */
export function formatCount(value: number): string {
  if (Math.abs(value) < 10_000) return new Intl.NumberFormat('en-US').format(value);
  const [divisor, unit] = Math.abs(value) < 999_950 ? [1000, 'k'] : [1_000_000, 'M'];
  return `${(value / divisor).toFixed(1).replace(/\.0$/, '')}${unit}`;
}

/** Null is a cost that nobody knows, which is not the same as nothing. */
export function formatMoney(usd: number | null): string {
  if (usd === null) return 'unknown';
  if (usd === 0) return '$0';
  if (usd < 0.0001) return '<$0.0001';
  if (usd < 0.1) return `$${usd.toFixed(4)}`;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** Before the first token nothing was spent, whatever the price. */
export function formatCost(spent: { inputTokens: number; outputTokens: number; costUsd: number | null }): string {
  return spent.inputTokens + spent.outputTokens === 0 ? '$0' : formatMoney(spent.costUsd);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log(bytes) / Math.log(1024)));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** UUIDv7s made close together begin alike: their end tells them apart. */
export function shortId(id: string): string {
  return id.length > 12 ? `…${id.slice(-8)}` : id;
}

export function elapsedOf(startedAt: string | null, endedAt: string | null, now: number): number | null {
  if (startedAt === null) return null;
  return Math.max(0, (endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt));
}
