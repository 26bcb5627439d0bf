// Says whether a run can be forked from one of its nodes, and what must be given for it. Pure; the server has the last word.
import { takenWhen } from '@gathering/contract/branches';
import { type ForkedEdge, findBack, isOvercome, judgeFork, ungivenTypes } from '@gathering/contract/forks';
import type { Run } from '@gathering/contract/pipelines';
import { traceNodes } from './tell-edges.ts';

export interface ForkPlace {
  /** Ids of earlier nodes that have not ended: their outputs must be given. */
  readonly missing: readonly string[];
  /** Why it cannot be forked there, and from where instead; null: it can. */
  readonly refusal: string | null;
}

type Traced = Pick<Run, 'definition' | 'nodes'>;

export function readFork(run: Traced, nodeId: string): ForkPlace {
  const edges = edgesOf(run);
  const place = judgeFork(edges, nodeId);
  const missing = [...place.missing];
  const nodes = new Map(run.nodes.map((node) => [node.id, node]));
  const nameOf = (id: string): string => nodes.get(id)?.name || id;
  const undecided = missing.find((id) => nodes.get(id)?.type === 'condition');
  if (undecided !== undefined)
    return { missing, refusal: `“${nameOf(undecided)}”, which comes before, has not decided yet.` };
  const ungiven = missing.find((id) => ungivenTypes.some((type) => type === nodes.get(id)?.type));
  const waits = place.isCutOff ? missing[0] : ungiven;
  if (waits !== undefined) return { missing, refusal: `“${nameOf(waits)}”, which comes before, has not ended yet.` };
  if (!place.isCutOff) return { missing, refusal: null };
  const skipped = findBack(edges, nodeId, ({ status }) => status === 'skipped').add(nodeId);
  const decided = edges.find(({ from, to }) => skipped.has(to) && !skipped.has(from.id))?.from.id;
  const where = decided === undefined ? '' : `: fork from “${nameOf(decided)}”, which chose another one`;
  return { missing, refusal: `No way that was taken leads here${where}.` };
}

function edgesOf(forked: Traced): ForkedEdge[] {
  const traced = traceNodes(forked);
  return forked.definition.edges.flatMap((edge) => {
    const one = traced.get(edge.from);
    if (one === undefined) return [];
    const { run, node } = one;
    const from = { ...run, id: edge.from, type: node.type, isOvercome: isOvercome(run.status, node.onError) };
    return [{ from, to: edge.to, when: takenWhen(edge, node) }];
  });
}
