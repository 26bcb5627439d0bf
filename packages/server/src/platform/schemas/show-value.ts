// Values as short texts in sentences about what does not fit, and examples of what a schema would accept.

export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 120 ? `${text.slice(0, 120)}... (${text.length} characters)` : text;
}

const typeExamples: Readonly<Record<string, string>> = {
  string: '"text"',
  integer: '1',
  number: '1',
  boolean: 'true',
  array: '[]',
  object: '{}',
  null: 'null',
};

export function exampleOf(schema: unknown): string {
  if (!isRecord(schema)) return 'a value';
  for (const list of [schema.examples, schema.enum]) if (Array.isArray(list) && list.length > 0) return show(list[0]);
  if ('const' in schema) return show(schema.const);
  if ('default' in schema) return show(schema.default);
  return typeExamples[String(Array.isArray(schema.type) ? schema.type[0] : schema.type)] ?? 'a value';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
