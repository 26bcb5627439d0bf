// How a definition becomes the rows that a run begins with, and what the end of a node means.
import { nodeTypes, type PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { nodeStatuses, runStatuses } from '@gathering/contract/pipelines';
import { describe, expect, test } from 'vitest';
import { defineGraph } from '../../../test/define-graph.ts';
import {
  controlOutput,
  decideReady,
  isActive,
  isControl,
  isReady,
  jobNameOf,
  layOutRun,
  startAfterOf,
} from './rules.ts';

const idsOf = (nodes: ReturnType<typeof layOutRun>['ready']) => nodes.map(({ node }) => node.id);

describe('laying out a run', () => {
  test('the trigger is done with the input, and what follows it is ready', () => {
    const { nodes, ready } = layOutRun(defineGraph({ t: 'trigger', a: 'action', b: 'action' }, ['t>a', 'a>b']));
    expect(idsOf(ready)).toEqual(['a']);
    expect(
      nodes.map(({ status, givesInput, waitingFor, liveParents }) => [status, givesInput, waitingFor, liveParents]),
    ).toEqual([
      ['completed', true, 0, 0],
      ['pending', false, 0, 1],
      ['pending', false, 1, 0],
    ]);
  });

  test('control nodes behind the trigger are done too, through any number of them', () => {
    const { nodes, ready } = layOutRun(
      defineGraph({ t: 'trigger', p: 'parallel', q: 'parallel', r: 'parallel', a: 'action' }, [
        't>p',
        'p>q',
        'p>r',
        'q>a',
        'r>a',
      ]),
    );
    expect(idsOf(ready)).toEqual(['a']);
    expect(nodes.filter(({ status }) => status === 'completed').map(({ node }) => node.id)).toEqual([
      't',
      'p',
      'q',
      'r',
    ]);
  });

  test('a join waits for every branch, and only control branches count as done', () => {
    const { nodes, ready } = layOutRun(
      defineGraph({ t: 'trigger', a: 'action', join: 'parallel', end: 'action' }, [
        't>a',
        't>join',
        'a>join',
        'join>end',
      ]),
    );
    expect(idsOf(ready)).toEqual(['a']);
    const join = nodes.find(({ node }) => node.id === 'join');
    expect([join?.status, join?.waitingFor, join?.liveParents]).toEqual(['pending', 1, 1]);
  });

  test('children keep the branch of their edge, in the order of the edges', () => {
    const { nodes } = layOutRun(
      defineGraph({ t: 'trigger', c: 'condition', a: 'action', b: 'action' }, [
        't>c',
        'c>b:else',
        'c>a:then',
        'c>b:then',
      ]),
    );
    const condition = nodes.find(({ node }) => node.id === 'c');
    expect(condition?.children).toEqual(['b', 'a', 'b']);
    expect(condition?.childWhen).toEqual(['else', 'then', 'then']);
    expect(nodes.find(({ node }) => node.id === 'b')?.waitingFor).toBe(2);
  });

  test('a run of control nodes only is over when it begins', () => {
    const { nodes, ready } = layOutRun(defineGraph({ t: 'trigger', p: 'parallel' }, ['t>p']));
    expect(ready).toEqual([]);
    expect(nodes.every(({ status }) => status === 'completed')).toBe(true);
  });

  test('what is kept counts as done, with the way that it took', () => {
    const graph = defineGraph(
      { t: 'trigger', a: 'condition', yes: 'action', no: 'action', p: 'parallel', end: 'action' },
      ['t>a', 'a>yes:then', 'a>no:else', 'yes>p', 'no>p', 'p>end'],
    );
    const { nodes, ready } = layOutRun(graph, new Map([['a', { status: 'completed', branch: 'then' }]]));
    expect(idsOf(ready)).toEqual(['yes']);
    expect(nodes.map((node) => [node.node.id, node.status, node.isCopied, node.waitingFor, node.liveParents])).toEqual([
      ['t', 'completed', false, 0, 0],
      ['a', 'completed', true, 0, 0],
      ['yes', 'pending', false, 0, 1],
      ['no', 'skipped', false, 0, 0],
      ['p', 'pending', false, 1, 0],
      ['end', 'pending', false, 1, 0],
    ]);
  });

  test('ready nodes come in the order of the definition', () => {
    const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
    const nodes = Object.fromEntries([['t', 'trigger'], ...names.map((name) => [name, 'action'])]);
    expect(
      idsOf(
        layOutRun(
          defineGraph(
            nodes,
            names.map((name) => `t>${name}`),
          ),
        ).ready,
      ),
    ).toEqual(names);
  });

  test('ids with a meaning in JavaScript are ids like others', () => {
    const nodes = JSON.parse('{"__proto__": "trigger", "constructor": "action", "toString": "action"}');
    const { ready } = layOutRun(defineGraph(nodes, ['__proto__>constructor', 'constructor>toString']));
    expect(idsOf(ready)).toEqual(['constructor']);
  });

  test('an edge to nowhere is a bug and not a silent loss', () => {
    expect(() => layOutRun(defineGraph({ t: 'trigger' }, ['t>ghost']))).toThrow('Edge t -> ghost was not checked');
  });

  test('every edge is counted once, in a graph as large as they come', () => {
    const names = Array.from({ length: 2_499 }, (_, index) => `n${index}`);
    const nodes = Object.fromEntries([['t', 'trigger'], ...names.map((name) => [name, 'parallel'])]);
    const edges = names.map((name, index) => `${names[index - 1] ?? 't'}>${name}`);
    const laidOut = layOutRun(defineGraph(nodes, edges));
    expect(laidOut.nodes.reduce((sum, node) => sum + node.children.length, 0)).toBe(edges.length);
    expect(laidOut.nodes.every(({ status, waitingFor }) => status === 'completed' && waitingFor === 0)).toBe(true);
  });
});

test('only triggers, parallels and joins need no work', () => {
  expect(nodeTypes.filter(isControl)).toEqual(['trigger', 'parallel', 'join']);
  for (const type of ['__proto__', 'constructor', '']) expect(isControl(type)).toBe(false);
});

test('a trigger hands on the input, a parallel nothing', () => {
  expect(controlOutput('trigger', { a: 1 })).toEqual({ a: 1 });
  expect(controlOutput('parallel', { a: 1 })).toBeNull();
  expect(controlOutput('agent', { a: 1 })).toBeNull();
});

test('a node none of whose parents were taken is skipped, whatever it is', () => {
  for (const type of nodeTypes) expect(decideReady(type, 0)).toBe('skip');
  expect(nodeTypes.filter((type) => decideReady(type, 1) === 'complete')).toEqual(['trigger', 'parallel', 'join']);
  expect(nodeTypes.filter((type) => decideReady(type, 2) === 'run')).toEqual(
    nodeTypes.filter((type) => !isControl(type)),
  );
});

test('a join of some goes on with enough of them, and is skipped as soon as there cannot be enough', () => {
  const tell = (needs: number | null, liveParents: number, waitingFor: number) =>
    isReady({ needs, liveParents, waitingFor }) ? decideReady('join', liveParents, needs) : 'wait';
  expect([tell(2, 0, 3), tell(2, 1, 2), tell(2, 2, 1), tell(2, 1, 1), tell(2, 0, 2)]).toEqual([
    ...['wait', 'wait', 'complete', 'wait', 'wait'],
  ]);
  expect([tell(2, 1, 0), tell(2, 0, 1), tell(3, 3, 0), tell(1, 0, 0)]).toEqual([
    ...['skip', 'skip', 'complete', 'skip'],
  ]);
  expect([tell(null, 1, 1), tell(null, 1, 0), tell(null, 0, 0)]).toEqual(['wait', 'complete', 'skip']);
});

test('an edge without a branch is the one that a decision goes on along', () => {
  const definition: PipelineDefinition = {
    name: 'p',
    description: '',
    nodes: [
      { id: 't', type: 'trigger', config: {} },
      { id: 'ask', type: 'approval', config: { title: 'Go on?' } },
      { id: 'wait', type: 'wait', config: { kind: 'signal' } },
      { id: 'on', type: 'wait', config: { kind: 'signal', onTimeout: 'continue' } },
      { id: 'end', type: 'parallel', config: {} },
    ],
    edges: [
      { from: 't', to: 'ask' },
      { from: 'ask', to: 'wait' },
      { from: 'ask', to: 'end', when: 'rejected' },
      { from: 'wait', to: 'on' },
      { from: 'on', to: 'end' },
    ],
  };
  const { nodes } = layOutRun(definition);
  expect(nodes.map(({ childWhen }) => childWhen)).toEqual([[null], ['approved', 'rejected'], ['arrived'], [null], []]);
});

test('agents have a queue of their own', () => {
  expect(nodeTypes.filter((type) => jobNameOf(type) === 'pipelines.run-agent-node')).toEqual(['agent']);
});

test('only a delay by seconds is laid into the future', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  expect(startAfterOf('delay', { seconds: 90.5 }, now)?.toISOString()).toBe('2026-01-01T00:01:30.500Z');
  expect(startAfterOf('delay', { seconds: 0 }, now)?.toISOString()).toBe(now.toISOString());
  expect(startAfterOf('delay', { until: '2030-01-01' }, now)).toBeNull();
  expect(startAfterOf('delay', { seconds: '{{ 5 }}' }, now)).toBeNull();
  expect(startAfterOf('action', { seconds: 5 }, now)).toBeNull();
});

test('a run is active until it has ended', () => {
  expect(runStatuses.filter(isActive)).toEqual(['pending', 'running', 'waiting', 'paused']);
  expect(nodeStatuses.filter(isActive)).toEqual(['pending', 'running', 'waiting']);
});
