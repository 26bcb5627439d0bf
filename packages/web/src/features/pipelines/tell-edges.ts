// What became of each edge of a run: taken, flowing (its end is at work), faded (never taken), or still open. Pure.
import type { PipelineEdge } from '@gathering/contract/pipeline-definition';
import { endedStatuses, type NodeRun } from '@gathering/contract/pipelines';

export type EdgeState = 'open' | 'flowing' | 'taken' | 'faded';

export function tellEdge(edge: PipelineEdge, nodes: ReadonlyMap<string, NodeRun>, isRunEnded: boolean): EdgeState {
  const from = nodes.get(edge.from);
  const to = nodes.get(edge.to);
  if (!from || !to) return 'open';
  if (from.status !== 'completed') {
    const isLost = endedStatuses.includes(from.status) || isRunEnded;
    return isLost ? 'faded' : 'open';
  }
  if (edge.when !== undefined && from.branch !== edge.when) return 'faded';
  if (to.status === 'skipped') return 'faded';
  if (to.status === 'running' || to.status === 'waiting') return 'flowing';
  if (to.status === 'pending') return isRunEnded ? 'faded' : 'open';
  return 'taken';
}
