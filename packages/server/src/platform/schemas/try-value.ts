// Compiles a user's JSON Schema 2020-12 and checks a value against it. No schema meets another: ids and anchors
// are known inside of their own document only, and nothing is ever fetched.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { exampleOf, isRecord, show } from './show-value.ts';

export interface SchemaRequest {
  readonly schema: Readonly<Record<string, unknown>>;
  /** Left out: only the schema itself is tried. */
  readonly value?: { readonly json: unknown };
}

/** Neutral in its words: whoever asked writes the sentence for its own readers. Values are shown shortened. */
export interface Misfit {
  /** JSON pointer into the value. */
  readonly at: string;
  /** The keyword of the schema. */
  readonly rule: string;
  /** What must be, without its subject: `must be integer`. */
  readonly reason: string;
  readonly got: string;
  readonly example: string;
  /** The field of the value at `at` that is missing, or that is not known. */
  readonly member: { readonly name: string; readonly got: string; readonly example: string } | null;
  /** What could be chosen, where the rule is a choice. */
  readonly allowed: string | null;
}

/** Either the schema is unusable, or the value misfits it here and there, or all is well. */
export interface SchemaVerdict {
  readonly unusable: string | null;
  readonly misfits: readonly Misfit[];
}

const maxMisfits = 50;
const mostWords = 300;
const maxCompiled = 200;
const compiled = new Map<string, ValidateFunction>();

function compile(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known) return known;
  // The id would be fetched from by nobody, and other dialects are read as this one.
  const { $id: _id, $schema: _dialect, ...rest } = schema;
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: false,
    validateFormats: false,
    ownProperties: true,
    logger: false,
  });
  const validate = ajv.compile(rest);
  if ('$async' in validate) throw new Error('`$async` is not offered');
  // Oldest out, so that generated schemas cannot fill the memory.
  if (compiled.size >= maxCompiled) compiled.delete(compiled.keys().next().value ?? '');
  compiled.set(key, validate);
  return validate;
}

export function tryValue({ schema, value }: SchemaRequest): SchemaVerdict {
  try {
    const validate = compile(schema);
    if (value === undefined || validate(value.json)) return { unusable: null, misfits: [] };
    return { unusable: null, misfits: (validate.errors ?? []).slice(0, maxMisfits).map(describe) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof RangeError) return { unusable: 'it leads back to itself without an end', misfits: [] };
    const words = error.message.replaceAll(/\bdata(?=[/ ])/g, 'schema').replace(/\.$/, '');
    // It may quote a whole pattern.
    return { unusable: words.length > mostWords ? `${words.slice(0, mostWords)}...` : words, misfits: [] };
  }
}

function describe(error: ErrorObject): Misfit {
  const { allowedValues, allowedValue } = error.params as Record<string, unknown>;
  const choice = allowedValues ?? (allowedValue === undefined ? undefined : [allowedValue]);
  return {
    at: error.instancePath,
    rule: error.keyword,
    reason: error.message ?? 'does not fit',
    got: show(error.data),
    example: exampleOf(error.parentSchema),
    member: describeMember(error),
    allowed: choice === undefined ? null : show(choice),
  };
}

function describeMember(error: ErrorObject): Misfit['member'] {
  const { missingProperty, additionalProperty, unevaluatedProperty } = error.params as Record<string, unknown>;
  const name = missingProperty ?? additionalProperty ?? unevaluatedProperty;
  if (name === undefined) return null;
  const known = isRecord(error.parentSchema) ? error.parentSchema.properties : undefined;
  const at = (holder: unknown) => (isRecord(holder) ? holder[String(name)] : undefined);
  return { name: String(name), got: show(at(error.data)), example: exampleOf(at(known)) };
}
