// Whether a value satisfies a JSON Schema, and local `$ref`s resolved. Compiled checks are kept by the schema's
// text, since callers send a new copy of the same schema with every call. Nothing is bounded here: schemas of
// tools are our own, those of users are read in the thread of `fill-worker.ts` only.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

export type Schema = { readonly [key: string]: unknown };

const compiled = new Map<string, ValidateFunction | null>();
const MAX_COMPILED = 200;

/** True when it is valid or when the schema itself cannot be compiled: then the caller's own check decides. */
export function satisfiesSchema(value: unknown, schema: Schema): boolean {
  const check = compileSchema(schema);
  return check === null || check(value) === true;
}

function compileSchema(schema: Schema): ValidateFunction | null {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  const check = tryCompile(JSON.parse(text) as Schema);
  compiled.set(text, check);
  return check;
}

function tryCompile(schema: Schema): ValidateFunction | null {
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  try {
    return new Ajv2020({ strict: false, validateFormats: false, logger: false }).compile(rest);
  } catch (error) {
    // A schema that cannot be compiled is its author's fault and is reported where it is registered.
    if (error instanceof Error) return null;
    throw error;
  }
}

export function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema with a local `$ref` followed and `allOf` merged; unions give their first member that is not null. */
export function simplifySchema(schema: unknown, root: Schema, depth = 0): Schema {
  if (!isRecord(schema) || depth > 20) return {};
  if (typeof schema.$ref === 'string') {
    const { $ref, ...rest } = schema;
    return { ...simplifySchema(followPointer(root, $ref as string), root, depth + 1), ...rest };
  }
  const parts = Array.isArray(schema.allOf) ? schema.allOf : [];
  let merged = schema;
  for (const part of parts) merged = mergeSchemas(merged, simplifySchema(part, root, depth + 1));
  const union = [merged.anyOf, merged.oneOf].find((list) => Array.isArray(list)) ?? [];
  if (union.length === 0) return merged;
  const members = union.map((member) => simplifySchema(member, root, depth + 1));
  const constants = members.map((member) => member.const).filter((value) => value !== undefined);
  if (constants.length === members.length) return { ...merged, enum: constants };
  const { anyOf: _any, oneOf: _one, ...rest } = merged;
  const first = members.find((member) => member.type !== 'null') ?? {};
  return { ...first, ...rest, nullable: members.some((member) => member.type === 'null') || undefined };
}

function mergeSchemas(one: Schema, other: Schema): Schema {
  const properties = {
    ...(isRecord(one.properties) ? one.properties : {}),
    ...(isRecord(other.properties) ? other.properties : {}),
  };
  const required = [...requiredNames(one), ...requiredNames(other)];
  return { ...other, ...one, ...(Object.keys(properties).length > 0 ? { properties, required } : {}) };
}

function followPointer(root: Schema, reference: string): unknown {
  if (!reference.startsWith('#')) return {};
  let at: unknown = root;
  for (const raw of reference
    .slice(1)
    .split('/')
    .filter((part) => part !== '')) {
    const key = decodeURIComponent(raw).replaceAll('~1', '/').replaceAll('~0', '~');
    at = isRecord(at) ? at[key] : undefined;
  }
  return at;
}

export function requiredNames(schema: Schema): string[] {
  return Array.isArray(schema.required)
    ? schema.required.filter((name): name is string => typeof name === 'string')
    : [];
}

export function propertiesOf(schema: Schema): [name: string, schema: unknown][] {
  return isRecord(schema.properties) ? Object.entries(schema.properties) : [];
}

/** The one type that a value is made for: the first that is not `null`. */
export function typeOfSchema(schema: Schema): string {
  const type = Array.isArray(schema.type) ? schema.type.find((member) => member !== 'null') : schema.type;
  if (typeof type === 'string') return type;
  if (isRecord(schema.properties)) return 'object';
  if (schema.items !== undefined) return 'array';
  return Array.isArray(schema.enum) ? typeof schema.enum[0] : 'string';
}

export function allowsNull(schema: Schema): boolean {
  return (
    schema.nullable === true || schema.type === 'null' || (Array.isArray(schema.type) && schema.type.includes('null'))
  );
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
