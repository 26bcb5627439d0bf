// Instants as people write them in definitions: ISO 8601, with a zone wherever there is a time of day.
const written = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Null: it is no instant. A date alone means its first moment in UTC. */
export function parseInstant(text: string): Date | null {
  const trimmed = text.trim();
  if (!written.test(trimmed)) return null;
  const at = new Date(trimmed);
  // The engine takes February 30th for a day in March.
  const day = new Date(`${trimmed.slice(0, 10)}T00:00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(trimmed.slice(0, 10));
  return isDay && !Number.isNaN(at.getTime()) ? at : null;
}
