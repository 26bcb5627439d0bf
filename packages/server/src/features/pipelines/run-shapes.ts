// The graphs of runs that this process has begun, as far as they never change while a run goes on: with them it is known
// before the database answers what follows from the end of a node. What is not remembered is asked.
import { isTaken } from '@gathering/contract/branches';
import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import { type BoundedMap, createBoundedMap } from '../../platform/bounded-map.ts';
import type { Database } from '../../platform/db/database.ts';
import { needsOf } from './nodes/join.ts';
import { inlineQueueOf, type LaidOutNode } from './rules.ts';

interface ShapeNode {
  readonly node: PipelineNode;
  readonly children: readonly string[];
  readonly childWhen: readonly (string | null)[];
  /** Edges that lead into it. */
  readonly parents: number;
  /** Whether some of its parents are enough. */
  readonly needsSome: boolean;
}

/** Of the graph; the same for all runs that begin alike. */
export interface Shape {
  readonly nodes: ReadonlyMap<string, ShapeNode>;
  /** The node with which a run ends, if it is one alone. */
  readonly last: string | null;
}

/** A node that waits for others as well, and whether the edge to it is taken. */
export interface Arrival {
  readonly nodeId: string;
  readonly isLive: boolean;
}

/** What follows from the end of a node. */
export type Consequence =
  /** Its job goes on with the only node behind it. */
  | { readonly kind: 'goes-on'; readonly heir: PipelineNode }
  /** Those behind it wait for others. */
  | { readonly kind: 'arrives'; readonly at: readonly Arrival[] }
  | { readonly kind: 'run-ends' };

export function shapeOf(nodes: readonly LaidOutNode[]): Shape {
  const parents = new Map<string, number>();
  for (const { children } of nodes) for (const to of children) parents.set(to, (parents.get(to) ?? 0) + 1);
  const byId = nodes.map(({ node, children, childWhen }): [string, ShapeNode] => [
    node.id,
    { node, children, childWhen, parents: parents.get(node.id) ?? 0, needsSome: needsOf(node) !== null },
  ]);
  const [last, ...others] = nodes.filter(({ children }) => children.length === 0);
  return { nodes: new Map(byId), last: others.length === 0 ? (last?.node.id ?? null) : null };
}

interface BegunRun {
  readonly shape: Shape;
  /** Characters of its definition. */
  readonly size: number;
  /** Its end concerns others: a run above it, its turn, its time. */
  readonly endsForOthers: boolean;
}

/** With how many of the parents of a node have ended, by what this process knows. */
type KnownRun = BegunRun & { readonly arrived: Map<string, number> };

/** Of one database, in characters of definitions, of which runs may share one. */
const maxSize = 8 * 1024 * 1024;

const knownRuns = new WeakMap<Database, BoundedMap<KnownRun>>();

/** Call it after the commit that begins the run. */
export function rememberShape(database: Database, runId: string, begun: BegunRun): void {
  const known = knownRuns.get(database) ?? createBoundedMap<KnownRun>(maxSize, ({ size }) => size);
  knownRuns.set(database, known);
  known.set(runId, { ...begun, arrived: new Map() });
}

export function forgetShapes(database: Database, runIds: readonly string[]): void {
  for (const runId of runIds) knownRuns.get(database)?.delete(runId);
}

/**
 * What follows when this node ends by that branch, most likely; null: it takes more than this, or is not known here. Ask once for
 * each end: the node has arrived at those behind it from then on.
 */
export function foresee(
  database: Database,
  ended: { readonly runId: string; readonly nodeId: string; readonly branch: string | null; readonly mayGoOn: boolean },
): Consequence | null {
  const run = knownRuns.get(database)?.get(ended.runId);
  const own = run?.shape.nodes.get(ended.nodeId);
  if (run === undefined || own === undefined) return null;
  const { shape, arrived } = run;
  if (own.children.length === 0) return ended.nodeId === shape.last && !run.endsForOthers ? { kind: 'run-ends' } : null;
  const children = own.children.map((id) => shape.nodes.get(id));
  const isLive = own.childWhen.map((when) => isTaken(ended.branch, when));
  const [heir] = children;
  if (children.length === 1 && heir?.parents === 1)
    return ended.mayGoOn && isLive[0] && isLike(own, heir) ? { kind: 'goes-on', heir: heir.node } : null;
  const arrivals: Arrival[] = [];
  let isLastOfSome = false;
  for (const [index, child] of children.entries()) {
    if (child === undefined || child.parents < 2 || child.needsSome) return null;
    const parents = (arrived.get(child.node.id) ?? 0) + 1;
    arrived.set(child.node.id, parents);
    isLastOfSome ||= parents >= child.parents;
    arrivals.push({ nodeId: child.node.id, isLive: isLive[index] ?? false });
  }
  return isLastOfSome ? null : { kind: 'arrives', at: arrivals };
}

/** The work of both is of the same kind. Agents have turns, which a retry of the run gives anew. */
function isLike(own: ShapeNode, heir: ShapeNode): boolean {
  const queue = inlineQueueOf(heir.node.type);
  return queue === 'quick' && queue === inlineQueueOf(own.node.type);
}
