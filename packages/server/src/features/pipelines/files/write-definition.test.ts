// Definitions as files: one text for one definition, read back as what it was.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { expect, test } from 'vitest';
import { parseDefinition } from '../parse-definition.ts';
import { writeDefinition } from './write-definition.ts';

const definition: PipelineDefinition = {
  name: 'Order: of things',
  description: 'Two\nlines, "quoted" and #marked',
  nodes: [
    {
      id: 'start',
      type: 'trigger',
      config: { input: { type: 'object', required: ['a'], properties: { b: {}, a: {} } } },
    },
    {
      id: 'call',
      type: 'action',
      name: 'Call it',
      config: {
        url: 'https://example.org/{{ input.a }}',
        kind: 'callApi',
        headers: { 'x-b': 'yes', 'x-a': '1.10' },
        body: [{ z: null, a: 'null' }, 'no', '0x1F', ' spaces ', '- dash', 1e21, ''],
      },
      timeoutSeconds: 2.5,
      retry: { on: ['timeout'], attempts: 3 },
      onError: 'continue',
      position: { x: 10.5, y: -3 },
    },
    { id: 'wait', type: 'delay', config: { seconds: 0 } },
  ],
  edges: [
    { from: 'start', to: 'call', id: 'first' },
    { from: 'call', to: 'wait' },
  ],
};

/** The same with every object's keys in the other order. */
function turn<T>(value: T): T {
  if (Array.isArray(value)) return value.map(turn) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, turn(item)]),
  ) as T;
}

test('the text is read back as the same definition, and written again as the same text', () => {
  const text = writeDefinition(definition);
  const { definition: read, faults } = parseDefinition(text, {});
  expect(faults).toEqual([]);
  expect(read).toEqual(definition);
  expect(writeDefinition(read ?? definition)).toBe(text);
});

test('the order of keys decides nothing, the order of nodes and edges does', () => {
  expect(writeDefinition(turn(definition))).toBe(writeDefinition(definition));
  expect(writeDefinition({ ...definition, nodes: definition.nodes.toReversed() })).not.toBe(
    writeDefinition(definition),
  );
});

test('one change is one changed line', () => {
  const [before, after] = [definition, structuredClone(definition)].map((one, index) => {
    if (index === 1 && one.nodes[2]) one.nodes[2].config = { seconds: 1 };
    return writeDefinition(one).split('\n');
  });
  const changed = after?.filter((line, index) => line !== before?.[index]);
  expect(changed).toEqual(['      seconds: 1']);
});

test('it opens as a person would write it', () => {
  expect(writeDefinition(definition).split('\n').slice(0, 4)).toEqual([
    'name: "Order: of things"',
    'description: |-',
    '  Two',
    '  lines, "quoted" and #marked',
  ]);
});
