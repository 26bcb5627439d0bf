// Whether a run can be forked from one of its nodes, what must be given for it, and what its nodes count as then. Pure, and the
// same in the browser as on the server: what one offers the other grants.
import { isTaken } from './branches.ts';
import type { OnError } from './pipeline-definition.ts';
import type { NodeStatus } from './pipelines.ts';

export interface ForkedNode {
  readonly id: string;
  readonly type: string;
  readonly status: NodeStatus;
  readonly branch: string | null;
  /** It failed, and its run went on all the same. */
  readonly isOvercome: boolean;
}

export interface ForkedEdge {
  readonly from: ForkedNode;
  readonly to: string;
  /** The branch under which it is taken; null: always. */
  readonly when: string | null;
}

/** They hand on the input, choose a way, ask people: nobody can give their outputs. */
export const ungivenTypes = ['trigger', 'condition', 'approval'] as const;

export const isOvercome = (status: NodeStatus, onError: OnError | undefined): boolean =>
  (status === 'failed' || status === 'timed_out') && (onError === 'continue' || onError === 'route');

export const hasArrived = (node: Pick<ForkedNode, 'status' | 'isOvercome'>): boolean =>
  node.status === 'completed' || node.status === 'skipped' || node.isOvercome;

/** What an earlier node counts as in the fork; null: it begins anew, as triggers do to hand on the input of the new run. */
export function keepNode(node: ForkedNode, isGiven: boolean): Pick<ForkedNode, 'status' | 'branch'> | null {
  if (node.type === 'trigger') return null;
  // What is given in the place of what a wait would have heard has arrived.
  if (isGiven) return { status: 'completed', branch: node.type === 'wait' ? 'arrived' : null };
  return hasArrived(node) ? { status: node.status, branch: node.branch } : null;
}

/**
 * `missing` are the nodes whose outputs must be given: what comes before and has not arrived, as far back as nothing has. What a
 * join went on without may still be open. `isCutOff`: no edge that is taken leads to the node, also once these are given.
 */
export function judgeFork(edges: readonly ForkedEdge[], nodeId: string, given?: ReadonlyMap<string, unknown>) {
  const missing = findBack(edges, nodeId, (node) => node.type !== 'trigger' && !hasArrived(node));
  const into = edges.filter(({ to }) => to === nodeId);
  const isFaded = ({ from, when }: ForkedEdge): boolean => {
    const kept = keepNode(from, missing.has(from.id) || given?.has(from.id) === true);
    return kept !== null && (kept.status === 'skipped' || !isTaken(kept.branch, when));
  };
  return { missing, isCutOff: into.length > 0 && into.every(isFaded) };
}

/** All before a node that the test holds for, as far back as it holds without a gap, nearest first. */
export function findBack(edges: readonly ForkedEdge[], nodeId: string, holds: (node: ForkedNode) => boolean) {
  const parents = new Map<string, string[]>();
  for (const { from, to } of edges) if (holds(from)) parents.set(to, [...(parents.get(to) ?? []), from.id]);
  const found = new Set(parents.get(nodeId));
  for (const id of found) for (const parent of parents.get(id) ?? []) found.add(parent);
  return found;
}
