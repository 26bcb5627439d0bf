import { expect, it } from 'vitest';
import { makeOverloadJudge } from './overload.ts';

it('is not a single long pause, and is one that comes again and again', () => {
  let now = 0;
  const isOverloaded = makeOverloadJudge(() => now);
  const at = (ms: number): boolean => {
    now = ms;
    return isOverloaded();
  };
  expect([at(100), at(500), at(1_100)]).toEqual([false, false, false]);
  expect([at(3_100), at(6_100)]).toEqual([true, true]);
  expect([at(16_200), at(17_000)]).toEqual([false, false]);
});
