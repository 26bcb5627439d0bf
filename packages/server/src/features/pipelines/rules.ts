// Pure decisions about graphs and runs: how a definition is laid out as rows, what is ready at the start,
// what the end of a node means. No I/O, no clock.
import { isTaken, takenWhen } from '@gathering/contract/branches';
import type { Json } from '@gathering/contract/json';
import type { NodeType, PipelineDefinition, PipelineEdge, PipelineNode } from '@gathering/contract/pipeline-definition';
import type { NodeStatus, RunStatus, WaitingKind } from '@gathering/contract/pipelines';
import type { ControlKind } from './nodes/control-kind.ts';
import { joinNode, needsOf } from './nodes/join.ts';
import { parallelNode } from './nodes/parallel.ts';
import { triggerNode } from './nodes/trigger.ts';

/** Types that are decided inside the settling transaction and never become a job. */
const controlKinds: readonly ControlKind<NodeType>[] = [triggerNode, parallelNode, joinNode];
export const isControl = (type: string): boolean => controlKinds.some((kind) => kind.type === type);

export const activeRunStatuses: readonly RunStatus[] = ['pending', 'running', 'waiting', 'paused'];
export const isActive = (status: string): boolean => (activeRunStatuses as readonly string[]).includes(status);

export interface LaidOutNode {
  readonly node: PipelineNode;
  readonly children: readonly string[];
  /** For each child the branch under which the edge is taken; null: always. */
  readonly childWhen: readonly (string | null)[];
  /** How many parents it needs; null: all that were not skipped. */
  readonly needs: number | null;
  waitingFor: number;
  liveParents: number;
  status: NodeStatus;
  /** What was kept of another run is given anew. */
  readonly output: Json;
  /** Its output is the input of its run instead. */
  givesInput: boolean;
  readonly branch: string | null;
  /** Taken over from another run. */
  readonly isCopied: boolean;
}

/** What a node counts as when its run begins. Without an output it is that of the run which it is taken over from. */
export interface KeptNode {
  readonly status: NodeStatus;
  readonly branch: string | null;
  readonly output?: Json;
}

type Layout = LaidOutNode & { children: string[]; childWhen: (string | null)[]; isRoot: boolean };

/**
 * The rows with which a run begins: the trigger and all control nodes behind it are done already, and so is what is `kept`.
 * `ready` are the nodes whose work begins now, in the order of the definition.
 */
export function layOutRun(
  definition: PipelineDefinition,
  kept: ReadonlyMap<string, KeptNode> = new Map(),
): { nodes: LaidOutNode[]; ready: LaidOutNode[] } {
  const byId = new Map(
    definition.nodes.map((node): [string, Layout] => [node.id, layOutNode(node, kept.get(node.id))]),
  );
  for (const edge of definition.edges) layOutEdge(edge, byId);
  const ready: LaidOutNode[] = [];
  const pending: Layout[] = [...byId.values()].filter((node) => isReady(node) && !node.isCopied);
  for (let node = pending.shift(); node !== undefined; node = pending.shift()) {
    const { type } = node.node;
    const decision = node.isRoot ? decideReady(type, 1) : decideReady(type, node.liveParents, node.needs);
    if (decision === 'run') {
      ready.push(node);
      continue;
    }
    node.status = decision === 'skip' ? 'skipped' : 'completed';
    node.givesInput = decision !== 'skip' && givesInput(type);
    pending.push(...arrive(node, byId));
  }
  return { nodes: [...byId.values()], ready };
}

/** Answers the children of which it is decided now what becomes of them. */
function arrive(node: Layout, byId: ReadonlyMap<string, Layout>): Layout[] {
  return node.children.flatMap((id) => {
    const child = byId.get(id);
    if (!child || child.isCopied || isReady(child)) return [];
    child.waitingFor -= 1;
    if (node.status === 'completed') child.liveParents += 1;
    return isReady(child) ? [child] : [];
  });
}

/** What has been kept has arrived already. */
function layOutEdge(edge: PipelineEdge, byId: ReadonlyMap<string, Layout>): void {
  const { from, to } = edge;
  const source = byId.get(from);
  const target = byId.get(to);
  if (!source || !target) throw new Error(`Edge ${from} -> ${to} was not checked before the run.`);
  const when = takenWhen(edge, source.node);
  source.children.push(to);
  source.childWhen.push(when);
  target.isRoot = false;
  if (target.isCopied) return;
  if (!source.isCopied) target.waitingFor += 1;
  else if (source.status !== 'skipped' && isTaken(source.branch, when)) target.liveParents += 1;
}

function layOutNode(node: PipelineNode, kept: KeptNode | undefined): Layout {
  return {
    node,
    children: [],
    childWhen: [],
    needs: needsOf(node),
    waitingFor: 0,
    liveParents: 0,
    status: kept?.status ?? 'pending',
    output: kept?.output ?? null,
    givesInput: false,
    branch: kept?.branch ?? null,
    isCopied: kept !== undefined,
    isRoot: true,
  };
}

export function controlOutput(type: string, input: Json): Json {
  return givesInput(type) ? input : null;
}

function givesInput(type: string): boolean {
  return controlKinds.some((kind) => kind.type === type && kind.givesInput);
}

/** Whether it is decided what becomes of a node; `store/settle-nodes.ts` has the same rule. */
export function isReady({ needs, waitingFor, liveParents }: Pick<LaidOutNode, 'needs' | 'waitingFor' | 'liveParents'>) {
  if (needs === null) return waitingFor === 0;
  return liveParents >= needs || liveParents + waitingFor < needs;
}

/** What becomes of a node that is ready. */
export function decideReady(
  type: string,
  liveParents: number,
  needs: number | null = null,
): 'skip' | 'complete' | 'run' {
  if (liveParents < (needs ?? 1)) return 'skip';
  return isControl(type) ? 'complete' : 'run';
}

/** The job that does the work of a node of this type. */
export function jobNameOf(type: string): 'pipelines.run-node' | 'pipelines.run-agent-node' {
  return type === 'agent' ? 'pipelines.run-agent-node' : 'pipelines.run-node';
}

/** That job, under the id by which it owns the node, with the priority of its run or its place in a crowd. */
export function nodeJob<P extends number | undefined>(
  type: string,
  { runId, nodeId, jobId }: { runId: string; nodeId: string; jobId: string },
  priority: P,
) {
  return { name: jobNameOf(type), id: jobId, payload: { runId, nodeId, jobId }, priority };
}

/** The queue of a node's job where the worker that made it ready may do its work at once; null: it may not. */
export function inlineQueueOf(type: string): string | null {
  if (isControl(type) || type === 'delay') return null;
  return type === 'agent' ? 'agents' : 'quick';
}

/** What comes by itself at its time; whatever else is waited for makes the job when it comes. */
export const isTimed = (kind: WaitingKind): boolean => kind === 'time' || kind === 'retry';

/** The instant before which a node's job does not begin; null: at once. */
export function startAfterOf(type: string, config: { readonly [key: string]: unknown }, now: Date): Date | null {
  if (type !== 'delay' || typeof config.seconds !== 'number') return null;
  return new Date(now.getTime() + config.seconds * 1000);
}

/** Which of the runs that wait for their turn may begin; each group is served in the order of the list. */
export function mayBegin(
  pending: readonly { readonly id: string; readonly concurrency_group: string; readonly concurrency_limit: number }[],
  counts: ReadonlyMap<string, { readonly holding: number }>,
): string[] {
  const holding = new Map([...counts].map(([group, count]) => [group, count.holding]));
  const full = new Set<string>();
  return pending.flatMap(({ id, concurrency_group: group, concurrency_limit: limit }) => {
    const held = holding.get(group) ?? 0;
    if (full.has(group) || held >= limit) {
      full.add(group);
      return [];
    }
    holding.set(group, held + 1);
    return [id];
  });
}
