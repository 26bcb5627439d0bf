// Pure decisions about graphs and runs: how a definition is laid out as rows, what is ready at the start,
// what the end of a node means. No I/O, no clock.
import { takenWhen } from '@gathering/contract/branches';
import type { Json } from '@gathering/contract/json';
import type { NodeType, PipelineDefinition, PipelineNode } from '@gathering/contract/pipeline-definition';
import type { NodeStatus, RunStatus } from '@gathering/contract/pipelines';
import type { ControlKind } from './nodes/control-kind.ts';
import { joinNode, needsOf } from './nodes/join.ts';
import { parallelNode } from './nodes/parallel.ts';
import { triggerNode } from './nodes/trigger.ts';

/** Types that are decided inside the settling transaction and never become a job. */
const controlKinds: readonly ControlKind<NodeType>[] = [triggerNode, parallelNode, joinNode];
export const isControl = (type: string): boolean => controlKinds.some((kind) => kind.type === type);

export const activeRunStatuses: readonly RunStatus[] = ['pending', 'running', 'waiting'];
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
  output: Json;
}

/**
 * The rows with which a run begins: the trigger and all control nodes behind it are done already.
 * `ready` are the nodes whose work begins now, in the order of the definition.
 */
export function layOutRun(definition: PipelineDefinition, input: Json): { nodes: LaidOutNode[]; ready: LaidOutNode[] } {
  const byId = new Map<string, LaidOutNode & { children: string[]; childWhen: (string | null)[] }>();
  for (const node of definition.nodes) {
    byId.set(node.id, {
      node,
      children: [],
      childWhen: [],
      needs: needsOf(node),
      waitingFor: 0,
      liveParents: 0,
      status: 'pending',
      output: null,
    });
  }
  for (const edge of definition.edges) {
    const source = byId.get(edge.from);
    const target = byId.get(edge.to);
    if (!source || !target) throw new Error(`Edge ${edge.from} -> ${edge.to} was not checked before the run.`);
    source.children.push(edge.to);
    source.childWhen.push(takenWhen(edge, source.node));
    target.waitingFor += 1;
  }
  const ready: LaidOutNode[] = [];
  const pending: LaidOutNode[] = [...byId.values()].filter((node) => node.waitingFor === 0);
  for (let node = pending.shift(); node !== undefined; node = pending.shift()) {
    if (!isControl(node.node.type)) {
      ready.push(node);
      continue;
    }
    node.status = 'completed';
    node.output = controlOutput(node.node.type, input);
    for (const id of node.children) {
      const child = byId.get(id);
      if (!child || isReady(child)) continue;
      child.waitingFor -= 1;
      child.liveParents += 1;
      if (isReady(child)) pending.push(child);
    }
  }
  return { nodes: [...byId.values()], ready };
}

export function controlOutput(type: string, input: Json): Json {
  return controlKinds.find((kind) => kind.type === type)?.output(input) ?? null;
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

/** That job, under the id by which it owns the node. */
export function nodeJob(type: string, { runId, nodeId, jobId }: { runId: string; nodeId: string; jobId: string }) {
  return { name: jobNameOf(type), id: jobId, payload: { runId, nodeId, jobId } };
}

/** The queue of a node's job where the worker that made it ready may do its work at once; null: it may not. */
export function inlineQueueOf(type: string): string | null {
  if (isControl(type) || type === 'delay') return null;
  return type === 'agent' ? 'agents' : 'quick';
}

/** The instant before which a node's job does not begin; null: at once. */
export function startAfterOf(type: string, config: { readonly [key: string]: unknown }, now: Date): Date | null {
  if (type !== 'delay' || typeof config.seconds !== 'number') return null;
  return new Date(now.getTime() + config.seconds * 1000);
}
