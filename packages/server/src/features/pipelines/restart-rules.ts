// Pure decisions about runs that begin again: which nodes a retry repeats, what a fork takes over, and the counters of both.
import type { Fault } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { NodeStatus } from '@gathering/contract/pipelines';
import { isTaken, type KeptNode } from './rules.ts';

/** A node of a run that has come to a stand, or of one that another is forked from. */
export interface GraphNode {
  readonly id: string;
  readonly status: NodeStatus;
  readonly type: string;
  readonly children: readonly string[];
  readonly childWhen: readonly (string | null)[];
  readonly branch: string | null;
  /** How many parents it needs; null: all that were not skipped. */
  readonly needs: number | null;
  /** It failed, and its run went on all the same. */
  readonly isOvercome: boolean;
}

export const hasArrived = ({ status, isOvercome }: Pick<GraphNode, 'status' | 'isOvercome'>): boolean =>
  status === 'completed' || status === 'skipped' || isOvercome;

/** All that follow from these nodes, themselves included. */
function withFollowers(nodes: readonly GraphNode[], roots: Iterable<string>): Set<string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Set(roots);
  for (const id of found) for (const child of byId.get(id)?.children ?? []) found.add(child);
  return found;
}

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
  for (const node of nodes) {
    node.children.forEach((child, place) => {
      const count = counts.get(child);
      if (count === undefined) return;
      if (open.has(node.id)) count.waitingFor += 1;
      else if (node.status !== 'skipped' && isTaken(node.branch, node.childWhen[place] ?? null)) count.liveParents += 1;
    });
  }
  return counts;
}

export interface ForkPlan {
  readonly kept: ReadonlyMap<string, KeptNode>;
  /** Why it cannot be forked there. */
  readonly faults: readonly Fault[];
}

/**
 * What a fork from `nodeId` takes over: all that came before it, and what beside it has ended. Outputs may be given instead.
 * Triggers are never taken over: they hand on the input of the new run.
 */
export function planFork(nodes: readonly GraphNode[], nodeId: string, outputs: ReadonlyMap<string, Json>): ForkPlan {
  const before = findBefore(nodes, nodeId, () => true);
  // What a join went on without may still be open: it is begun again beside the rest.
  const required = findBefore(nodes, nodeId, (node) => !hasArrived(node));
  const after = withFollowers(nodes, [nodeId]);
  const kept = new Map<string, KeptNode>();
  const faults = [...outputs.keys()].flatMap((id) => judgeOutput(nodes, id, before));
  for (const node of nodes) {
    const given = outputs.get(node.id);
    if (node.type === 'trigger' || after.has(node.id)) continue;
    if (given !== undefined)
      kept.set(node.id, { status: 'completed', branch: branchOfGiven(node.type), output: given });
    else if (hasArrived(node)) kept.set(node.id, { status: node.status, branch: node.branch });
    else if (required.has(node.id))
      faults.push({
        at: `/outputs/${node.id}`,
        in: 'body',
        rule: 'not-ended',
        message: `Node "${node.id}" comes before and has not ended in that run: give its output, or fork from it.`,
        nodeId: node.id,
      });
  }
  if (faults.length === 0 && isCutOff(nodes, nodeId, kept))
    faults.push({
      at: '/nodeId',
      in: 'body',
      rule: 'skipped',
      message: `No edge that was taken leads to node "${nodeId}": fork from the condition that decided so.`,
      nodeId,
    });
  return { kept, faults };
}

/** What is given in the place of what a wait would have heard has arrived. */
const branchOfGiven = (type: string): string | null => (type === 'wait' ? 'arrived' : null);

/** Its parents, and those of every node found that `goesOn` holds for. */
function findBefore(nodes: readonly GraphNode[], nodeId: string, goesOn: (node: GraphNode) => boolean): Set<string> {
  const parents = new Map<string, GraphNode[]>();
  for (const node of nodes)
    for (const child of node.children) parents.set(child, [...(parents.get(child) ?? []), node]);
  const found = new Set(parents.get(nodeId) ?? []);
  for (const node of found) if (goesOn(node)) for (const parent of parents.get(node.id) ?? []) found.add(parent);
  return new Set([...found].map(({ id }) => id));
}

function judgeOutput(nodes: readonly GraphNode[], id: string, before: ReadonlySet<string>): Fault[] {
  const fault = (rule: string, message: string): Fault[] => [
    { at: `/outputs/${id}`, in: 'body', rule, message, nodeId: id },
  ];
  const node = nodes.find((one) => one.id === id);
  if (node === undefined) return fault('unknown-node', `There is no node "${id}".`);
  if (!before.has(id)) return fault('not-before', `Node "${id}" does not come before: it runs again.`);
  if (node.type === 'trigger') return fault('trigger', `Node "${id}" hands on the input: give the input instead.`);
  if (node.type === 'condition')
    return fault('condition', `Node "${id}" decides a way, no value: fork from it, or from the way that you want.`);
  if (node.type === 'approval')
    return fault('approval', `People decide node "${id}": fork from it, and they are asked.`);
  return [];
}

function isCutOff(nodes: readonly GraphNode[], nodeId: string, kept: ReadonlyMap<string, KeptNode>): boolean {
  const edges = nodes.flatMap((node) =>
    node.children.flatMap((child, place) => (child === nodeId ? [{ node, when: node.childWhen[place] ?? null }] : [])),
  );
  return (
    edges.length > 0 &&
    edges.every(({ node, when }) => {
      const origin = kept.get(node.id);
      return origin !== undefined && (origin.status === 'skipped' || !isTaken(origin.branch, when));
    })
  );
}
