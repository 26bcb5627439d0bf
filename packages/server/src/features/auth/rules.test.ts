import { describe, expect, it } from 'vitest';
import { lockSeconds, normalizeEmail } from './rules.ts';

describe('lockSeconds', () => {
  it('lets the first failures pass, then doubles up to a quarter of an hour', () => {
    expect([1, 4, 5, 6, 7, 10, 50].map((failures) => lockSeconds('account', failures))).toEqual([
      0, 0, 30, 60, 120, 900, 900,
    ]);
    expect(lockSeconds('address', 19)).toBe(0);
    expect(lockSeconds('address', 20)).toBe(30);
  });
});

describe('normalizeEmail', () => {
  it('takes what differs in case and surrounding space as one account', () => {
    expect(normalizeEmail(' Ada@Example.org ')).toBe('ada@example.org');
  });
});
