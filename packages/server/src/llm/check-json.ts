// Whether a value satisfies a JSON Schema 2020-12, and if not, every fault with pointer, rule, what was
// found and an example: for structured answers, whose author can then mend them.
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { JsonSchema } from './tool.ts';

export interface JsonFault {
  readonly pointer: string;
  readonly rule: string;
  readonly got: string;
  readonly example: string;
}

const mostFaults = 20;

/** No faults: it is valid. A schema that is none is a fault too, of the whole. */
export function checkJson(schema: JsonSchema, value: unknown): JsonFault[] {
  // The id would have to be unique, and foreign dialects are read as this one.
  const { $id: _id, $schema: _dialect, ...body } = schema;
  // A validator of its own: one that lives longer would keep every schema that it ever saw.
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false, validateFormats: false, logger: false });
  try {
    const validate = ajv.compile(body);
    if (validate(value)) return [];
    return (validate.errors ?? []).slice(0, mostFaults).map(describeFault);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [{ pointer: '', rule: `the schema itself is not valid: ${error.message}`, got: 'a schema', example: '{}' }];
  }
}

export function writeFaults(faults: readonly JsonFault[]): string {
  return faults
    .map(
      ({ pointer, rule, got, example }) =>
        `- ${pointer === '' ? '(the whole)' : pointer}: ${rule}; got ${got}; for example ${example}`,
    )
    .join('\n');
}

/** Finds the JSON value in a model's text: bare, in a fence, or with words around it. Undefined: there is none. */
export function findJson(text: string): unknown {
  const trimmed = text.trim();
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/i.exec(trimmed)?.[1];
  const first = trimmed.search(/[{[]/);
  const last = Math.max(trimmed.lastIndexOf('}'), trimmed.lastIndexOf(']'));
  const candidates = [trimmed, fenced, first >= 0 && last > first ? trimmed.slice(first, last + 1) : undefined];
  for (const candidate of candidates) {
    const value = candidate === undefined ? undefined : parseJson(candidate);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Undefined for a text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function describeFault(error: ErrorObject): JsonFault {
  const parent = isRecord(error.parentSchema) ? error.parentSchema : {};
  if (error.keyword === 'required') {
    const name = String(error.params.missingProperty);
    const property = isRecord(parent.properties) ? parent.properties[name] : undefined;
    return {
      pointer: `${error.instancePath}/${escapePointer(name)}`,
      rule: 'required',
      got: 'nothing',
      example: exampleOf(property),
    };
  }
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params.additionalProperty);
    return {
      pointer: `${error.instancePath}/${escapePointer(name)}`,
      rule: 'no such property',
      got: show(isRecord(error.data) ? error.data[name] : undefined),
      example: 'leave it out',
    };
  }
  const rule =
    error.keyword === 'enum'
      ? `one of ${show(error.params.allowedValues)}`
      : `${error.keyword}: ${error.message ?? 'violated'}`;
  return { pointer: error.instancePath, rule, got: show(error.data), example: exampleOf(parent) };
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

function exampleOf(schema: unknown): string {
  if (!isRecord(schema)) return 'a value';
  for (const list of [schema.examples, schema.enum]) if (Array.isArray(list) && list.length > 0) return show(list[0]);
  if ('const' in schema) return show(schema.const);
  if ('default' in schema) return show(schema.default);
  return typeExamples[String(Array.isArray(schema.type) ? schema.type[0] : schema.type)] ?? 'a value';
}

export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 120 ? `${text.slice(0, 120)}... (${text.length} characters)` : text;
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
