// Nodes that steer a run: every fault of their settings, branches and expressions is named with its place.
import { expect, test } from 'vitest';
import { branchesOf, takenWhen } from './branches.ts';
import { checkGraph, type KnownNames } from './check-graph.ts';
import type { Json } from './json.ts';
import type { PipelineDefinition, PipelineEdge, PipelineNode } from './pipeline-definition.ts';

const id = '0199c1f0-0000-7000-8000-000000000000';
const node = (name: string, type = 'parallel', config: Record<string, Json> = {}): PipelineNode => ({
  ...{ id: name, type, config },
});
const edge = (from: string, to: string, when?: string): PipelineEdge => ({
  from,
  to,
  ...(when !== undefined && { when }),
});

/** The node behind the trigger, with edges to `end`. */
function faultsOf(
  type: string,
  config: Record<string, Json>,
  whens: (string | undefined)[] = [],
  known: KnownNames = {},
) {
  const definition: PipelineDefinition = {
    name: 'p',
    description: '',
    nodes: [node('start', 'trigger'), node('it', type, config), node('end')],
    edges: [edge('start', 'it'), edge('start', 'end'), ...whens.map((when) => edge('it', 'end', when))],
  };
  return checkGraph(definition, known);
}
const rulesOf = (...given: Parameters<typeof faultsOf>) =>
  faultsOf(...given).map(({ rule, at }) => `${rule} ${at.replace(/^\/nodes\/1\/config|^\/edges/, '')}`);

const many = { branches: [{ name: 'a', expression: 'true' }] };
test.each<[string, string, Record<string, Json>, string[]]>([
  ['a condition of two ways and many', 'condition', { expression: 'true', ...many }, ['unknown-key /expression']],
  ['no branches', 'condition', { branches: [] }, ['too_small /branches']],
  ['a branch without a name', 'condition', { branches: [{ expression: 'true' }] }, ['missing-key /branches/0/name']],
  [
    'a name with a blank',
    'condition',
    { branches: [{ name: 'a b', expression: '1 > 0' }] },
    ['invalid_format /branches/0/name'],
  ],
  [
    'two branches of one name',
    'condition',
    { branches: [many.branches[0] ?? {}, many.branches[0] ?? {}] },
    ['duplicate-branch /branches/1/name'],
  ],
  [
    'a branch that is no truth',
    'condition',
    { branches: [{ name: 'a', expression: '1 + 1' }] },
    ['bad-expression /branches/0/expression'],
  ],
  ['an otherwise without branches', 'condition', { otherwise: 'a' }, ['missing-key /branches']],
  ['a transform of nothing', 'transform', {}, ['missing-key ']],
  ['a transform of both', 'transform', { expression: '1', fields: { a: '1' } }, ['unknown-key /fields']],
  ['a field that cannot be read', 'transform', { fields: { a: '1 +' } }, ['bad-expression /fields/a']],
  ['a field that is no text', 'transform', { fields: { a: 5 } }, ['invalid_type /fields/a']],
  ['a transform of a later node', 'transform', { expression: 'nodes.end.output' }, ['unknown-reference /expression']],
  ['a join without a mode', 'join', {}, ['missing-key /mode']],
  ['a join of a mode that is none', 'join', { mode: 'most' }, ['invalid_union /mode']],
  ['a count without a number', 'join', { mode: 'count' }, ['missing-key /count']],
  ['a count of nothing', 'join', { mode: 'count', count: 0 }, ['too_small /count']],
  ['a count of more than lead here', 'join', { mode: 'count', count: 2 }, ['join-count /count']],
  ['a count where the first is enough', 'join', { mode: 'any', count: 1 }, ['unknown-key /count']],
  ['an approval of nothing', 'approval', {}, ['missing-key /title']],
  ['a role that is none', 'approval', { title: 'x', approvers: { role: 'boss' } }, ['invalid_value /approvers/role']],
  [
    'people who are no ids',
    'approval',
    { title: 'x', approvers: { userIds: ['ada'] } },
    ['invalid_format /approvers/userIds/0'],
  ],
  ['a quorum of nobody', 'approval', { title: 'x', quorum: 0 }, ['too_small /quorum']],
  ['an expiry in the past', 'approval', { title: 'x', expiresAfterSeconds: -1 }, ['too_small /expiresAfterSeconds']],
  ['a title that cannot be read', 'approval', { title: '{{ 1 + }}' }, ['bad-expression /title']],
  ['arguments of an item', 'approval', { title: 'x', arguments: { a: '{{ item }}' } }, ['bad-expression /arguments/a']],
  ['a sub-run of nothing', 'pipeline', {}, ['missing-key /pipelineId']],
  ['a pipeline by its name', 'pipeline', { pipelineId: 'Review' }, ['invalid_format /pipelineId']],
  [
    'an input that cannot be read',
    'pipeline',
    { pipelineId: id, input: { a: ['{{ nope }}'] } },
    ['bad-expression /input/a/0'],
  ],
  ['a list of nothing', 'map', { pipelineId: id }, ['missing-key /items']],
  [
    'a list for a pipeline and an agent',
    'map',
    { pipelineId: id, agentId: 'a', task: 'x', items: '[]' },
    ['unknown-key /task'],
  ],
  ['too many at a time', 'map', { pipelineId: id, items: '[1]', concurrency: 65 }, ['too_big /concurrency']],
  ['items of an item', 'map', { pipelineId: id, items: 'item.parts' }, ['bad-expression /items']],
  ['a wait for nothing', 'wait', {}, ['missing-key /kind']],
  ['an event that nobody writes', 'wait', { kind: 'event', event: 'weather.changed' }, ['unknown-event /event']],
  [
    'a match that reads the run',
    'wait',
    { kind: 'event', event: 'projects.changed', match: 'input.a == 1' },
    ['bad-expression /match'],
  ],
  [
    'a match that is no truth',
    'wait',
    { kind: 'event', event: 'projects.changed', match: '"a"' },
    ['bad-expression /match'],
  ],
  ['a time that is none', 'wait', { kind: 'signal', timeoutSeconds: 0 }, ['too_small /timeoutSeconds']],
  ['a call with a match', 'wait', { kind: 'signal', match: 'true' }, ['unknown-key /match']],
])('%s is a fault of its place', (_what, type, config, expected) => {
  expect(rulesOf(type, config).toSorted()).toEqual(expected.toSorted());
});

test('what a node names must exist here', () => {
  const known = { pipelines: new Set(['another']), agents: new Set(['historian']) };
  expect(rulesOf('pipeline', { pipelineId: id }, [], known)).toEqual(['unknown-pipeline /pipelineId']);
  expect(rulesOf('map', { pipelineId: id, items: '[]' }, [], known)).toEqual(['unknown-pipeline /pipelineId']);
  expect(rulesOf('map', { agentId: 'nobody', task: 'x', items: '[]' }, [], known)).toEqual(['unknown-agent /agentId']);
  expect(rulesOf('pipeline', { pipelineId: id }, [], { pipelines: new Set([id]) })).toEqual([]);
});

test.each<[string, Record<string, Json>, (string | undefined)[], string[]]>([
  ['condition', { ...many, otherwise: 'rest' }, ['a', 'rest'], []],
  ['condition', many, ['then'], ['edge-when /2/when']],
  ['condition', many, [undefined], ['edge-when /2/when']],
  ['approval', { title: 'x' }, [undefined, 'rejected', 'expired'], []],
  ['approval', { title: 'x' }, [undefined, 'approved'], ['duplicate-edge /3']],
  ['approval', { title: 'x' }, ['then'], ['edge-when /2/when']],
  ['wait', { kind: 'signal' }, ['arrived', 'timeout'], []],
  ['wait', { kind: 'signal' }, ['expired'], ['edge-when /2/when']],
  ['join', { mode: 'any' }, ['arrived'], ['edge-when /2/when']],
])('edges that leave a %s %j with when %j', (type, config, whens, expected) => {
  expect(rulesOf(type, config, whens)).toEqual(expected);
});

test('a wrong branch is told with those that there are', () => {
  expect(faultsOf('approval', { title: 'x' }, ['yes'])[0]?.message).toBe(
    'Edge it -> end leaves an approval: it needs when "approved", "rejected" or "expired".',
  );
  expect(faultsOf('join', { mode: 'any' }, ['yes'])[0]?.message).toBe(
    'Edge it -> end leaves a node of type "join", which has no branches: it takes no "when".',
  );
});

test('branches are read of any config, however broken', () => {
  for (const branches of [5, 'a', [null, 5, {}, { name: 7 }], {}])
    expect(branchesOf(node('c', 'condition', { branches: branches as Json }))?.names).toEqual([]);
  expect(takenWhen({}, node('w', 'wait', { kind: 'signal' }))).toBe('arrived');
  expect(takenWhen({}, node('w', 'wait', { kind: 'signal', onTimeout: 'continue' }))).toBeNull();
  expect(takenWhen({ when: 'timeout' }, node('w', 'wait', { kind: 'signal' }))).toBe('timeout');
});
