// A condition takes one of two branches, and nothing but true and false decides.
import { expect, test } from 'vitest';
import type { Ctx } from '../../../ctx.ts';
import type { NodeWorkRow } from '../store/runs.ts';
import { conditionNode } from './condition.ts';

function run(result: unknown) {
  return conditionNode.run({
    ctx: {} as Ctx,
    node: {} as NodeWorkRow,
    config: { expression: 'input.flag' },
    projectRoot: null,
    announce: () => Promise.resolve(true),
    evaluate: (expression) => Promise.resolve(expression === 'input.flag' ? result : 'another expression'),
  });
}

test('true leads along then and false along else', async () => {
  expect(await run(true)).toEqual({ kind: 'completed', output: { result: true }, branch: 'then' });
  expect(await run(false)).toEqual({ kind: 'completed', output: { result: false }, branch: 'else' });
});

test.each([null, undefined, 0, 1, 'true', '', [], {}])(
  '%j is neither, and the failure says what it was',
  async (result) => {
    const shown = result === undefined ? 'nothing' : JSON.stringify(result);
    await expect(run(result)).rejects.toMatchObject({
      code: 'pipelines.condition-not-boolean',
      message: `The condition gave ${shown}, it must give true or false.`,
    });
  },
);

test('a large value is shown shortened', async () => {
  const failure = await run('x'.repeat(1_000_000)).catch((error: unknown) => error);
  expect(String(failure).length).toBeLessThan(400);
});
