// What differs between two definitions, in the words of a history: nodes by their names, edges as a whole.
import type { PipelineDefinition, PipelineNode } from '@gathering/contract/pipeline-definition';

export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly isConnectedOtherwise: boolean;
  readonly isRenamed: boolean;
}

const nameOf = ({ id, name }: PipelineNode): string => name ?? id;

/** The same however the keys are ordered; a place on the canvas is no difference. */
function textOf({ position: _position, ...node }: PipelineNode): string {
  return JSON.stringify(sortKeys(node));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, item]) => [key, sortKeys(item)]);
}

function edgesOf({ edges }: PipelineDefinition): string {
  return edges
    .map(({ from, to, when }) => `${from} ${to} ${when ?? ''}`)
    .sort()
    .join('\n');
}

export function compareDefinitions(before: PipelineDefinition, after: PipelineDefinition): Difference {
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const kept = new Set(after.nodes.map((node) => node.id));
  return {
    added: after.nodes.filter((node) => !old.has(node.id)).map(nameOf),
    removed: before.nodes.filter((node) => !kept.has(node.id)).map(nameOf),
    changed: after.nodes
      .filter((node) => {
        const was = old.get(node.id);
        return was !== undefined && textOf(was) !== textOf(node);
      })
      .map(nameOf),
    isConnectedOtherwise: edgesOf(before) !== edgesOf(after),
    isRenamed: before.name !== after.name || before.description !== after.description,
  };
}

const mostNames = 4;

function list(verb: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const rest = names.length - mostNames;
  const shown = names.slice(0, mostNames).join(', ');
  return [`${verb} ${shown}${rest > 0 ? ` and ${rest} more` : ''}`];
}

/** One line; empty where nothing differs. */
export function tellDifference(difference: Difference): string {
  const parts = [
    ...list('adds', difference.added),
    ...list('removes', difference.removed),
    ...list('changes', difference.changed),
    ...(difference.isConnectedOtherwise ? ['connects otherwise'] : []),
    ...(difference.isRenamed ? ['has another name or description'] : []),
  ];
  return parts.join('; ');
}
