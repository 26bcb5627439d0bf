// What runs in another process is cut off also where its thread cannot be interrupted, and blames nobody else.
import { expect, test } from 'vitest';
import { IsolatedThread } from './isolated-thread.ts';

const worker = new URL('../../../test/fakes/endless-worker.ts', import.meta.url);

test('work that cannot be interrupted ends with its process; what was answered and who waits are not lost', async () => {
  const thread = new IsolatedThread<string, string>(worker, 200);
  const answers = await Promise.all(['first', 'endless', 'second', 'endless', 'third'].map((one) => thread.ask(one)));
  expect(answers.map(({ parts }) => parts)).toEqual([['first'], ['endless'], ['second'], ['endless'], ['third']]);
  expect(answers.map(({ failure }) => failure?.replace(/;.*/, '') ?? null)).toEqual([
    null,
    'it took longer than 200 ms and was cut off',
    null,
    'it took longer than 200 ms and was cut off',
    null,
  ]);
});
