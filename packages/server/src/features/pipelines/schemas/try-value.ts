// Compiles a user's JSON Schema 2020-12 and checks a value against it. No schema meets another: ids and anchors
// are known inside of their own document only, and nothing is ever fetched.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

export interface SchemaRequest {
  readonly schema: Readonly<Record<string, unknown>>;
  /** Left out: only the schema itself is tried. */
  readonly value?: { readonly json: unknown };
}

export interface Misfit {
  /** JSON pointer into the value. */
  readonly at: string;
  readonly rule: string;
  readonly message: string;
  readonly got: string;
}

/** Either the schema is unusable, or the value misfits it here and there, or all is well. */
export interface SchemaVerdict {
  readonly unusable: string | null;
  readonly misfits: readonly Misfit[];
}

const maxMisfits = 50;
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
    return { unusable: error.message.replaceAll(/\bdata(?=[/ ])/g, 'schema').replace(/\.$/, ''), misfits: [] };
  }
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

function describe(error: ErrorObject): Misfit {
  const { additionalProperty, unevaluatedProperty, allowedValues, allowedValue } = error.params as Record<
    string,
    unknown
  >;
  const stranger = additionalProperty ?? unevaluatedProperty;
  const allowed = Array.isArray(allowedValues) ? allowedValues : [allowedValue].filter((one) => one !== undefined);
  const extra = stranger === undefined ? '' : ` ("${String(stranger)}")`;
  const choice = allowed.length === 0 ? '' : `: ${shorten(allowed).slice(1, -1)}`;
  const place = error.instancePath === '' ? '' : `at ${error.instancePath} `;
  return {
    at: error.instancePath,
    rule: error.keyword,
    message: `The input ${place}${error.message ?? 'does not fit'}${extra}${choice}.`,
    got: shorten(error.data),
  };
}
