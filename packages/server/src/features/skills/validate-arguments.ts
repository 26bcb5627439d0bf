// Checks arguments against the same JSON Schema 2020-12 that the model was shown. A violation is an answer
// that names each fault (where, which rule, what came, what would do), so that the model can mend its call.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema, Tool, ToolResult } from '../../llm/tool.ts';
import type { Arguments } from './skill.ts';

export interface ArgumentFault {
  /** JSON pointer into the arguments; `` is the whole. */
  readonly pointer: string;
  readonly rule: string;
  readonly got: string;
  readonly example: string;
}

export type Validation =
  | { readonly ok: true; readonly args: Arguments }
  | { readonly ok: false; readonly result: ToolResult };

// Foreign schemas may use keywords that this validator does not know; they are not ours to refuse.
const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false, useDefaults: true, validateFormats: false });
const compiled = new WeakMap<JsonSchema, ValidateFunction>();
const MAX_ARGUMENT_CHARACTERS = 1_000_000;
const MAX_FAULTS = 20;

/** On success `args` is a copy with the schema's defaults filled in. */
export function validateArguments(tool: Pick<Tool, 'name' | 'inputSchema'>, args: unknown): Validation {
  const text = JSON.stringify(args ?? {});
  if (text === undefined || text.length > MAX_ARGUMENT_CHARACTERS) {
    return refuse(tool, [
      { pointer: '', rule: `at most ${MAX_ARGUMENT_CHARACTERS} characters of JSON`, got: 'more', example: '{}' },
    ]);
  }
  const copy: unknown = JSON.parse(text);
  let validate: ValidateFunction;
  try {
    validate = compile(tool.inputSchema);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const sentence = `The tool ${tool.name} has an input schema that is no valid JSON Schema 2020-12 (${error.message}). It cannot be called until that is corrected.`;
    return { ok: false, result: { ok: false, code: 'skills.invalid-schema', text: sentence } };
  }
  if (validate(copy) && isRecord(copy)) return { ok: true, args: copy };
  const faults = (validate.errors ?? []).slice(0, MAX_FAULTS).map(describeFault);
  if (faults.length === 0) faults.push({ pointer: '', rule: 'type: object', got: show(copy), example: '{}' });
  return refuse(tool, faults);
}

function compile(schema: JsonSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  // The id would be registered for good and clash with the next schema that carries the same one.
  const { $id: _id, $schema: _dialect, ...body } = schema;
  const validate = ajv.compile(body);
  compiled.set(schema, validate);
  return validate;
}

function refuse(tool: Pick<Tool, 'name'>, faults: readonly ArgumentFault[]): Validation {
  const lines = faults.map(
    (fault) =>
      `${fault.pointer === '' ? '(the arguments)' : fault.pointer}: ${fault.rule}; got ${fault.got}; for example ${fault.example}`,
  );
  const text = `The arguments of ${tool.name} are not valid. Nothing was done. Correct them and call again:\n${lines.join('\n')}`;
  return { ok: false, result: { ok: false, code: 'skills.invalid-arguments', text, details: { faults } } };
}

function describeFault(error: ErrorObject): ArgumentFault {
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
  if (error.keyword === 'additionalProperties' || error.keyword === 'unevaluatedProperties') {
    const name = String(error.params.additionalProperty ?? error.params.unevaluatedProperty);
    const known = isRecord(parent.properties) ? Object.keys(parent.properties) : [];
    const value = isRecord(error.data) ? error.data[name] : undefined;
    return {
      pointer: `${error.instancePath}/${escapePointer(name)}`,
      rule: known.length === 0 ? 'no properties are known here' : `unknown property; known are ${known.join(', ')}`,
      got: show(value),
      example: known.length === 0 ? '{}' : `{${JSON.stringify(known[0])}: ${exampleOf(firstOf(parent.properties))}}`,
    };
  }
  return { pointer: error.instancePath, rule: ruleOf(error), got: show(error.data), example: exampleOf(parent) };
}

function ruleOf(error: ErrorObject): string {
  if (error.keyword === 'enum')
    return `one of ${error.params.allowedValues.map((value: unknown) => show(value)).join(', ')}`;
  if (error.keyword === 'type') return `type: ${String(error.params.type)}`;
  return `${error.keyword}: ${error.message ?? 'violated'}`;
}

function exampleOf(schema: unknown): string {
  if (!isRecord(schema)) return 'a value';
  for (const candidates of [schema.examples, schema.enum]) {
    if (Array.isArray(candidates) && candidates.length > 0) return show(candidates[0]);
  }
  if ('default' in schema) return show(schema.default);
  if ('const' in schema) return show(schema.const);
  const byType: Record<string, string> = {
    string: '"text"',
    integer: '1',
    number: '1',
    boolean: 'true',
    array: '[]',
    object: '{}',
  };
  return byType[String(schema.type)] ?? 'a value';
}

function firstOf(properties: unknown): unknown {
  return isRecord(properties) ? Object.values(properties)[0] : undefined;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 120 ? `${text.slice(0, 120)}... (${text.length} characters)` : text;
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
