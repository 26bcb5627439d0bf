// The editor's state as a pure reducer: every change of the drawn pipeline, with undo and redo. A series of like changes
// (typing in one field, moving one node) is one step back.
import { branchesOf } from '@gathering/contract/branches';
import type { Json } from '@gathering/contract/json';
import {
  errorBranch,
  type NodeType,
  nodeIdSchema,
  type PipelineDefinition,
  type PipelineEdge,
  type PipelineNode,
  type RunSettings,
} from '@gathering/contract/pipeline-definition';
import { layOutGraph, nodeSize, type Position } from './lay-out-graph.ts';
import { lookOfType, nodeTypeLooks } from './node-types.ts';

export interface EditState {
  readonly now: PipelineDefinition;
  readonly past: readonly PipelineDefinition[];
  readonly future: readonly PipelineDefinition[];
  /** What the last change was of; a change of the same is part of the same step. */
  readonly series: string | null;
  /** Nodes that a change asks to be selected. */
  readonly selected: readonly string[];
}

export interface NewNode {
  readonly type: NodeType;
  readonly name?: string;
  readonly config?: Record<string, Json>;
  readonly position?: Position;
  /** Connect from this node, and stand below it. */
  readonly after?: string;
}

/** What is done when a node fails; what is left out is not set. */
export type Policy = Pick<PipelineNode, 'retry' | 'timeoutSeconds' | 'onError'>;

export type Edit =
  | { readonly do: 'load'; readonly definition: PipelineDefinition }
  | { readonly do: 'describe'; readonly name?: string; readonly description?: string }
  | { readonly do: 'set'; readonly settings: RunSettings | undefined }
  | { readonly do: 'add'; readonly node: NewNode }
  | { readonly do: 'change'; readonly id: string; readonly name?: string; readonly config?: Record<string, Json> }
  | { readonly do: 'set-policy'; readonly id: string; readonly policy: Policy }
  | { readonly do: 'rename-id'; readonly id: string; readonly to: string }
  | { readonly do: 'move'; readonly moves: ReadonlyArray<{ readonly id: string; readonly position: Position }> }
  | { readonly do: 'connect'; readonly from: string; readonly to: string; readonly when?: string }
  | { readonly do: 'remove'; readonly nodes: readonly string[]; readonly edges: readonly string[] }
  | { readonly do: 'paste'; readonly nodes: readonly PipelineNode[]; readonly edges: readonly PipelineEdge[] }
  | { readonly do: 'lay-out' }
  | { readonly do: 'select'; readonly ids: readonly string[] }
  | { readonly do: 'undo' }
  | { readonly do: 'redo' };

const maxSteps = 200;

export function edgeKey(edge: Pick<PipelineEdge, 'from' | 'to' | 'when'>): string {
  return `${edge.from} ${edge.to} ${edge.when ?? ''}`;
}

export function begin(definition: PipelineDefinition): EditState {
  return { now: withPlaces(definition), past: [], future: [], series: null, selected: [] };
}

export function emptyDefinition(): PipelineDefinition {
  return { name: '', description: '', nodes: [{ id: 'start', type: 'trigger', name: 'Start', config: {} }], edges: [] };
}

function withPlaces(definition: PipelineDefinition): PipelineDefinition {
  if (definition.nodes.every((node) => node.position)) return definition;
  return laidOut(definition);
}

function laidOut(definition: PipelineDefinition): PipelineDefinition {
  const { places } = layOutGraph(definition.nodes, definition.edges);
  return { ...definition, nodes: definition.nodes.map((node) => ({ ...node, position: places.get(node.id) })) };
}

/** A free id made of a name: `Read the history` -> `read-the-history`. */
export function freeId(wish: string, taken: ReadonlySet<string>): string {
  const base =
    wish
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '')
      .slice(0, 40) || 'node';
  if (!taken.has(base)) return base;
  let count = 2;
  while (taken.has(`${base}_${count}`)) count += 1;
  return `${base}_${count}`;
}

/** The nearest place below or beside which no node stands. */
export function freePlace(wish: Position, nodes: readonly PipelineNode[]): Position {
  let { x, y } = wish;
  const isTaken = (): boolean =>
    nodes.some(
      (node) =>
        node.position &&
        Math.abs(node.position.x - x) < nodeSize.width + 8 &&
        Math.abs(node.position.y - y) < nodeSize.height + 8,
    );
  for (let tries = 0; tries < 200 && isTaken(); tries += 1) {
    x += nodeSize.width + 16;
    if (tries % 6 === 5) {
      x = wish.x;
      y += nodeSize.height + 44;
    }
  }
  return { x: Math.round(x), y: Math.round(y) };
}

function addNode(definition: PipelineDefinition, wish: NewNode): { definition: PipelineDefinition; id: string } {
  const look = nodeTypeLooks[wish.type];
  const name = wish.name ?? look.name;
  const id = freeId(name, new Set(definition.nodes.map((node) => node.id)));
  const before = definition.nodes.find((node) => node.id === wish.after);
  const below = before?.position && { x: before.position.x, y: before.position.y + nodeSize.height + 44 };
  const position = freePlace(wish.position ?? below ?? { x: 0, y: 0 }, definition.nodes);
  const node: PipelineNode = { id, type: wish.type, name, config: wish.config ?? look.config, position };
  const next = { ...definition, nodes: [...definition.nodes, node] };
  return { definition: before ? connect(next, before.id, id) : next, id };
}

function connect(definition: PipelineDefinition, from: string, to: string, when?: string): PipelineDefinition {
  const source = definition.nodes.find((node) => node.id === from);
  const target = definition.nodes.find((node) => node.id === to);
  if (!source || !target || from === to || target.type === 'trigger') return definition;
  const branches = branchesOf(source);
  const used = new Set(definition.edges.filter((edge) => edge.from === from).map((edge) => edge.when));
  // Where an edge must name a branch, the first that leads nowhere yet.
  const free =
    branches?.plain === null ? (branches.names.find((name) => !used.has(name)) ?? branches.names.at(-1)) : undefined;
  const way = when ?? free;
  const edge: PipelineEdge = { from, to, ...(way === undefined ? {} : { when: way }) };
  if (definition.edges.some((one) => edgeKey(one) === edgeKey(edge))) return definition;
  return { ...definition, edges: [...definition.edges, edge] };
}

/** The names that `when` of its edges may have; an edge for errors goes with the setting that it needs. */
export function waysOf(node: PipelineNode): string[] {
  const own = branchesOf(node)?.names ?? [];
  return node.onError === 'route' ? [...own, errorBranch] : [...own];
}

function withPolicy(node: PipelineNode, { retry, timeoutSeconds, onError }: Policy): PipelineNode {
  const { retry: _retry, timeoutSeconds: _seconds, onError: _onError, ...rest } = node;
  return {
    ...rest,
    ...(retry !== undefined && { retry }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(onError !== undefined && { onError }),
  };
}

/** Gives a node another id, with its edges and the references to it in the texts of other nodes. */
function renameId(definition: PipelineDefinition, from: string, to: string): PipelineDefinition {
  if (from === to || !nodeIdSchema.safeParse(to).success || definition.nodes.some((node) => node.id === to))
    return definition;
  const pattern = new RegExp(`nodes\\.${from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![A-Za-z0-9_])`, 'g');
  const reference = /^[A-Za-z_][A-Za-z0-9_]*$/.test(to) ? `nodes.${to}` : `nodes["${to}"]`;
  const rewrite = (value: Json): Json => {
    if (typeof value === 'string') return value.replace(pattern, () => reference);
    if (Array.isArray(value)) return value.map(rewrite);
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item)]));
    return value;
  };
  return {
    ...definition,
    nodes: definition.nodes.map((node) => ({
      ...node,
      id: node.id === from ? to : node.id,
      config: rewrite(node.config) as Record<string, Json>,
    })),
    edges: definition.edges.map((edge) => ({
      ...edge,
      from: edge.from === from ? to : edge.from,
      to: edge.to === from ? to : edge.to,
    })),
  };
}

function remove(
  definition: PipelineDefinition,
  nodes: ReadonlySet<string>,
  edges: ReadonlySet<string>,
): PipelineDefinition {
  return {
    ...definition,
    nodes: definition.nodes.filter((node) => !nodes.has(node.id)),
    edges: definition.edges.filter((edge) => !edges.has(edgeKey(edge)) && !nodes.has(edge.from) && !nodes.has(edge.to)),
  };
}

function paste(
  definition: PipelineDefinition,
  nodes: readonly PipelineNode[],
  edges: readonly PipelineEdge[],
): { definition: PipelineDefinition; ids: string[] } {
  const taken = new Set(definition.nodes.map((node) => node.id));
  const renamed = new Map<string, string>();
  let all = definition.nodes;
  for (const node of nodes) {
    const id = freeId(node.id, taken);
    taken.add(id);
    renamed.set(node.id, id);
    const from = node.position ?? { x: 0, y: 0 };
    all = [...all, { ...node, id, position: freePlace({ x: from.x + 24, y: from.y + 24 }, all) }];
  }
  const inner = edges.flatMap((edge) => {
    const [from, to] = [renamed.get(edge.from), renamed.get(edge.to)];
    return from !== undefined && to !== undefined ? [{ ...edge, id: undefined, from, to }] : [];
  });
  return {
    definition: { ...definition, nodes: all, edges: [...definition.edges, ...inner] },
    ids: [...renamed.values()],
  };
}

function commit(
  state: EditState,
  now: PipelineDefinition,
  series: string | null = null,
  selected = state.selected,
): EditState {
  if (now === state.now) return state;
  const isSame = series !== null && series === state.series;
  const past = isSame ? state.past : [...state.past, state.now].slice(-maxSteps);
  return { now, past, future: [], series, selected };
}

function stepBack(state: EditState): EditState {
  const before = state.past.at(-1);
  if (!before) return state;
  return { ...state, now: before, past: state.past.slice(0, -1), future: [state.now, ...state.future], series: null };
}

function stepForward(state: EditState): EditState {
  const [after, ...future] = state.future;
  if (!after) return state;
  return { ...state, now: after, past: [...state.past, state.now], future, series: null };
}

export function edit(state: EditState, change: Edit): EditState {
  const { now } = state;
  switch (change.do) {
    case 'load':
      return begin(change.definition);
    case 'describe':
      return commit(
        state,
        { ...now, name: change.name ?? now.name, description: change.description ?? now.description },
        'describe',
      );
    case 'set': {
      const { settings: _before, ...rest } = now;
      return commit(state, change.settings ? { ...rest, settings: change.settings } : rest, 'set');
    }
    case 'add': {
      const added = addNode(now, change.node);
      return commit(state, added.definition, null, [added.id]);
    }
    case 'change': {
      const nodes = now.nodes.map((node) =>
        node.id === change.id
          ? { ...node, name: change.name ?? node.name, config: change.config ?? node.config }
          : node,
      );
      return commit(state, { ...now, nodes }, `change ${change.id}`);
    }
    case 'set-policy': {
      const nodes = now.nodes.map((node) => (node.id === change.id ? withPolicy(node, change.policy) : node));
      return commit(state, { ...now, nodes }, `policy ${change.id}`);
    }
    case 'rename-id': {
      const next = renameId(now, change.id, change.to);
      return commit(state, next, null, next === now ? state.selected : [change.to]);
    }
    case 'move': {
      const places = new Map(change.moves.map((move) => [move.id, move.position]));
      const nodes = now.nodes.map((node) => (places.has(node.id) ? { ...node, position: places.get(node.id) } : node));
      return commit(state, { ...now, nodes }, `move ${[...places.keys()].join(' ')}`);
    }
    case 'connect':
      return commit(state, connect(now, change.from, change.to, change.when));
    case 'remove':
      return commit(
        state,
        remove(now, new Set(change.nodes), new Set(change.edges)),
        null,
        state.selected.filter((id) => !change.nodes.includes(id)),
      );
    case 'paste': {
      const pasted = paste(now, change.nodes, change.edges);
      return commit(state, pasted.definition, null, pasted.ids);
    }
    case 'lay-out':
      return commit(state, laidOut(now));
    case 'select':
      return change.ids.join() === state.selected.join() ? state : { ...state, selected: change.ids, series: null };
    case 'undo':
      return stepBack(state);
    case 'redo':
      return stepForward(state);
    default:
      return state;
  }
}

export function nameOfNode(node: PipelineNode): string {
  return node.name || node.id || lookOfType(node.type).name;
}
