import { describe, expect, it } from 'vitest';
import { barOf } from './bar-of.ts';

describe('the timeline', () => {
  it('places a bar within its run and lets one that still runs reach the present', () => {
    const from = Date.parse('2026-01-01T00:00:00Z');
    const at = (seconds: number): string => new Date(from + seconds * 1000).toISOString();
    expect(barOf({ status: 'completed', startedAt: at(25), endedAt: at(75) }, from, from + 100_000)).toEqual({
      left: 25,
      width: 50,
    });
    expect(barOf({ status: 'running', startedAt: at(40), endedAt: null }, from, from + 100_000)).toEqual({
      left: 40,
      width: 60,
    });
    expect(barOf({ status: 'skipped', startedAt: at(40), endedAt: at(40) }, from, from + 100_000)).toBeNull();
    expect(barOf({ status: 'pending', startedAt: null, endedAt: null }, from, from)).toBeNull();
  });
});
