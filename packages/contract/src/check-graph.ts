// Validation of a pipeline's graph: names every fault with its node. Pure, and the same code in the
// editor, at save, before a run and for files. Its cost grows with nodes and edges, never with paths.
import type * as z from 'zod';
import { reach } from './ancestors.ts';
import { branchesOf, takenWhen } from './branches.ts';
import { checkExpressions } from './check-expressions.ts';
import { checkFlow } from './check-flow.ts';
import { checkPolicy } from './check-policy.ts';
import { checkSchemaBounds } from './check-schemas.ts';
import { checkSettings } from './check-settings.ts';
import type { Fault } from './errors.ts';
import { parseInstant } from './instants.ts';
import {
  errorBranch,
  type NodeType,
  nodeConfigSchemas,
  nodeTypes,
  type PipelineDefinition,
  type PipelineEdge,
  type PipelineNode,
} from './pipeline-definition.ts';

/** What the graph refers to but does not hold. Left out parts are not checked. */
export interface KnownNames {
  /** Ids and handles of agents. */
  readonly agents?: ReadonlySet<string>;
  readonly tools?: ReadonlySet<string>;
  /** Nodes that expressions may refer to although the graph does not hold them. */
  readonly given?: ReadonlySet<string>;
  /** Ids of pipelines. */
  readonly pipelines?: ReadonlySet<string>;
}

const shorten = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

export function isNodeType(type: string): type is NodeType {
  return (nodeTypes as readonly string[]).includes(type);
}

const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const isWithout = (value: unknown, key: PropertyKey | undefined): boolean =>
  typeof value === 'object' && value !== null && key !== undefined && !Object.hasOwn(value, key);

const isMissing = (issue: z.core.$ZodIssue): boolean => issue.input === undefined && issue.path.length > 0;

/** Translates zod's issues of a node's config into faults that name the key. */
function configFaults(
  node: PipelineNode,
  index: number,
  issues: readonly z.core.$ZodIssue[],
  parents: readonly PropertyKey[] = [],
): Fault[] {
  const owner = `Node "${node.id}" (${node.type})`;
  return issues.flatMap((issue): Fault[] => {
    const path = [...parents, ...issue.path];
    const fault = (rule: string, message: string, more: readonly PropertyKey[] = []): Fault => ({
      at: `/nodes/${index}/config${pointerOf([...path, ...more])}`,
      rule,
      message,
      nodeId: node.id,
    });
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => fault('unknown-key', `${owner} has no setting "${key}".`, [key]));
    if (issue.code === 'invalid_union' && issue.errors.length > 0) return unionFaults(node, index, issue.errors, path);
    const key = path.map(String).join('.') || 'config';
    if (isMissing(issue)) return [fault('missing-key', `${owner} needs the setting "${key}".`)];
    if (issue.code === 'invalid_union' && isWithout(issue.input, issue.path.at(-1)))
      return [fault('missing-key', `${owner} needs the setting "${key}". ${issue.message.replace(/^.*?\. /, '')}.`)];
    const why = issue.message.replace(/^Invalid discriminator value\. /, '').replace(/\.$/, '');
    return [fault(issue.code, `${owner}, setting "${key}": ${why}.`)];
  });
}

/** A config that fits none of several forms: the faults of the form that it misses least. */
function unionFaults(
  node: PipelineNode,
  index: number,
  forms: readonly (readonly z.core.$ZodIssue[])[],
  path: readonly PropertyKey[],
): Fault[] {
  const firsts = forms.flatMap((form) => form.slice(0, 1));
  if (Object.keys(node.config).length === 0 && firsts.every(isMissing)) {
    const keys = firsts.map((issue) => `"${[...path, ...issue.path].map(String).join('.')}"`);
    return [
      {
        at: `/nodes/${index}/config${pointerOf(path)}`,
        rule: 'missing-key',
        message: `Node "${node.id}" (${node.type}) needs the setting ${keys.join(' or ')}.`,
        nodeId: node.id,
      },
    ];
  }
  const rivals = findRivals(forms);
  if (rivals.length > 0) {
    const keys = rivals.map((key) => `"${[...path, key].map(String).join('.')}"`);
    return [
      {
        at: `/nodes/${index}/config${pointerOf([...path, ...rivals.slice(-1)])}`,
        rule: 'unknown-key',
        message: `Node "${node.id}" (${node.type}) takes only one of the settings ${keys.join(' and ')}.`,
        nodeId: node.id,
      },
    ];
  }
  const closest = forms.reduce((best, form) => (form.length < best.length ? form : best));
  return configFaults(node, index, closest, path);
}

/** Settings of which each form takes another one, where each form was given one that it does not take. */
function findRivals(forms: readonly (readonly z.core.$ZodIssue[])[]): string[] {
  const refused = forms.map((form) =>
    form.flatMap((issue) => (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [])),
  );
  const rivals = [...new Set(refused.flat())].filter((key) => !refused.every((keys) => keys.includes(key)));
  return refused.every((keys) => keys.some((key) => rivals.includes(key))) ? rivals.toSorted() : [];
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

/** What is wrong with the branch that an edge names or does not name; null: nothing. */
function describeWhen({ when }: PipelineEdge, source: PipelineNode): string | null {
  if (when === errorBranch && source.onError === 'route') return null;
  if (when === errorBranch) return 'has when "error": its node needs onError "route"';
  const branches = branchesOf(source);
  if (branches === null)
    return when === undefined
      ? null
      : `leaves a node of type "${source.type}", which has no branches: it takes no "when"`;
  if (when === undefined ? branches.plain !== null : branches.names.includes(when)) return null;
  const names = branches.names.map((name) => `"${name}"`);
  const choice = [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' or ');
  const article = /^[aeiou]/.test(source.type) ? 'an' : 'a';
  return `leaves ${article} ${source.type}: it needs when ${choice}`;
}

function checkEnds(edge: PipelineEdge, index: number, nodes: ReadonlyMap<string, PipelineNode>): Fault[] {
  const label = `${edge.from} -> ${edge.to}`;
  const fault = (rule: string, message: string, key: string): Fault => ({
    at: `/edges/${index}/${key}`,
    rule,
    message,
    edge: label,
    nodeId: [edge.from, edge.to].find((id) => nodes.has(id)),
  });
  const faults: Fault[] = [];
  for (const key of ['from', 'to'] as const) {
    if (!nodes.has(edge[key]))
      faults.push(fault('dangling-edge', `Edge ${label}: there is no node "${edge[key]}".`, key));
  }
  if (edge.from === edge.to) faults.push(fault('self-edge', `Edge ${label} leads from a node to itself.`, 'to'));
  const source = nodes.get(edge.from);
  const wrong = source && describeWhen(edge, source);
  if (wrong) faults.push(fault('edge-when', `Edge ${label} ${wrong}.`, 'when'));
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
  const ofForm = parsed.success ? [] : configFaults(node, index, parsed.error.issues);
  const blamed = new Set(ofForm.map(({ at }) => at));
  // A setting too many must not hide that another one names nobody.
  return [...ofForm, ...checkNames(node, index, known).filter(({ at }) => !blamed.has(at))];
}

/** What the settings of a node name: an instant, an agent, a tool. */
function checkNames(node: PipelineNode, index: number, known: KnownNames): Fault[] {
  const faults: Fault[] = [];
  const { until, agentId, tool, pipelineId } = node.config;
  if (node.type === 'delay' && typeof until === 'string' && !until.includes('{{') && parseInstant(until) === null) {
    faults.push({
      at: `/nodes/${index}/config/until`,
      rule: 'bad-instant',
      message: `Node "${node.id}": "${until.slice(0, 80)}" is no instant.`,
      got: shorten(until),
      example: '2030-01-31T09:00:00Z',
      nodeId: node.id,
    });
  }
  if (
    (node.type === 'agent' || node.type === 'map') &&
    known.agents &&
    typeof agentId === 'string' &&
    !known.agents.has(agentId)
  ) {
    faults.push({
      at: `/nodes/${index}/config/agentId`,
      rule: 'unknown-agent',
      message: `Node "${node.id}": there is no agent "${agentId}".`,
      got: shorten(agentId),
      nodeId: node.id,
    });
  }
  if ((node.type === 'pipeline' || node.type === 'map') && known.pipelines && typeof pipelineId === 'string') {
    if (!known.pipelines.has(pipelineId))
      faults.push({
        at: `/nodes/${index}/config/pipelineId`,
        rule: 'unknown-pipeline',
        message: `Node "${node.id}": there is no pipeline "${pipelineId}".`,
        got: shorten(pipelineId),
        nodeId: node.id,
      });
  }
  if (
    node.type === 'action' &&
    node.config.kind === 'callTool' &&
    known.tools &&
    typeof tool === 'string' &&
    !known.tools.has(tool)
  ) {
    faults.push({
      at: `/nodes/${index}/config/tool`,
      rule: 'unknown-tool',
      message: `Node "${node.id}": there is no tool "${tool}".`,
      got: shorten(tool),
      nodeId: node.id,
    });
  }
  return faults;
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

function checkNodes(definition: PipelineDefinition, known: KnownNames): Fault[] {
  const seen = new Set<string>();
  const routing = new Set(definition.edges.flatMap(({ from, when }) => (when === errorBranch ? [from] : [])));
  return definition.nodes.flatMap((node, index) => {
    const faults = [...checkConfig(node, index, known), ...checkPolicy(node, index, routing.has(node.id))];
    if (seen.has(node.id))
      faults.unshift({
        at: `/nodes/${index}/id`,
        rule: 'duplicate-id',
        message: `Two nodes have the id "${node.id}".`,
        nodeId: node.id,
      });
    seen.add(node.id);
    return faults;
  });
}

function checkEdges(edges: readonly PipelineEdge[], nodes: ReadonlyMap<string, PipelineNode>): Fault[] {
  const seen = new Set<string>();
  const ids = new Set<string>();
  return edges.flatMap((edge, index) => {
    const faults = checkEnds(edge, index, nodes);
    const label = `${edge.from} -> ${edge.to}`;
    const nodeId = nodes.has(edge.from) ? edge.from : undefined;
    const source = nodes.get(edge.from);
    const key = JSON.stringify([edge.from, edge.to, (source && takenWhen(edge, source)) ?? edge.when ?? '']);
    if (seen.has(key))
      faults.push({
        at: `/edges/${index}`,
        rule: 'duplicate-edge',
        message: `Edge ${label} stands twice.`,
        edge: label,
        nodeId,
      });
    if (edge.id !== undefined && ids.has(edge.id))
      faults.push({
        at: `/edges/${index}/id`,
        rule: 'duplicate-id',
        message: `Edge ${label}: another edge has the id "${edge.id}".`,
        edge: label,
        nodeId,
      });
    seen.add(key);
    if (edge.id !== undefined) ids.add(edge.id);
    return faults;
  });
}

function checkCycle(definition: PipelineDefinition, next: ReadonlyMap<string, readonly string[]>): Fault[] {
  const cycle = findCycle([...new Set(definition.nodes.map((node) => node.id))], next);
  if (!cycle) return [];
  const edge = definition.edges.findIndex(({ from, to }) => from === cycle[0] && to === cycle[1]);
  return [
    {
      at: `/edges/${edge}`,
      rule: 'cycle',
      message: `The pipeline runs in a circle: ${cycle.join(' -> ')}.`,
      nodeId: cycle[0],
    },
  ];
}

function checkTriggers(definition: PipelineDefinition, next: ReadonlyMap<string, readonly string[]>): Fault[] {
  const triggers = definition.nodes.filter((node) => node.type === 'trigger');
  const ids = triggers.map((node) => node.id);
  if (ids.length === 0)
    return [
      {
        at: '/nodes',
        rule: 'missing-trigger',
        message: 'The pipeline has no trigger: add a node of type "trigger" where a run begins.',
      },
    ];
  const faults: Fault[] = [];
  if (ids.length > 1)
    faults.push({
      at: `/nodes/${triggers[1] === undefined ? 0 : definition.nodes.indexOf(triggers[1])}`,
      rule: 'many-triggers',
      message: `The pipeline has ${ids.length} triggers (${ids.join(', ')}): keep one.`,
      nodeId: ids[1],
    });
  const reached = reach(ids, next);
  definition.nodes.forEach((node, index) => {
    if (!reached.has(node.id))
      faults.push({
        at: `/nodes/${index}`,
        rule: 'unreachable',
        message: `Node "${node.id}" cannot be reached from the trigger.`,
        nodeId: node.id,
      });
  });
  return faults;
}

/** All faults of a definition that has the right form. An empty list: it can run. */
export function checkGraph(definition: PipelineDefinition, known: KnownNames = {}): Fault[] {
  const nodes = new Map(definition.nodes.map((node) => [node.id, node]));
  const sound = definition.edges.filter((edge) => nodes.has(edge.from) && nodes.has(edge.to) && edge.from !== edge.to);
  const next = groupBy(sound, 'from', 'to');
  const previous = groupBy(sound, 'to', 'from');
  return [
    ...checkNodes(definition, known),
    ...checkEdges(definition.edges, nodes),
    ...checkCycle(definition, next),
    ...checkTriggers(definition, next),
    ...checkExpressions(definition, previous, known.given),
    ...checkSettings(definition.settings),
    ...checkFlow(definition, previous),
    ...checkSchemaBounds(definition),
  ];
}
