// Instants in fields of the browser, which show the reader's own clock without a zone.
const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-18T09:30:00` on the reader's clock; nothing for nothing. */
export function toLocal(at: string | null): string {
  if (at === null) return '';
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Null where nothing, or nothing whole, was typed. */
export function fromLocal(text: string): string | null {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Every zone that this browser knows, the reader's own first. */
export function listZones(chosen: string): string[] {
  return [...new Set([chosen, ownZone(), 'UTC', ...Intl.supportedValuesOf('timeZone')])].filter(Boolean);
}
