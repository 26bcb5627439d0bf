// Definitions as files: the same definition is always the same text, whatever order its keys came in, so that git shows
// what changed and nothing else. What changes by itself, such as ids and times of the pipeline, is not in it.
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { stringify } from 'yaml';

type JsonObject = { [key: string]: Json };

/** `parseDefinition` reads it back as the same definition. */
export function writeDefinition(definition: PipelineDefinition): string {
  return stringify(orderDefinition(definition), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
    // Text that an older reader of YAML would take for something else is quoted.
    version: '1.2',
    compat: 'yaml-1.1',
  });
}

function orderDefinition({ name, description, nodes, edges, ...settings }: PipelineDefinition): JsonObject {
  return {
    name,
    ...(description !== '' && { description }),
    ...present(settings),
    nodes: nodes.map(({ id, type, name, config, position, ...policy }) => ({
      id,
      type,
      ...(name !== undefined && { name }),
      ...(Object.keys(config).length > 0 && { config: orderKeys(config) }),
      ...present(policy),
      ...(position !== undefined && { position: { x: position.x, y: position.y } }),
    })),
    edges: edges.map(({ id, from, to, when }) => ({
      from,
      to,
      ...(when !== undefined && { when }),
      ...(id !== undefined && { id }),
    })),
  };
}

/** What else there is, in the order of its keys. */
function present(rest: { readonly [key: string]: unknown }): JsonObject {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return orderKeys(Object.fromEntries(given) as JsonObject) as JsonObject;
}

/** `kind` says how the rest is to be read, so it comes first; lists keep their order. */
function orderKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(orderKeys);
  if (value === null || typeof value !== 'object') return value;
  const rank = (key: string) => (key === 'kind' ? 0 : 1);
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, orderKeys(item)]));
}
