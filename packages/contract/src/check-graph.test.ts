// Every fault that a definition can have is named with its node, together with all others, at any size.
import { describe, expect, test } from 'vitest';
import { checkGraph, findCycle, type KnownNames } from './check-graph.ts';
import { isWithinDepth } from './json.ts';
import { definitionSchema, maxEdges, maxNodes, nodeTypes, type PipelineDefinition } from './pipeline-definition.ts';

type Node = PipelineDefinition['nodes'][number];
type Edge = PipelineDefinition['edges'][number];

const node = (id: string, type = 'parallel', config: Node['config'] = {}): Node => ({ id, type, config });
const edge = (from: string, to: string, when?: string): Edge =>
  when === undefined ? { from, to } : { from, to, when };
const define = (nodes: Node[], edges: Edge[]): PipelineDefinition => ({ name: 'p', description: '', nodes, edges });
const start = node('start', 'trigger');
const notify = (id: string, title: string) => node(id, 'action', { kind: 'notify', title });
const faultsOf = (definition: PipelineDefinition, known: KnownNames = {}) => checkGraph(definition, known);
const rulesOf = (definition: PipelineDefinition, known: KnownNames = {}) =>
  faultsOf(definition, known).map(({ rule, nodeId }) => `${rule} ${nodeId ?? '-'}`);

/** One node of the type behind the trigger. */
const behind = (type: string, config: Node['config']) =>
  define([start, node('it', type, config)], [edge('start', 'it')]);

test('a sound definition with every node type has no fault', () => {
  const definition = define(
    [
      start,
      node('split', 'parallel'),
      node('left', 'agent', { agentId: 'historian', task: 'Read {{ input.folder }}.' }),
      node('right', 'action', { kind: 'callTool', tool: 'git_log', arguments: { limit: 5 } }),
      node('wait', 'delay', { seconds: 0.5 }),
      node('choose', 'condition', { expression: 'size(nodes.left.output.text) > 10' }),
      notify('yes', 'Look: {{ nodes.right.output.text }}'),
      notify('no', 'Nothing'),
      node('sum', 'transform', { fields: { length: 'size(nodes.left.output.text)' } }),
      node('any', 'join', { mode: 'count', count: 1 }),
      node('paid', 'wait', { kind: 'signal', key: 'order {{ input.order }}', timeoutSeconds: 60 }),
      node('ask', 'approval', { title: 'Send {{ input.sum }}?', arguments: { sum: '{{ input.sum }}' }, quorum: 2 }),
      node('sub', 'pipeline', { pipelineId: '0199c1f0-0000-7000-8000-000000000000', input: { n: '{{ input.n }}' } }),
      node('each', 'map', { agentId: 'historian', items: 'input.list', task: 'Read {{ item }}, the {{ index }}.' }),
    ],
    [
      edge('start', 'split'),
      edge('split', 'left'),
      edge('split', 'right'),
      edge('left', 'wait'),
      edge('right', 'wait'),
      edge('wait', 'choose'),
      edge('choose', 'yes', 'then'),
      edge('choose', 'no', 'else'),
      edge('left', 'sum'),
      edge('sum', 'any'),
      edge('any', 'paid'),
      edge('paid', 'ask', 'arrived'),
      edge('ask', 'sub'),
      edge('ask', 'each', 'rejected'),
    ],
  );
  expect(new Set(definition.nodes.map(({ type }) => type))).toEqual(new Set(nodeTypes));
  expect(faultsOf(definition, { agents: new Set(['historian']), tools: new Set(['git_log']) })).toEqual([]);
  expect(definitionSchema.safeParse(definition).success).toBe(true);
});

test('a cycle is shown as a path, at an edge that belongs to it', () => {
  const definition = define(
    [start, node('a'), node('b'), node('c')],
    [edge('start', 'a'), edge('a', 'b'), edge('b', 'c'), edge('c', 'a')],
  );
  expect(faultsOf(definition)).toEqual([
    {
      at: '/edges/1',
      rule: 'cycle',
      message: 'The pipeline runs in a circle: a -> b -> c -> a.',
      nodeId: 'a',
    },
  ]);
});

test('the path of a cycle leaves out what only leads to it', () => {
  const next = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['d', ['e']],
    ['e', ['b']],
  ]);
  expect(findCycle(['a', 'b', 'c', 'd', 'e'], next)).toEqual(['b', 'd', 'e', 'b']);
  expect(findCycle(['a', 'b', 'c'], new Map([['a', ['b', 'c']]]))).toBeNull();
});

test('an edge from a node to itself is named once and not as a cycle', () => {
  const faults = faultsOf(define([start, node('a')], [edge('start', 'a'), edge('a', 'a')]));
  expect(faults.map(({ rule, nodeId, edge: which }) => [rule, nodeId, which])).toEqual([['self-edge', 'a', 'a -> a']]);
});

test('an unknown type is named with those that exist', () => {
  for (const type of ['zzz', 'toString', '__proto__', 'Agent']) {
    const [fault, ...others] = faultsOf(behind(type, {}));
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ at: '/nodes/1/type', rule: 'unknown-type', nodeId: 'it', got: type });
    expect(fault?.example).toContain('condition');
  }
});

test.each([
  ['agent', {}, ['missing-key /agentId', 'missing-key /task']],
  ['agent', { agentId: 'a', task: 'x', role: 'y' }, ['unknown-key /role']],
  ['agent', { agentId: 5, task: '' }, ['invalid_type /agentId', 'too_small /task']],
  ['condition', {}, ['missing-key ']],
  ['condition', { expression: true }, ['invalid_type /expression']],
  ['action', {}, ['missing-key /kind']],
  ['action', { kind: 'mail' }, ['invalid_union /kind']],
  ['action', { kind: 'notify' }, ['missing-key /title']],
  ['action', { kind: 'notify', title: 'x', text: 'y' }, ['unknown-key /text']],
  ['action', { kind: 'callApi', url: 'http://a', method: 'PATH' }, ['invalid_value /method']],
  ['action', { kind: 'callApi', url: 'http://a', headers: { a: 5 } }, ['invalid_type /headers/a']],
  ['action', { kind: 'callTool' }, ['missing-key /tool']],
  ['parallel', { width: 3 }, ['unknown-key /width']],
  ['delay', {}, ['missing-key ']],
  ['delay', { seconds: '5' }, ['invalid_type /seconds']],
  ['delay', { seconds: -1 }, ['too_small /seconds']],
  ['delay', { seconds: 5, until: '2030-01-01' }, ['unknown-key /until']],
  ['delay', { until: 'tomorrow' }, ['bad-instant /until']],
  ['delay', { until: '{{ input.at }}' }, []],
])('the config of %s %j is checked key by key', (type, config, expected) => {
  const faults = faultsOf(behind(type, config));
  expect(faults.map(({ rule, at }) => `${rule} ${at.replace('/nodes/1/config', '')}`)).toEqual(expected);
  for (const fault of faults) {
    expect(fault.nodeId).toBe('it');
    expect(fault.message).toContain('"it"');
    expect(fault.message).not.toMatch(/undefined|\.\./);
  }
});

test('a delay without a setting is told both that it may have', () => {
  expect(faultsOf(behind('delay', {}))[0]?.message).toBe('Node "it" (delay) needs the setting "seconds" or "until".');
});

test('a delay with both settings is told that it takes one', () => {
  const message = 'Node "it" (delay) takes only one of the settings "seconds" and "until".';
  for (const seconds of [5, -1])
    expect(faultsOf(behind('delay', { seconds, until: '2030-01-01' })).map((fault) => fault.message)).toEqual([
      message,
    ]);
});

test('a setting too many hides no other fault of the same node', () => {
  const definition = define(
    [
      start,
      node('a', 'agent', { agentId: 'nobody', task: 'x', more: 1 }),
      node('b', 'action', { kind: 'callTool', tool: 'nothing', more: 1 }),
    ],
    [edge('start', 'a'), edge('a', 'b')],
  );
  expect(rulesOf(definition, { agents: new Set(), tools: new Set() })).toEqual([
    'unknown-key a',
    'unknown-agent a',
    'unknown-key b',
    'unknown-tool b',
  ]);
});

test('an empty expression is one fault, not two', () => {
  expect(faultsOf(behind('condition', { expression: '' })).map(({ rule }) => rule)).toEqual(['too_small']);
});

test('an action without a kind is told which kinds there are', () => {
  const message = faultsOf(behind('action', {}))[0]?.message ?? '';
  for (const kind of ['notify', 'callApi', 'callTool']) expect(message).toContain(kind);
});

test('a key with a slash keeps its JSON pointer readable', () => {
  expect(faultsOf(behind('parallel', { 'a/b~c': 1 }))[0]?.at).toBe('/nodes/1/config/a~1b~0c');
});

test('agents and tools that do not exist are named where names are known, and only there', () => {
  const definition = define(
    [
      start,
      node('a', 'agent', { agentId: 'constructor', task: 'x' }),
      node('b', 'action', { kind: 'callTool', tool: 'toString' }),
    ],
    [edge('start', 'a'), edge('a', 'b')],
  );
  expect(rulesOf(definition, { agents: new Set(), tools: new Set() })).toEqual(['unknown-agent a', 'unknown-tool b']);
  expect(rulesOf(definition)).toEqual([]);
});

test('an unreachable node is named, and a graph without a trigger says only that', () => {
  expect(rulesOf(define([start, node('a'), node('b')], [edge('a', 'b')]))).toEqual(['unreachable a', 'unreachable b']);
  expect(rulesOf(define([node('a'), node('b')], [edge('a', 'b')]))).toEqual(['missing-trigger -']);
  expect(rulesOf(define([], []))).toEqual(['missing-trigger -']);
});

test('a second trigger is named with all triggers', () => {
  const faults = faultsOf(define([start, node('again', 'trigger')], []));
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatchObject({ rule: 'many-triggers', nodeId: 'again', at: '/nodes/1' });
  expect(faults[0]?.message).toContain('(start, again)');
});

test('an edge into the trigger is named', () => {
  expect(rulesOf(define([start, node('a')], [edge('start', 'a'), edge('a', 'start')]))).toContain(
    'edge-into-trigger a',
  );
});

test('a dangling edge is named with the end that exists', () => {
  const definition = define([start], [edge('start', 'ghost'), edge('phantom', 'start'), edge('x', 'y')]);
  const dangling = faultsOf(definition).filter(({ rule }) => rule === 'dangling-edge');
  expect(dangling.map(({ at, nodeId, edge: which }) => [at, nodeId, which])).toEqual([
    ['/edges/0/to', 'start', 'start -> ghost'],
    ['/edges/1/from', 'start', 'phantom -> start'],
    ['/edges/2/from', undefined, 'x -> y'],
    ['/edges/2/to', undefined, 'x -> y'],
  ]);
});

test('ids that stand twice are named, of nodes and of edges', () => {
  const definition = define(
    [start, node('a'), node('a')],
    [
      { ...edge('start', 'a'), id: 'e' },
      { ...edge('start', 'a'), id: 'e' },
    ],
  );
  expect(faultsOf(definition).map(({ rule, at }) => `${rule} ${at}`)).toEqual([
    'duplicate-id /nodes/2/id',
    'duplicate-edge /edges/1',
    'duplicate-id /edges/1/id',
  ]);
});

test.each([undefined, 'maybe', 'THEN', '', 'constructor'])(
  'an edge that leaves a condition refuses when %j',
  (when) => {
    const definition = define(
      [start, node('c', 'condition', { expression: 'true' }), node('a')],
      [edge('start', 'c'), edge('c', 'a', when)],
    );
    expect(faultsOf(definition).map(({ rule, at }) => `${rule} ${at}`)).toEqual(['edge-when /edges/1/when']);
  },
);

test('an edge that leaves no condition takes no when', () => {
  expect(rulesOf(define([start, node('a')], [edge('start', 'a', 'then')]))).toEqual(['edge-when start']);
});

test('a bad expression is named with its column, in conditions and anywhere in a config', () => {
  const definition = define(
    [
      start,
      node('c', 'condition', { expression: 'input.count + foo > 1' }),
      node('api', 'action', { kind: 'callApi', url: 'http://a/{{ 1 + }}', body: { list: ['ok', '{{ nope }}'] } }),
    ],
    [edge('start', 'c'), edge('c', 'api', 'then')],
  );
  expect(faultsOf(definition).map(({ at, rule, column, nodeId }) => [nodeId, rule, at, column])).toEqual([
    ['c', 'bad-expression', '/nodes/1/config/expression', 15],
    ['api', 'bad-expression', '/nodes/2/config/url', 17],
    ['api', 'bad-expression', '/nodes/2/config/body/list/1', 4],
  ]);
});

test('a condition that is no truth value is refused', () => {
  const [fault] = faultsOf(behind('condition', { expression: 'size("abc")' }));
  expect(fault?.message).toContain('must be true or false');
});

test('a node may read only what comes before it', () => {
  const definition = define(
    [
      start,
      notify('a', '{{ nodes.b.output }} {{ nodes.a.output }} {{ nodes["no such"].output }}'),
      notify('b', '{{ nodes.a.output }} {{ nodes.start.output }}'),
      notify('aside', '{{ nodes.b.output }}'),
    ],
    [edge('start', 'a'), edge('a', 'b'), edge('start', 'aside')],
  );
  expect(faultsOf(definition).map(({ rule, message }) => [rule, message])).toEqual([
    ['unknown-reference', 'Node "a": node "b" does not come before it (column 4).'],
    ['unknown-reference', 'Node "a": node "a" does not come before it (column 25).'],
    ['unknown-reference', 'Node "a": there is no node "no such" (column 46).'],
    ['unknown-reference', 'Node "aside": node "b" does not come before it (column 4).'],
  ]);
});

test('JSON Schemas, references to agents and plain texts hold no templates', () => {
  const schema = { title: '{{ not an expression' };
  const definition = define(
    [
      node('start', 'trigger', { input: schema }),
      node('a', 'agent', { agentId: 'x{{', task: 'do', outputSchema: schema }),
    ],
    [edge('start', 'a')],
  );
  expect(faultsOf(definition)).toEqual([]);
});

test('all faults are named together', () => {
  const definition = define(
    [
      node('start', 'trigger', { inputs: {} }),
      node('who', 'agent', { agentId: 'nobody', task: '{{ nodes.later.output' }),
      node('what', 'robot'),
      node('later', 'condition', { expression: '1 +' }),
      node('island', 'delay', {}),
    ],
    [
      edge('start', 'who'),
      edge('who', 'what'),
      edge('what', 'later'),
      edge('later', 'what'),
      edge('later', 'ghost', 'then'),
    ],
  );
  expect(new Set(rulesOf(definition, { agents: new Set() }))).toEqual(
    new Set([
      'unknown-key start',
      'unknown-agent who',
      'bad-expression who',
      'unknown-type what',
      'bad-expression later',
      'edge-when later',
      'dangling-edge later',
      'cycle what',
      'missing-key island',
      'unreachable island',
    ]),
  );
});

test('ids with a meaning in JavaScript are ids like others', () => {
  const ids = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__'];
  const nodes = ids.map((id, index) =>
    index === 0 ? node(id, 'trigger') : notify(id, `{{ nodes["${ids[index - 1]}"].output }}`),
  );
  const edges = ids.slice(1).map((id, index) => edge(ids[index] ?? '', id));
  expect(faultsOf(define(nodes, edges))).toEqual([]);
  expect(rulesOf(define(nodes.slice(0, 2), edges))).toContain('dangling-edge constructor');
  expect(rulesOf(define([start, notify('a', '{{ nodes.constructor.output }}')], [edge('start', 'a')]))).toEqual([
    'unknown-reference a',
  ]);
});

test('config keys with a meaning in JavaScript are unknown keys', () => {
  const config = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}');
  const faults = faultsOf(behind('parallel', config));
  expect(new Set(faults.map(({ at }) => at))).toEqual(
    new Set(['/nodes/1/config/__proto__', '/nodes/1/config/constructor', '/nodes/1/config/toString']),
  );
});

describe('the largest definitions', () => {
  const names = Array.from({ length: maxNodes - 1 }, (_, index) => `n${index}`);

  test('a chain in which every node reads the first and the one before is checked', () => {
    const nodes = names.map((id, index) =>
      notify(id, `{{ nodes.start.output }} {{ nodes.${names[index - 1] ?? 'start'}.output }}`),
    );
    const edges = names.map((id, index) => edge(names[index - 1] ?? 'start', id));
    expect(faultsOf(define([start, ...nodes], edges))).toEqual([]);
  });

  test('a chain that is closed to a circle is checked, and shows the whole path', () => {
    const nodes = names.map((id) => notify(id, '{{ nodes.n0.output }}'));
    const edges = [...names.map((id, index) => edge(names[index - 1] ?? 'start', id)), edge(names.at(-1) ?? '', 'n0')];
    const cycle = faultsOf(define([start, ...nodes], edges)).find(({ rule }) => rule === 'cycle');
    expect(cycle?.message.split(' -> ')).toHaveLength(maxNodes);
  });

  test('a fan-out and its join are checked', () => {
    const inner = names.slice(1);
    const edges = inner.flatMap((id) => [edge('start', id), edge(id, 'n0')]);
    const nodes = [notify('n0', `{{ nodes.${inner[0]}.output }}`), ...inner.map((id) => node(id))];
    expect(faultsOf(define([start, ...nodes], edges))).toEqual([]);
  });

  test('layers with more paths than could ever be walked are checked', () => {
    const width = 20;
    const layers = Array.from({ length: 25 }, (_, layer) => names.slice(layer * width, (layer + 1) * width));
    const edges = layers.flatMap((layer, index) =>
      layer.flatMap((id) => (layers[index - 1] ?? ['start']).map((before) => edge(before, id))),
    );
    expect(edges.length).toBeGreaterThan(9_000);
    expect(edges.length).toBeLessThanOrEqual(maxEdges);
    const nodes = layers.flat().map((id) => notify(id, '{{ nodes.start.output }}'));
    expect(faultsOf(define([start, ...nodes], edges))).toEqual([]);
  });
});

test('a config as deep as a request may be is checked', () => {
  let body: Node['config'][string] = '{{ nope }}';
  while (isWithinDepth({ nodes: [{ config: { body } }] })) body = [body];
  const faults = faultsOf(behind('action', { kind: 'callApi', url: 'http://a', body }));
  expect(faults.map(({ rule }) => rule)).toEqual(['bad-expression']);
});
