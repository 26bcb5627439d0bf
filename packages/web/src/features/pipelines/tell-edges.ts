// What became of each edge of a run: taken, flowing (its end is at work), faded (never taken), or still open. Pure.
import { isTaken, takenWhen } from '@gathering/contract/branches';
import { isOvercome } from '@gathering/contract/forks';
import type { PipelineEdge, PipelineNode } from '@gathering/contract/pipeline-definition';
import { endedStatuses, type NodeRun, type Run } from '@gathering/contract/pipelines';

export type EdgeState = 'open' | 'flowing' | 'taken' | 'faded';

/** A node of a run with what its definition says of it. */
export interface TracedNode {
  readonly run: Pick<NodeRun, 'status' | 'branch'>;
  readonly node: Pick<PipelineNode, 'type' | 'config' | 'onError'>;
}

/** The nodes of a run with their definitions, by id. */
export function traceNodes({ definition, nodes }: Pick<Run, 'definition' | 'nodes'>): ReadonlyMap<string, TracedNode> {
  const runs = new Map(nodes.map((run) => [run.id, run]));
  return new Map(
    definition.nodes.flatMap((node) => {
      const run = runs.get(node.id);
      return run ? [[node.id, { run, node }] as const] : [];
    }),
  );
}

export function tellEdge(edge: PipelineEdge, nodes: ReadonlyMap<string, TracedNode>, isRunEnded: boolean): EdgeState {
  const from = nodes.get(edge.from);
  const to = nodes.get(edge.to)?.run;
  if (!from || !to) return 'open';
  const { status, branch } = from.run;
  if (status !== 'completed' && !isOvercome(status, from.node.onError))
    return endedStatuses.includes(status) || isRunEnded ? 'faded' : 'open';
  if (!isTaken(branch, takenWhen(edge, from.node)) || to.status === 'skipped') return 'faded';
  if (to.status === 'running' || to.status === 'waiting') return 'flowing';
  if (to.status === 'pending') return isRunEnded ? 'faded' : 'open';
  return 'taken';
}
