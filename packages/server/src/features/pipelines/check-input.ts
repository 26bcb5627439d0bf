// The input of a run against its trigger's JSON Schema. Schemas come from users: they are compiled in
// strict bounds, cached, and a schema that cannot be compiled is a fault, not a crash.
import type { Fault } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, ownProperties: true });
const compiled = new Map<string, ValidateFunction>();
const maxCompiled = 200;

function compile(schema: object): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known) return known;
  const { $id: _id, ...rest } = schema as { $id?: unknown };
  const validate = ajv.compile(rest);
  // Oldest out, so that generated schemas cannot fill the memory.
  if (compiled.size >= maxCompiled) compiled.delete(compiled.keys().next().value ?? '');
  compiled.set(key, validate);
  return validate;
}

const shorten = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
};

function toFault(error: ErrorObject): Fault {
  const extra = error.keyword === 'additionalProperties' ? ` ("${String(error.params.additionalProperty)}")` : '';
  return {
    at: error.instancePath,
    in: 'input',
    rule: error.keyword,
    message: `The input ${error.instancePath === '' ? '' : `at ${error.instancePath} `}${error.message ?? 'does not fit'}${extra}.`,
    got: shorten(error.data),
  };
}

/** An empty list: the input fits, or there is no schema. */
export function checkInput(schema: Json | undefined, input: Json): Fault[] {
  if (schema === undefined || schema === null || typeof schema !== 'object') return [];
  let validate: ValidateFunction;
  try {
    validate = compile(schema);
  } catch (error) {
    return [
      {
        at: '',
        in: 'definition',
        rule: 'schema',
        message: `The trigger's input schema cannot be used: ${error instanceof Error ? error.message : String(error)}.`,
      },
    ];
  }
  if (validate(input)) return [];
  return (validate.errors ?? []).slice(0, 50).map(toFault);
}

/** Faults of the JSON Schemas inside a definition: they must compile before a run depends on them. */
export function checkSchemas(definition: PipelineDefinition): Fault[] {
  return definition.nodes.flatMap((node, index): Fault[] => {
    const key = node.type === 'trigger' ? 'input' : 'outputSchema';
    const schema = node.config[key];
    if (schema === undefined || schema === null || typeof schema !== 'object' || Array.isArray(schema)) return [];
    try {
      compile(schema);
      return [];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return [
        {
          at: `/nodes/${index}/config/${key}`,
          in: 'definition',
          rule: 'schema',
          message: `Node "${node.id}": this is no usable JSON Schema: ${why}.`,
          nodeId: node.id,
        },
      ];
    }
  });
}
