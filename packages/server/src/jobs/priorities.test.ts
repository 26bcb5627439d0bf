import { expect, test } from 'vitest';
import { rankOf, runPriority, startOfFetch } from './priorities.ts';

test('the first eight of a crowd go with everybody, each rank then holds twice as many', () => {
  expect([0, 7, 8, 23, 24, 55, 56, 119].map(rankOf)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  expect(rankOf(1_000_000)).toBe(7);
});

test('no rank makes a run pass one of a higher priority, or fall behind one of a lower', () => {
  expect(runPriority.high - rankOf(Number.MAX_SAFE_INTEGER)).toBeGreaterThan(runPriority.normal);
  expect(runPriority.normal - rankOf(Number.MAX_SAFE_INTEGER)).toBeGreaterThan(runPriority.low);
});

test('three fetches of four take the highest, and the fourth reaches every level in its turn', () => {
  const starts = Array.from({ length: 4 * 24 }, (_, at) => startOfFetch(at));
  expect(starts.filter((start) => start === null)).toHaveLength(72);
  const reached = new Set(starts);
  for (const base of Object.values(runPriority))
    for (let rank = 0; rank <= 7; rank += 1) expect(reached.has(base - rank)).toBe(true);
});
