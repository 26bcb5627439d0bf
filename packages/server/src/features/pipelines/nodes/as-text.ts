// A template that is one expression keeps the type of its value; where a text is meant, others are written as JSON.
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
