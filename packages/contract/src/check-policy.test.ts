// What a node does about its failures must be possible: every fault names the node and the setting.
import { expect, test } from 'vitest';
import { checkGraph } from './check-graph.ts';
import type { PipelineEdge, PipelineNode } from './pipeline-definition.ts';

const start: PipelineNode = { id: 'start', type: 'trigger', config: {} };
const tell = (id: string, policy: Partial<PipelineNode> = {}): PipelineNode => ({
  id,
  type: 'action',
  config: { kind: 'notify', title: id },
  ...policy,
});
const faultsOf = (nodes: PipelineNode[], edges: PipelineEdge[]) =>
  checkGraph({ name: 'p', description: '', nodes: [start, ...nodes], edges }).map(({ rule, at }) => `${rule} ${at}`);
const first: PipelineEdge = { from: 'start', to: 'a' };

test('retries, a timeout and a way for errors are sound together', () => {
  const retry = { attempts: 3, baseSeconds: 1, maxSeconds: 10, on: ['timeout' as const] };
  const nodes = [tell('a', { retry, timeoutSeconds: 5, onError: 'route' }), tell('b')];
  expect(faultsOf(nodes, [first, { from: 'a', to: 'b', when: 'error' }])).toEqual([]);
});

test('a way for errors and its setting need each other', () => {
  expect(faultsOf([tell('a', { onError: 'route' })], [first])).toEqual(['error-edge /nodes/1/onError']);
  expect(faultsOf([tell('a'), tell('b')], [first, { from: 'a', to: 'b', when: 'error' }])).toEqual([
    'edge-when /edges/1/when',
  ]);
});

test('what cannot fail takes no policy, and the longest pause is not the shortest', () => {
  const delay: PipelineNode = { id: 'a', type: 'delay', config: { seconds: 1 }, timeoutSeconds: 2, onError: 'fail' };
  expect(faultsOf([delay], [first])).toEqual(['no-policy /nodes/1/timeoutSeconds', 'no-policy /nodes/1/onError']);
  const retry = { attempts: 2, baseSeconds: 10, maxSeconds: 1 };
  expect(faultsOf([tell('a', { retry })], [first])).toEqual(['retry-pauses /nodes/1/retry/maxSeconds']);
});

test('the way for errors of a condition stands beside its own', () => {
  const condition: PipelineNode = { id: 'a', type: 'condition', config: { expression: 'true' }, onError: 'route' };
  const edges = ['then', 'else', 'error'].map((when, place) => ({ from: 'a', to: `n${place}`, when }));
  expect(faultsOf([condition, tell('n0'), tell('n1'), tell('n2')], [first, ...edges])).toEqual([]);
});
