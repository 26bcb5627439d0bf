import { describe, expect, it } from 'vitest';
import { differLines } from './line-difference.ts';

function apply(before: readonly string[], after: readonly string[]): string[] {
  const changes = differLines(before, after) ?? [];
  const gone = new Set(changes.filter((one) => one.change === '-').map((one) => one.line));
  const result = before.filter((_, index) => !gone.has(index + 1));
  for (const one of changes) if (one.change === '+') result.splice(one.line - 1, 0, one.text);
  return result;
}

describe('differLines', () => {
  it('finds the shortest change', () => {
    expect(differLines(['a', 'b', 'c'], ['a', 'c', 'd'])).toEqual([
      { change: '-', line: 2, text: 'b' },
      { change: '+', line: 3, text: 'd' },
    ]);
    expect(differLines([], [])).toEqual([]);
  });

  it('turns the old lines into the new ones, whatever they are', () => {
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    const lines = () => Array.from({ length: next(30) }, () => 'abcd'[next(4)] ?? '');
    for (let round = 0; round < 200; round += 1) {
      const [before, after] = [lines(), lines()];
      expect(apply(before, after)).toEqual(after);
    }
  });

  it('gives up on texts that have nothing in common', () => {
    const left = Array.from({ length: 3000 }, (_, index) => `l${index}`);
    expect(
      differLines(
        left,
        left.map((line) => `r${line}`),
      ),
    ).toBeNull();
  });
});
