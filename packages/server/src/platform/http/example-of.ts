// Examples of what a schema accepts, for faults and for the reference page.
// Invariant: where no example can be made that surely fits, there is none.
import * as z from 'zod';

export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  default?: unknown;
  examples?: readonly unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
}

const made = new WeakMap<z.ZodType, JsonSchema>();

export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  made.set(schema, json);
  return json;
}

/** The schema of what stands at a path, as far as it can be told without the value. */
export function schemaAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  let here: JsonSchema | undefined = resolve(root, root);
  for (const part of path) {
    if (here === undefined) return undefined;
    here = resolve(step(here, part, root), root);
  }
  return here;
}

function step(schema: JsonSchema, part: PropertyKey, root: JsonSchema): JsonSchema | undefined {
  if (typeof part === 'number' && schema.items !== undefined) return schema.items;
  const property = schema.properties?.[String(part)];
  if (property !== undefined) return property;
  if (typeof schema.additionalProperties === 'object') return schema.additionalProperties;
  for (const branch of schema.anyOf ?? schema.oneOf ?? []) {
    const resolved = resolve(branch, root);
    const found = resolved === undefined ? undefined : step(resolved, part, root);
    if (found !== undefined) return found;
  }
  return undefined;
}

function resolve(schema: JsonSchema | undefined, root: JsonSchema): JsonSchema | undefined {
  const name = schema?.$ref?.replace('#/$defs/', '');
  if (name === undefined) return schema;
  return name === '#' ? root : root.$defs?.[name];
}

const formats: Record<string, string> = {
  uuid: '01994f3e-7a6b-7c1d-9e2f-3a4b5c6d7e8f',
  'date-time': '2027-01-31T09:00:00Z',
  email: 'ada@example.org',
  uri: 'https://example.org',
};

/** As JSON text; undefined where none can be made. */
export function makeExample(schema: JsonSchema | undefined, root: JsonSchema): string | undefined {
  const value = exampleOf(schema, root, 0);
  return value === undefined ? undefined : JSON.stringify(value);
}

function exampleOf(given: JsonSchema | undefined, root: JsonSchema, depth: number): unknown {
  const schema = resolve(given, root);
  if (schema === undefined || depth > 4) return undefined;
  if (schema.const !== undefined) return schema.const;
  const ready = schema.examples?.[0] ?? schema.default ?? schema.enum?.[0];
  if (ready !== undefined) return ready;
  switch (schema.type) {
    case 'string':
      return exampleText(schema);
    case 'integer':
    case 'number':
      return Math.min(Math.max(1, schema.minimum ?? 1), schema.maximum ?? 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return exampleList(schema, root, depth);
    case 'object':
      return exampleObject(schema, root, depth);
    default:
      return firstOf(schema.anyOf ?? schema.oneOf ?? [], root, depth);
  }
}

function exampleText(schema: JsonSchema): string | undefined {
  if (schema.format !== undefined) return formats[schema.format];
  if (schema.pattern !== undefined) return undefined;
  const words = 'text';
  return words.repeat(Math.max(1, Math.ceil((schema.minLength ?? 0) / words.length)));
}

function exampleList(schema: JsonSchema, root: JsonSchema, depth: number): unknown {
  if ((schema.minItems ?? 0) === 0) return [];
  const item = exampleOf(schema.items, root, depth + 1);
  return item === undefined ? undefined : Array.from({ length: schema.minItems ?? 1 }, () => item);
}

function exampleObject(schema: JsonSchema, root: JsonSchema, depth: number): unknown {
  const entries = (schema.required ?? []).map((key) => [key, exampleOf(schema.properties?.[key], root, depth + 1)]);
  return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries);
}

function firstOf(branches: readonly JsonSchema[], root: JsonSchema, depth: number): unknown {
  for (const branch of branches) {
    const value = exampleOf(branch, root, depth + 1);
    if (value !== undefined) return value;
  }
  return undefined;
}
