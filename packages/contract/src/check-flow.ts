// What the schemas of nodes that steer a run cannot tell: names that stand twice, joins that can never go on, events that
// nobody writes.
import type { Fault } from './errors.ts';
import { eventTypeNames } from './events.ts';
import type { PipelineDefinition, PipelineNode } from './pipeline-definition.ts';

type Previous = ReadonlyMap<string, readonly string[]>;

function checkBranchNames({ id, config }: PipelineNode, at: string): Fault[] {
  if (!Array.isArray(config.branches)) return [];
  const seen = new Set<unknown>();
  const faults: Fault[] = [];
  for (const [index, branch] of config.branches.entries()) {
    const name = branch !== null && typeof branch === 'object' && 'name' in branch ? branch.name : undefined;
    if (typeof name === 'string' && seen.has(name))
      faults.push({
        at: `${at}/branches/${index}/name`,
        rule: 'duplicate-branch',
        message: `Node "${id}": two branches have the name "${name}".`,
        nodeId: id,
      });
    seen.add(name);
  }
  return faults;
}

/** A node leads here over one edge at the most that is taken, however many there are. */
function checkJoin({ id, config }: PipelineNode, at: string, previous: Previous): Fault[] {
  const arrivals = new Set(previous.get(id)).size;
  if (config.mode !== 'count' || typeof config.count !== 'number' || config.count <= arrivals) return [];
  return [
    {
      at: `${at}/count`,
      rule: 'join-count',
      message: `Node "${id}" waits for ${config.count} of ${arrivals} nodes that lead to it: it could never go on.`,
      got: String(config.count),
      nodeId: id,
    },
  ];
}

function checkWait({ id, config }: PipelineNode, at: string): Fault[] {
  if (config.kind !== 'event' || typeof config.event !== 'string' || config.event === '') return [];
  if ((eventTypeNames as readonly string[]).includes(config.event)) return [];
  return [
    {
      at: `${at}/event`,
      rule: 'unknown-event',
      message: `Node "${id}": there are no events of the type "${config.event.slice(0, 80)}".`,
      example: 'pipelines.run-ended',
      nodeId: id,
    },
  ];
}

export function checkFlow(definition: PipelineDefinition, previous: Previous): Fault[] {
  return definition.nodes.flatMap((node, index) => {
    const at = `/nodes/${index}/config`;
    if (node.type === 'condition') return checkBranchNames(node, at);
    if (node.type === 'join') return checkJoin(node, at, previous);
    return node.type === 'wait' ? checkWait(node, at) : [];
  });
}
