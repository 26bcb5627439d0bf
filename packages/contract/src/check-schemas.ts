// The JSON Schemas that a definition holds, and how large one may be: what can be refused by looking at it alone.
// Pure; whether a schema can be compiled is found by the server, in bounded time.
import type { Fault } from './errors.ts';
import { isWithinDepth, type Json } from './json.ts';
import type { PipelineDefinition, PipelineNode } from './pipeline-definition.ts';

/** The longest a schema may be, as compact JSON. */
export const maxSchemaCharacters = 100_000;
/** The deepest its JSON may be nested: an object within an object is two levels. */
export const maxSchemaDepth = 40;

export interface FoundSchema {
  readonly nodeId: string;
  readonly at: string;
  readonly schema: { readonly [key: string]: Json };
}

/** A node that cannot be read, null, has none. */
export function findSchemas(definition: { readonly nodes: readonly (PipelineNode | null)[] }): FoundSchema[] {
  return definition.nodes.flatMap((node, index) => {
    if (node === null) return [];
    const { id, type, config } = node;
    const key = type === 'trigger' ? 'input' : 'outputSchema';
    const schema = config[key];
    if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) return [];
    return [{ nodeId: id, at: `/nodes/${index}/config/${key}`, schema }];
  });
}

export function isWithinSchemaBounds(schema: FoundSchema['schema']): boolean {
  return findExcess(schema) === null;
}

/** Faults of schemas that are too large or nested too deep. */
export function checkSchemaBounds(definition: Pick<PipelineDefinition, 'nodes'>): Fault[] {
  return findSchemas(definition).flatMap(({ nodeId, at, schema }): Fault[] => {
    const excess = findExcess(schema);
    return excess === null ? [] : [{ at, nodeId, ...excess, message: `Node "${nodeId}": ${excess.message}` }];
  });
}

function findExcess(schema: FoundSchema['schema']): Pick<Fault, 'rule' | 'message'> | null {
  if (!isWithinDepth(schema, maxSchemaDepth))
    return {
      rule: 'schema-too-deep',
      message: `the JSON Schema is nested more than ${maxSchemaDepth} levels deep; name its parts in $defs and refer to them.`,
    };
  const { length } = JSON.stringify(schema);
  if (length <= maxSchemaCharacters) return null;
  return {
    rule: 'schema-too-large',
    message: `the JSON Schema has ${length} characters, the most are ${maxSchemaCharacters}; a long list of choices belongs into the task or the input.`,
  };
}
