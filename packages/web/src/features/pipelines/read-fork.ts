// Whether a run can be forked from one of its nodes, and what must be given for it. Pure; the server has the last word.
import { takenWhen } from '@gathering/contract/branches';
import type { PipelineEdge } from '@gathering/contract/pipeline-definition';
import type { Run } from '@gathering/contract/pipelines';
import { goesOn, leadsAlong, type TracedNode, traceNodes } from './tell-edges.ts';

export interface ForkPlace {
  /** Ids of earlier nodes that have not ended: their outputs must be given. */
  readonly missing: readonly string[];
  /** Why it cannot be forked there, and from where instead; null: it can. */
  readonly refusal: string | null;
}

type Traced = Pick<Run, 'definition' | 'nodes'>;

export function readFork(run: Traced, nodeId: string): ForkPlace {
  const traced = traceNodes(run);
  const nameOf = (id: string): string => run.nodes.find((one) => one.id === id)?.name || id;
  const missing = findBack(run, nodeId, (id) => isOpen(traced.get(id)));
  const undecided = missing.find((id) => traced.get(id)?.node.type === 'condition');
  if (undecided !== undefined)
    return { missing, refusal: `“${nameOf(undecided)}”, which comes before, has not decided yet.` };
  const into = run.definition.edges.filter((edge) => edge.to === nodeId);
  if (into.length === 0 || !into.every((edge) => isCutOff(edge, traced.get(edge.from))))
    return { missing, refusal: null };
  const waits = missing.find((id) => into.some((edge) => edge.from === id));
  if (waits !== undefined) return { missing, refusal: `“${nameOf(waits)}”, which comes before, has not ended yet.` };
  const skipped = [nodeId, ...findBack(run, nodeId, (id) => traced.get(id)?.run.status === 'skipped')];
  const decided = run.definition.edges.find(({ from, to }) => skipped.includes(to) && !skipped.includes(from))?.from;
  const where = decided === undefined ? '' : `: fork from “${nameOf(decided)}”, which chose another one`;
  return { missing, refusal: `No way that was taken leads here${where}.` };
}

const isOpen = (one: TracedNode | undefined): boolean =>
  one !== undefined && one.node.type !== 'trigger' && one.run.status !== 'skipped' && !goesOn(one);

/** An output that is given in place of what a node has not made takes no branch. */
function isCutOff(edge: PipelineEdge, from: TracedNode | undefined): boolean {
  if (from === undefined) return false;
  if (isOpen(from)) return takenWhen(edge, from.node) !== null;
  return from.run.status === 'skipped' || !leadsAlong(edge, from);
}

/** All before a node that the test holds for, as far back as it holds without a gap. */
function findBack({ definition }: Traced, nodeId: string, holds: (id: string) => boolean): string[] {
  const found = new Set<string>();
  const open = [nodeId];
  for (const id of open)
    for (const { from, to } of definition.edges) {
      if (to !== id || found.has(from) || !holds(from)) continue;
      found.add(from);
      open.push(from);
    }
  return [...found];
}
