// The input of a run against its trigger's JSON Schema, and the schemas of a definition by themselves. Schemas
// come from users: one that cannot be compiled or takes for ever is a fault, not a crash and not a standstill.
import type { Fault } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import { IsolatedThread } from './bounded-thread/isolated-thread.ts';
import type { LegibleDefinition } from './salvage-definition.ts';
import type { SchemaRequest, SchemaVerdict } from './schemas/try-value.ts';

const limitMs = 1000;

const thread = new IsolatedThread<readonly SchemaRequest[], SchemaVerdict>(
  new URL('./schemas/worker.ts', import.meta.url),
  limitMs,
);

const isSchema = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** An empty list: the input fits, or there is no schema. */
export async function checkInput(schema: Json | undefined, input: Json): Promise<Fault[]> {
  if (!isSchema(schema)) return [];
  const { parts, failure } = await thread.ask([{ schema, value: { json: input } }]);
  const unusable = parts[0]?.unusable ?? failure;
  if (unusable !== null && unusable !== undefined)
    return [
      {
        at: '',
        in: 'definition',
        rule: 'schema',
        message: `The input cannot be checked against the trigger's schema: ${unusable}.`,
      },
    ];
  return (parts[0]?.misfits ?? []).map((misfit) => ({ ...misfit, in: 'input' as const }));
}

/** Faults of the JSON Schemas inside a definition: they must compile before a run depends on them. */
export async function checkSchemas(definition: LegibleDefinition): Promise<Fault[]> {
  const found = definition.nodes.flatMap((node, index) => {
    if (node === null) return [];
    const key = node.type === 'trigger' ? 'input' : 'outputSchema';
    const schema = node.config[key];
    return isSchema(schema) ? [{ node, at: `/nodes/${index}/config/${key}`, schema }] : [];
  });
  // Each asked for on its own, so that one that is cut off leaves the others a verdict.
  const answers = await Promise.all(found.map(({ schema }) => thread.ask([{ schema }])));
  return found.flatMap(({ node, at }, place): Fault[] => {
    const answer = answers[place];
    const unusable = answer?.parts[0]?.unusable ?? answer?.failure;
    if (unusable === null || unusable === undefined) return [];
    return [
      {
        at,
        in: 'definition',
        rule: 'schema',
        message: `Node "${node.id}": this is no usable JSON Schema: ${unusable}.`,
        nodeId: node.id,
      },
    ];
  });
}
