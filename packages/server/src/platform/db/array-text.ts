// Lists as text, as PostgreSQL reads arrays. node-postgres quotes and escapes each element of each list; most are ids and numbers,
// which need neither, and a settlement sends hundreds.
const plainForm = /^[\w.:+-]+$/;
const nullForm = /^null$/i;

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
  if (typeof value === 'string') {
    if (plainForm.test(value) && !nullForm.test(value)) return value;
    return `"${value.replace(/["\\]/g, '\\$&')}"`;
  }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Date && value.getUTCFullYear() > 0 && value.getUTCFullYear() < 10_000)
    return value.toISOString();
  return undefined;
}
