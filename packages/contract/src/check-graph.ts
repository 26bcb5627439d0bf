// Validation of a pipeline's graph: names every fault with its node. Pure, and the same code in the
// editor, at save, before a run and for files. Linear in nodes and edges.
import type * as z from 'zod';
import type { Fault } from './errors.ts';
import { checkExpression, type ParsedExpression } from './expressions.ts';
import {
  type NodeType,
  nodeConfigSchemas,
  nodeTypes,
  type PipelineDefinition,
  type PipelineEdge,
  type PipelineNode,
  whenValues,
} from './pipeline-definition.ts';
import { checkTemplate, textsOf } from './templates.ts';

/** What the graph refers to but does not hold. Left out parts are not checked. */
export interface KnownNames {
  /** Ids and handles of agents. */
  readonly agents?: ReadonlySet<string>;
  readonly tools?: ReadonlySet<string>;
}

const shorten = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

export function isNodeType(type: string): type is NodeType {
  return (nodeTypes as readonly string[]).includes(type);
}

/** Translates zod's issues of a node's config into faults that name the key. */
function configFaults(node: PipelineNode, index: number, issues: readonly z.core.$ZodIssue[], prefix = ''): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const at = `/nodes/${index}/config${prefix}${issue.path.map((part) => `/${String(part)}`).join('')}`;
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        at: `${at}/${key}`,
        rule: 'unknown-key',
        message: `Node "${node.id}" (${node.type}) has no setting "${key}".`,
        nodeId: node.id,
      }));
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const closest = issue.errors.reduce((best, one) => (one.length < best.length ? one : best));
      return configFaults(node, index, closest, `${prefix}${issue.path.map((part) => `/${String(part)}`).join('')}`);
    }
    const key = issue.path.join('.') || (issue.code === 'invalid_union' ? 'kind' : 'config');
    const missing =
      issue.code === 'invalid_type' && issue.input === undefined && /received undefined/.test(issue.message);
    return [
      {
        at,
        rule: missing ? 'missing-key' : issue.code,
        message: missing
          ? `Node "${node.id}" (${node.type}) needs the setting "${key}".`
          : `Node "${node.id}" (${node.type}), setting "${key}": ${issue.message}.`,
        nodeId: node.id,
      },
    ];
  });
}

/** One cycle as a path of node ids whose first and last are the same; null: there is none. */
export function findCycle(ids: readonly string[], next: ReadonlyMap<string, readonly string[]>): string[] | null {
  const state = new Map<string, 'open' | 'closed'>();
  for (const root of ids) {
    if (state.has(root)) continue;
    const path: Array<{ id: string; child: number }> = [{ id: root, child: 0 }];
    state.set(root, 'open');
    while (path.length > 0) {
      const top = path[path.length - 1] as { id: string; child: number };
      const child = next.get(top.id)?.[top.child];
      top.child += 1;
      if (child === undefined) {
        state.set(top.id, 'closed');
        path.pop();
      } else if (state.get(child) === 'open') {
        const from = path.findIndex((entry) => entry.id === child);
        return [...path.slice(from).map((entry) => entry.id), child];
      } else if (!state.has(child)) {
        state.set(child, 'open');
        path.push({ id: child, child: 0 });
      }
    }
  }
  return null;
}

function reach(roots: readonly string[], next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set(roots);
  const pending = [...roots];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    for (const child of next.get(id) ?? []) {
      if (!seen.has(child)) {
        seen.add(child);
        pending.push(child);
      }
    }
  }
  return seen;
}

function checkEdge(edge: PipelineEdge, index: number, nodes: ReadonlyMap<string, PipelineNode>): Fault[] {
  const label = `${edge.from} -> ${edge.to}`;
  const fault = (rule: string, message: string, key: string): Fault => ({
    at: `/edges/${index}/${key}`,
    rule,
    message,
    edge: label,
    nodeId: nodes.has(edge.from) ? edge.from : undefined,
  });
  const faults: Fault[] = [];
  for (const key of ['from', 'to'] as const) {
    if (!nodes.has(edge[key]))
      faults.push(fault('dangling-edge', `Edge ${label}: there is no node "${edge[key]}".`, key));
  }
  if (edge.from === edge.to) faults.push(fault('self-edge', `Edge ${label} leads from a node to itself.`, 'to'));
  const source = nodes.get(edge.from);
  const isCondition = source?.type === 'condition';
  if (source && isCondition && !(whenValues as readonly string[]).includes(edge.when ?? '')) {
    faults.push(fault('edge-when', `Edge ${label} leaves a condition: it needs when "then" or "else".`, 'when'));
  }
  if (source && !isCondition && edge.when !== undefined)
    faults.push(fault('edge-when', `Edge ${label} leaves no condition: it takes no "when".`, 'when'));
  if (nodes.get(edge.to)?.type === 'trigger')
    faults.push(fault('edge-into-trigger', `Edge ${label} leads into a trigger, where a run begins.`, 'to'));
  return faults;
}

function checkConfig(node: PipelineNode, index: number, known: KnownNames): Fault[] {
  if (!isNodeType(node.type)) {
    return [
      {
        at: `/nodes/${index}/type`,
        rule: 'unknown-type',
        message: `Node "${node.id}" has the unknown type "${node.type}".`,
        got: node.type,
        example: nodeTypes.join(', '),
        nodeId: node.id,
      },
    ];
  }
  const parsed = nodeConfigSchemas[node.type].safeParse(node.config, { reportInput: true });
  if (!parsed.success) return configFaults(node, index, parsed.error.issues);
  const faults: Fault[] = [];
  if (node.type === 'agent' && known.agents && !known.agents.has(String(node.config.agentId))) {
    faults.push({
      at: `/nodes/${index}/config/agentId`,
      rule: 'unknown-agent',
      message: `Node "${node.id}": there is no agent "${String(node.config.agentId)}".`,
      got: shorten(node.config.agentId),
      nodeId: node.id,
    });
  }
  if (
    node.type === 'action' &&
    node.config.kind === 'callTool' &&
    known.tools &&
    !known.tools.has(String(node.config.tool))
  ) {
    faults.push({
      at: `/nodes/${index}/config/tool`,
      rule: 'unknown-tool',
      message: `Node "${node.id}": there is no tool "${String(node.config.tool)}".`,
      got: shorten(node.config.tool),
      nodeId: node.id,
    });
  }
  return faults;
}

/** The texts of a node that hold expressions; JSON Schemas in a config hold none. */
function* expressionsOf(node: PipelineNode): Generator<{ pointer: string; parsed: ParsedExpression }> {
  if (node.type === 'condition') {
    if (typeof node.config.expression === 'string')
      yield { pointer: '/expression', parsed: checkExpression(node.config.expression, 'bool') };
    return;
  }
  const { input: _input, outputSchema: _outputSchema, agentId: _agentId, ...rest } = node.config;
  for (const { text, pointer } of textsOf(rest))
    if (text.includes('{{')) yield { pointer, parsed: checkTemplate(text) };
}

/** The nodes that must have ended before `id` begins. */
function ancestorsOf(id: string, previous: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = reach([id], previous);
  seen.delete(id);
  return seen;
}

function checkExpressions(definition: PipelineDefinition, previous: ReadonlyMap<string, readonly string[]>): Fault[] {
  const ids = new Set(definition.nodes.map((node) => node.id));
  return definition.nodes.flatMap((node, index) => {
    let ancestors: Set<string> | null = null;
    return [...expressionsOf(node)].flatMap(({ pointer, parsed }): Fault[] => {
      const at = `/nodes/${index}/config${pointer}`;
      const faults: Fault[] = parsed.faults.map((fault) => ({
        at,
        rule: 'bad-expression',
        message: `Node "${node.id}": ${fault.message} (column ${fault.column}).`,
        column: fault.column,
        nodeId: node.id,
      }));
      for (const used of parsed.nodeIds) {
        ancestors ??= ancestorsOf(node.id, previous);
        if (ancestors.has(used.id)) continue;
        const why = ids.has(used.id) ? `node "${used.id}" does not come before it` : `there is no node "${used.id}"`;
        faults.push({
          at,
          rule: 'unknown-reference',
          message: `Node "${node.id}": ${why} (column ${used.column}).`,
          column: used.column,
          nodeId: node.id,
        });
      }
      return faults;
    });
  });
}

function groupBy(edges: readonly PipelineEdge[], key: 'from' | 'to', value: 'from' | 'to'): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const edge of edges) {
    const group = groups.get(edge[key]);
    if (group) group.push(edge[value]);
    else groups.set(edge[key], [edge[value]]);
  }
  return groups;
}

/** All faults of a definition that has the right form. An empty list: it can run. */
export function checkGraph(definition: PipelineDefinition, known: KnownNames = {}): Fault[] {
  const faults: Fault[] = [];
  const nodes = new Map<string, PipelineNode>();
  definition.nodes.forEach((node, index) => {
    if (nodes.has(node.id))
      faults.push({
        at: `/nodes/${index}/id`,
        rule: 'duplicate-id',
        message: `Two nodes have the id "${node.id}".`,
        nodeId: node.id,
      });
    nodes.set(node.id, node);
    faults.push(...checkConfig(node, index, known));
  });
  const seenEdges = new Set<string>();
  definition.edges.forEach((edge, index) => {
    faults.push(...checkEdge(edge, index, nodes));
    const key = JSON.stringify([edge.from, edge.to, edge.when ?? '']);
    if (seenEdges.has(key))
      faults.push({
        at: `/edges/${index}`,
        rule: 'duplicate-edge',
        message: `Edge ${edge.from} -> ${edge.to} stands twice.`,
        edge: `${edge.from} -> ${edge.to}`,
      });
    seenEdges.add(key);
  });
  const sound = definition.edges.filter((edge) => nodes.has(edge.from) && nodes.has(edge.to) && edge.from !== edge.to);
  const next = groupBy(sound, 'from', 'to');
  const previous = groupBy(sound, 'to', 'from');
  const cycle = findCycle([...nodes.keys()], next);
  if (cycle)
    faults.push({
      at: '/edges',
      rule: 'cycle',
      message: `The pipeline runs in a circle: ${cycle.join(' -> ')}.`,
      nodeId: cycle[0],
    });
  const triggers = definition.nodes.filter((node) => node.type === 'trigger');
  if (triggers.length === 0)
    faults.push({
      at: '/nodes',
      rule: 'missing-trigger',
      message: 'The pipeline has no trigger: add a node of type "trigger" where a run begins.',
    });
  if (triggers.length > 1)
    faults.push({
      at: '/nodes',
      rule: 'many-triggers',
      message: `The pipeline has ${triggers.length} triggers (${triggers.map((node) => node.id).join(', ')}): keep one.`,
      nodeId: triggers[1]?.id,
    });
  const reached = reach(
    triggers.map((node) => node.id),
    next,
  );
  if (triggers.length > 0) {
    definition.nodes.forEach((node, index) => {
      if (!reached.has(node.id))
        faults.push({
          at: `/nodes/${index}`,
          rule: 'unreachable',
          message: `Node "${node.id}" cannot be reached from the trigger.`,
          nodeId: node.id,
        });
    });
  }
  faults.push(...checkExpressions(definition, previous));
  return faults;
}
