// Expressions run in a thread that survives everything that they can do to it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { evaluateExpressions } from './evaluate.ts';

const list = Array.from({ length: 2_000 }, (_, index) => index);
const scope = { input: { list, text: 'x'.repeat(1_000_000), count: 2 }, nodes: {}, run: {}, project: {} };
const endless = 'input.list.map(a, input.list.map(b, input.list.map(c, input.list.exists(d, a + b + c + d < 0))))';
const valuesOf = async (...expressions: string[]) =>
  (await evaluateExpressions(expressions, scope)).map((result) =>
    result.ok ? result.value : `FAULT ${result.column}: ${result.message}`,
  );

test('results come in the order of the expressions, faults among them with their column', async () => {
  expect(await valuesOf('1 + 1', 'input.nope', '"a" + "b"', '1 +', 'input.count * 1.5')).toEqual([
    2,
    'FAULT 7: No such key: nope',
    'ab',
    'FAULT 4: unexpected end of the expression',
    3,
  ]);
});

test('nothing to evaluate is nothing', async () => {
  expect(await evaluateExpressions([], scope)).toEqual([]);
});

describe('an expression that does not end', () => {
  test('is cut off, keeps the values before it and blames nobody else', async () => {
    const [before, itself, after] = await valuesOf('1', endless, '2');
    expect(before).toBe(1);
    expect(itself).toMatch(/^FAULT 1: it took longer than 50 ms and was cut off/);
    expect(after).toBe('FAULT 1: it was not evaluated, since the one before it was cut off');
  });

  test('holds up those that wait behind it and spoils none', async () => {
    const results = await Promise.all([
      valuesOf(endless),
      ...list.slice(0, 20).map((count) => valuesOf(`${count} + 1`)),
      valuesOf(endless),
      valuesOf('"last"'),
    ]);
    expect(results[0]?.[0]).toMatch(/cut off/);
    expect(results.slice(1, 21)).toEqual(list.slice(0, 20).map((count) => [count + 1]));
    expect(results[21]?.[0]).toMatch(/cut off/);
    expect(results[22]).toEqual(['last']);
  });
});

test('an expression that fills the memory ends as a fault, and the next one works', async () => {
  const grow = 'input.list.map(a, input.list.map(b, [a, b, a, b, a, b, a, b]))';
  expect((await valuesOf(grow))[0]).toMatch(/^FAULT 1: (it took longer|it needs too much memory|the result is larger)/);
  const double = Array.from({ length: 60 }, () => 'input.text').join(' + ');
  expect((await valuesOf(`(${double}).lowerAscii()`))[0]).toMatch(/^FAULT/);
  expect(await valuesOf('input.count')).toEqual([2]);
});

test('two hundred at once each get their own answer', async () => {
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, index) => evaluateExpressions(['input * 2', 'input'], { input: index })),
  );
  expect(results).toEqual(
    results.map((_, index) => [
      { ok: true, value: index * 2 },
      { ok: true, value: index },
    ]),
  );
});

test('what an expression throws beside its own language is a fault', async () => {
  expect(await valuesOf('bytes("x").json()', '1')).toEqual([expect.stringMatching(/^FAULT 1: .*JSON/), 1]);
});

test('a scope that cannot be sent is a fault and not a standstill', async () => {
  const [result] = await evaluateExpressions(['1'], { input: () => 1 });
  expect(result).toMatchObject({ ok: false, message: expect.stringContaining('could not be') });
  expect(await valuesOf('1')).toEqual([1]);
});

test('the thread keeps no process alive', async () => {
  const file = fileURLToPath(new URL('./evaluate.ts', import.meta.url));
  const program = `
    const { evaluateExpressions } = await import(${JSON.stringify(file)});
    const late = ${JSON.stringify(endless)};
    const input = { list: Array.from({ length: 2000 }, (_, index) => index) };
    const results = [...(await evaluateExpressions(['1 + 1'], { input })), ...(await evaluateExpressions([late], { input })), ...(await evaluateExpressions(['"after"'], { input }))];
    process.stdout.write(JSON.stringify(results.map((result) => result.ok ? result.value : null)));
  `;
  // It ends by itself, or this waits until the test is given up.
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(JSON.parse(stdout)).toEqual([2, null, 'after']);
});
