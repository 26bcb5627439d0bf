// Lists as text, as PostgreSQL reads arrays. node-postgres quotes and escapes each element of each list; most are ids and numbers,
// which need neither, and a settlement sends hundreds.
const plainForm = /^[\w.:+-]+$/;
const nullForm = /^null$/i;
/** Control characters and halves of pairs. */
const spelledInJson = /[\u0000-\u001f\ud800-\udfff]/;
/** The years 1 to 9999. */
const firstMs = Date.parse('0001-01-01T00:00:00Z');
const endMs = Date.parse('+010000-01-01T00:00:00Z');

/** The list as one parameter; one with elements of other kinds (bytes, JSON, lists) is left to node-postgres. */
export function arrayText(list: readonly (string | null)[]): string;
export function arrayText(list: readonly unknown[]): string | readonly unknown[];
export function arrayText(list: readonly unknown[]): string | readonly unknown[] {
  const elements: string[] = [];
  for (const value of list) {
    const element = elementText(value);
    if (element === undefined) return list;
    elements.push(element);
  }
  return `{${elements.join(',')}}`;
}

function elementText(value: unknown): string | undefined {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string') return plainForm.test(value) && !nullForm.test(value) ? value : quoted(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return value instanceof Date ? instantText(value) : undefined;
}

/** JSON escapes quotes and backslashes as an array does, several times as fast as a replacement; the rest it would spell. */
function quoted(text: string): string {
  return spelledInJson.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : JSON.stringify(text);
}

let last = { ms: Number.NaN, text: '' };

/** A batch tells the same few instants again and again. Undefined: one that ISO 8601 writes otherwise, or none. */
function instantText(instant: Date): string | undefined {
  const ms = instant.getTime();
  if (!(ms >= firstMs && ms < endMs)) return undefined;
  if (ms !== last.ms) last = { ms, text: instant.toISOString() };
  return last.text;
}
