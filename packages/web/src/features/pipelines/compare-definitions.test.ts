// The words in which two versions are told apart.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { expect, test } from 'vitest';
import { compareDefinitions, tellDifference } from './compare-definitions.ts';

const base: PipelineDefinition = {
  name: 'One',
  description: '',
  nodes: [
    { id: 'a', type: 'trigger', config: { input: { type: 'object', title: 'x' } } },
    { id: 'b', type: 'delay', name: 'Pause', config: { seconds: 1 } },
  ],
  edges: [{ from: 'a', to: 'b' }],
};
const tell = (after: PipelineDefinition) => tellDifference(compareDefinitions(base, after));
const [first, second] = base.nodes as [PipelineDefinition['nodes'][0], PipelineDefinition['nodes'][0]];

test('nothing differs where only keys and places on the canvas do', () => {
  const moved = { ...first, config: { input: { title: 'x', type: 'object' } }, position: { x: 1, y: 2 } };
  expect(tell({ ...base, nodes: [second, moved], edges: [{ from: 'a', to: 'b', id: 'e' }] })).toBe('');
});

test('nodes are named by what happened to them, then edges and the name', () => {
  const longer = { ...second, config: { seconds: 2 } };
  const added = { id: 'c', type: 'parallel', config: {} };
  expect(tell({ ...base, nodes: [longer, added] })).toBe('adds c; removes a; changes Pause');
  expect(tell({ ...base, name: 'Two', edges: [] })).toBe('connects otherwise; has another name or description');
});

test('many are counted', () => {
  const many = Array.from({ length: 7 }, (_, index) => ({ id: `n${index}`, type: 'parallel', config: {} }));
  expect(tell({ ...base, nodes: [...base.nodes, ...many] })).toBe('adds n0, n1, n2, n3 and 3 more');
});
