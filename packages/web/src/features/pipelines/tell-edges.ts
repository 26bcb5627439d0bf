// What became of each edge of a run: taken, flowing (its end is at work), faded (never taken), or still open. Pure.
import { takenWhen } from '@gathering/contract/branches';
import { errorBranch, type PipelineEdge, type PipelineNode } from '@gathering/contract/pipeline-definition';
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

/** Whether its run goes on behind it: it ended well, or failed where its definition lets the run go on. */
export function goesOn({ run, node }: TracedNode): boolean {
  if (run.status === 'completed') return true;
  const hasFailed = run.status === 'failed' || run.status === 'timed_out';
  return hasFailed && (node.onError === 'continue' || node.onError === 'route');
}

/** Whether the branch that a node took leads along this edge. */
export function leadsAlong(edge: Pick<PipelineEdge, 'when'>, { run, node }: TracedNode): boolean {
  const when = takenWhen(edge, node);
  return when === null ? run.branch !== errorBranch : run.branch === when;
}

export function tellEdge(edge: PipelineEdge, nodes: ReadonlyMap<string, TracedNode>, isRunEnded: boolean): EdgeState {
  const from = nodes.get(edge.from);
  const to = nodes.get(edge.to)?.run;
  if (!from || !to) return 'open';
  if (!goesOn(from)) return endedStatuses.includes(from.run.status) || isRunEnded ? 'faded' : 'open';
  if (!leadsAlong(edge, from) || to.status === 'skipped') return 'faded';
  if (to.status === 'running' || to.status === 'waiting') return 'flowing';
  if (to.status === 'pending') return isRunEnded ? 'faded' : 'open';
  return 'taken';
}
