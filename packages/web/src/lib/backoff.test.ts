import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

it('waits twice as long each time, up to a quarter of a minute, and spreads the tabs', () => {
  expect([0, 1, 2, 3, 10].map((attempt) => backoffMs(attempt, 0.5))).toEqual([500, 1000, 2000, 4000, 15_000]);
  expect(backoffMs(0, 0)).toBeLessThan(backoffMs(0, 1));
});
