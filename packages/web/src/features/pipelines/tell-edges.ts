// What became of each edge of a run: taken, flowing (its end is at work), faded (never taken), or still open. Pure.
import type { PipelineEdge } from '@gathering/contract/pipeline-definition';
import { endedStatuses, type NodeRun } from '@gathering/contract/pipelines';

export type EdgeState = 'open' | 'flowing' | 'taken' | 'faded';

/** The way that a condition chose, once it did. */
function chosenWay(node: NodeRun): 'then' | 'else' | null {
  const { output } = node;
  const value = output !== null && typeof output === 'object' && !Array.isArray(output) ? output.result : undefined;
  if (value === true) return 'then';
  if (value === false) return 'else';
  return null;
}

export function tellEdge(edge: PipelineEdge, nodes: ReadonlyMap<string, NodeRun>, isRunEnded: boolean): EdgeState {
  const from = nodes.get(edge.from);
  const to = nodes.get(edge.to);
  if (!from || !to) return 'open';
  if (from.status !== 'completed') {
    const isLost = endedStatuses.includes(from.status) || isRunEnded;
    return isLost ? 'faded' : 'open';
  }
  const way = edge.when === undefined ? null : chosenWay(from);
  if (way !== null && way !== edge.when) return 'faded';
  if (to.status === 'skipped') return 'faded';
  if (to.status === 'running' || to.status === 'waiting') return 'flowing';
  if (to.status === 'pending') return isRunEnded ? 'faded' : 'open';
  return 'taken';
}
