// Makes the fields of a form from a JSON Schema, the contract's own or one that a person wrote. Pure. What it does not
// know becomes a field of JSON, so that no schema is without a form.
import * as z from 'zod';

export interface FieldBase {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly optional: boolean;
}
export type FieldShape =
  | { readonly kind: 'text'; readonly isLong: boolean; readonly example?: string }
  | { readonly kind: 'number'; readonly isWhole: boolean; readonly min?: number; readonly max?: number }
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly options: ReadonlyArray<string | number> }
  | { readonly kind: 'list'; readonly of: 'text' | 'number' }
  | { readonly kind: 'pairs' }
  | { readonly kind: 'group'; readonly fields: readonly FormField[] }
  | { readonly kind: 'variants'; readonly variants: readonly Variant[] }
  | { readonly kind: 'json' };
export type FormField = FieldBase & FieldShape;
export interface Variant {
  readonly label: string;
  /** The key and value by which a value of this variant is known; without a value its mere presence tells. */
  readonly key: string;
  readonly constant: string | undefined;
  readonly fields: readonly FormField[];
}

type Schema = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Schema =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;

/** `maxOutputTokens` -> `Max output tokens`, `agentId` -> `Agent`. */
export function labelOf(name: string): string {
  const words = name
    .replace(/(?<=[a-z])Id$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase()
    .replace(/\b(id|url|api|json)\b/g, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `anyOf: [X, null]` is X that may be left empty. */
function withoutNull(schema: Schema): Schema {
  const options = Array.isArray(schema.anyOf) ? schema.anyOf.filter((one) => isObject(one) && one.type !== 'null') : [];
  if (!Array.isArray(schema.anyOf) || options.length !== 1 || !isObject(options[0])) return schema;
  return { ...options[0], description: schema.description ?? options[0].description };
}

function variantOf(schema: Schema): Variant | null {
  if (!isObject(schema.properties)) return null;
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const fixed = Object.entries(schema.properties).find(([, one]) => isObject(one) && typeof one.const === 'string');
  const key = fixed?.[0] ?? required[0];
  if (key === undefined) return null;
  const constant = fixed && isObject(fixed[1]) ? String(fixed[1].const) : undefined;
  return {
    label: labelOf(constant ?? key),
    key,
    constant,
    fields: fieldsOf(schema).filter((field) => constant === undefined || field.name !== key),
  };
}

function textShape(schema: Schema): FieldShape {
  const [example] = Array.isArray(schema.examples) ? schema.examples : [];
  const isLong = (numberOf(schema.maxLength) ?? 0) > 500;
  return { kind: 'text', isLong, example: typeof example === 'string' ? example : undefined };
}

function listShape({ items }: Schema): FieldShape {
  if (!isObject(items) || items.enum) return { kind: 'json' };
  if (items.type === 'string') return { kind: 'list', of: 'text' };
  return items.type === 'integer' || items.type === 'number' ? { kind: 'list', of: 'number' } : { kind: 'json' };
}

function objectShape(schema: Schema): FieldShape {
  const { properties, additionalProperties: more } = schema;
  if (isObject(properties) && Object.keys(properties).length > 0) {
    return { kind: 'group', fields: fieldsOf(schema) };
  }
  return isObject(more) && more.type === 'string' ? { kind: 'pairs' } : { kind: 'json' };
}

function variantsShape(schema: Schema): FieldShape {
  const options = schema.oneOf ?? schema.anyOf;
  const variants = Array.isArray(options) ? options.map((one) => (isObject(one) ? variantOf(one) : null)) : [];
  return variants.length > 1 && variants.every((one) => one !== null)
    ? { kind: 'variants', variants }
    : { kind: 'json' };
}

const shapesByType: Record<string, (schema: Schema) => FieldShape> = {
  string: textShape,
  integer: ({ minimum, maximum }) => ({
    kind: 'number',
    isWhole: true,
    min: numberOf(minimum),
    max: numberOf(maximum),
  }),
  number: ({ minimum, maximum }) => ({
    kind: 'number',
    isWhole: false,
    min: numberOf(minimum),
    max: numberOf(maximum),
  }),
  boolean: () => ({ kind: 'switch' }),
  array: listShape,
  object: objectShape,
};

function shapeOf(schema: Schema): FieldShape {
  if (Array.isArray(schema.enum) && schema.enum.every((one) => typeof one === 'string' || typeof one === 'number')) {
    return { kind: 'choice', options: schema.enum };
  }
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
  const make = typeof type === 'string' ? shapesByType[type] : undefined;
  return make ? make(schema) : variantsShape(schema);
}

export function fieldOf(name: string, given: Schema, optional: boolean): FormField {
  const schema = withoutNull(given);
  return {
    name,
    label: typeof schema.title === 'string' ? schema.title : labelOf(name),
    hint: typeof schema.description === 'string' ? schema.description : '',
    optional,
    ...shapeOf(schema),
  };
}

/** The fields of an object schema, the needed ones first. */
export function fieldsOf(schema: unknown): FormField[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const fields = Object.entries(schema.properties).flatMap(([name, one]) =>
    isObject(one) ? [fieldOf(name, one, !required.has(name))] : [],
  );
  return [...fields.filter((field) => !field.optional), ...fields.filter((field) => field.optional)];
}

export function fieldOfZod(schema: z.ZodType, name = ''): FormField {
  return fieldOf(name, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema, false);
}

export function fieldsOfZod(schema: z.ZodType): FormField[] {
  return fieldsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

export function variantIndexOf(variants: readonly Variant[], value: unknown): number {
  if (!isObject(value)) return 0;
  const found = variants.findIndex((one) =>
    one.constant === undefined ? one.key in value : value[one.key] === one.constant,
  );
  return Math.max(0, found);
}

function firstValueOf(field: FormField): unknown {
  if (field.kind === 'number') return field.min ?? 0;
  return field.kind === 'text' ? '' : null;
}

/** What a variant begins with: its needed fields, empty; what both variants have is kept. */
export function beginVariant(variant: Variant, before: unknown): Record<string, unknown> {
  const old = isObject(before) ? before : {};
  const next: Record<string, unknown> = variant.constant === undefined ? {} : { [variant.key]: variant.constant };
  for (const field of variant.fields) {
    if (field.name in old) next[field.name] = old[field.name];
    else if (!field.optional) next[field.name] = firstValueOf(field);
  }
  return next;
}

/** The defaults that a schema names, so that a form begins with what would be taken anyway. */
export function defaultsOf(schema: unknown): Record<string, unknown> {
  if (!isObject(schema) || !isObject(schema.properties)) return {};
  const found: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(schema.properties))
    if (isObject(one) && one.default !== undefined) found[name] = one.default;
  return found;
}
