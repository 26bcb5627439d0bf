// Files from outside: read with their faults, or given up within the limit while the server goes on.
import { expect, test } from 'vitest';
import { readFile } from './read-file.ts';

const none = new Set<string>();
const read = (text: string, more = {}) => readFile({ text, agents: none, tools: none, ...more });

test('a file is read with its definition, or with its faults and their places', async () => {
  const good = 'name: One\nnodes:\n  - {id: a, type: trigger}\nedges: []\n';
  expect(await read(good)).toMatchObject({ definition: { name: 'One' }, faults: [] });
  expect((await read(good.replace('trigger', 'nope'))).faults).toMatchObject([
    { rule: 'missing-trigger' },
    { rule: 'unknown-type', line: 3, column: 19 },
  ]);
});

test('faults that were found elsewhere get their places', async () => {
  const fault = { at: '/nodes/0/type', in: 'definition', rule: 'own', message: 'Mine.' };
  const { faults } = await read('name: One\nnodes:\n  - type: trigger\n', { located: [fault] });
  expect(faults).toMatchObject([{ rule: 'own', line: 3, column: 11 }]);
});

test('of a file with very many faults the first hundred are named', async () => {
  const { faults } = await read(`name: a\nnodes:\n${'  - {id: a, type: delay}\n'.repeat(1_000)}edges: []\n`);
  expect(faults).toHaveLength(100);
});

test('a file that takes too much is given up, and the next one is read', async () => {
  const huge = `{"name":"a","nodes":[${'{"a":{"b":{"c":[1,2,3]}}},'.repeat(75_000)}1],"edges":[]}`;
  const [first, second] = await Promise.all([read(huge), read('name: Two\nnodes: []\nedges: []\n')]);
  expect(first).toMatchObject({ definition: null, faults: [{ rule: 'too-much', in: 'file', line: 1 }] });
  expect(first.faults[0]?.message).toMatch(/longer than 3000 ms|too much memory/);
  expect(second.definition?.name).toBe('Two');
}, 60_000);
