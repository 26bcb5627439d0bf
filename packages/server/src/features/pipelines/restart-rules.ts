// Pure decisions about runs that begin again: which nodes a retry repeats, what a fork takes over, and the counters of both.
import { reach } from '@gathering/contract/ancestors';
import { isTaken } from '@gathering/contract/branches';
import type { Fault } from '@gathering/contract/errors';
import { type ForkedNode, findBack, hasArrived, judgeFork, keepNode, ungivenTypes } from '@gathering/contract/forks';
import type { Json } from '@gathering/contract/json';
import type { KeptNode } from './rules.ts';

/** A node of a run that has come to a stand, or of one that another is forked from. */
export interface GraphNode extends ForkedNode {
  readonly children: readonly string[];
  readonly childWhen: readonly (string | null)[];
  /** How many parents it needs; null: all that were not skipped. */
  readonly needs: number | null;
}

const edgesOf = (nodes: readonly GraphNode[]) =>
  nodes.flatMap((from) => from.children.map((to, place) => ({ from, to, when: from.childWhen[place] ?? null })));

/**
 * The nodes that are begun again when a run is retried: those that did not arrive. What has ended stays as it is, skipped
 * ones too, wherever they stand: nodes that had arrived decided it, and they stay.
 */
export const findRetried = (nodes: readonly GraphNode[]): Set<string> =>
  new Set(nodes.filter((node) => !hasArrived(node)).map((node) => node.id));

/** The counters of open nodes, from what has become of the others: edges that are still to come, and those that were taken. */
export function countArrivals(
  nodes: readonly GraphNode[],
  open: ReadonlySet<string>,
): Map<string, { waitingFor: number; liveParents: number }> {
  const counts = new Map([...open].map((id) => [id, { waitingFor: 0, liveParents: 0 }]));
  for (const { from, to, when } of edgesOf(nodes)) {
    const count = counts.get(to);
    if (count === undefined) continue;
    if (open.has(from.id)) count.waitingFor += 1;
    else if (from.status !== 'skipped' && isTaken(from.branch, when)) count.liveParents += 1;
  }
  return counts;
}

export interface ForkPlan {
  readonly kept: ReadonlyMap<string, KeptNode>;
  /** Why it cannot be forked there. */
  readonly faults: readonly Fault[];
}

/** What a fork from `nodeId` takes over: all that came before it, and what beside it has ended. Outputs may be given instead. */
export function planFork(nodes: readonly GraphNode[], nodeId: string, outputs: ReadonlyMap<string, Json>): ForkPlan {
  const edges = edgesOf(nodes);
  const { missing, isCutOff } = judgeFork(edges, nodeId, outputs);
  const before = findBack(edges, nodeId, () => true);
  const after = reach([nodeId], new Map(nodes.map(({ id, children }) => [id, children])));
  const kept = new Map<string, KeptNode>();
  const faults = [...outputs.keys()].flatMap((id) => judgeOutput(nodes, id, before));
  for (const node of nodes) {
    if (after.has(node.id)) continue;
    const output = outputs.get(node.id);
    const state = keepNode(node, output !== undefined);
    if (state !== null) kept.set(node.id, output === undefined ? state : { ...state, output });
    else if (missing.has(node.id))
      faults.push({
        at: `/outputs/${node.id}`,
        in: 'body',
        rule: 'not-ended',
        message: `Node "${node.id}" comes before and has not ended in that run: give its output, or fork from it.`,
        nodeId: node.id,
      });
  }
  if (faults.length === 0 && isCutOff)
    faults.push({
      at: '/nodeId',
      in: 'body',
      rule: 'skipped',
      message: `No edge that was taken leads to node "${nodeId}": fork from the condition that decided so.`,
      nodeId,
    });
  return { kept, faults };
}

const whyUngiven: Record<(typeof ungivenTypes)[number], (id: string) => string> = {
  trigger: (id) => `Node "${id}" hands on the input: give the input instead.`,
  condition: (id) => `Node "${id}" decides a way, no value: fork from it, or from the way that you want.`,
  approval: (id) => `People decide node "${id}": fork from it, and they are asked.`,
};

function judgeOutput(nodes: readonly GraphNode[], id: string, before: ReadonlySet<string>): Fault[] {
  const fault = (rule: string, message: string): Fault[] => [
    { at: `/outputs/${id}`, in: 'body', rule, message, nodeId: id },
  ];
  const node = nodes.find((one) => one.id === id);
  if (node === undefined) return fault('unknown-node', `There is no node "${id}".`);
  if (!before.has(id)) return fault('not-before', `Node "${id}" does not come before: it runs again.`);
  const type = ungivenTypes.find((one) => one === node.type);
  return type === undefined ? [] : fault(type, whyUngiven[type](id));
}
