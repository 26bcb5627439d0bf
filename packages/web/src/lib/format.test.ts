import { describe, expect, it } from 'vitest';
import {
  elapsedOf,
  formatBytes,
  formatClock,
  formatCost,
  formatCount,
  formatDuration,
  formatExact,
  formatMoney,
  formatRelative,
  shortId,
} from './format.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

describe('times', () => {
  it('says how long ago in the largest fitting unit, and the date beyond a week', () => {
    expect([3, 45, 90, 7200, 90_000, 30 * 86_400].map((seconds) => formatRelative(ago(seconds), now))).toEqual([
      'just now',
      '45 s ago',
      '1 min ago',
      '2 h ago',
      '1 day ago',
      '24 Oct 2026',
    ]);
    expect(formatRelative(ago(-3600), now)).toBe('in 1 h');
  });
  it('writes the exact instant in the zone of the reader', () => {
    expect(formatExact('2026-11-23T12:00:05Z', 'Europe/Paris')).toMatch(/23 Nov 2026, 13:00:05/);
    expect(formatClock('2026-11-23T12:00:05Z', 'UTC')).toBe('12:00:05');
  });
  it('writes durations with their units, and keeps their width while they grow', () => {
    expect([0, 840, 12_440, 185_000, 7_800_000].map(formatDuration)).toEqual([
      '0 ms',
      '840 ms',
      '12.4 s',
      '3 min 05 s',
      '2 h 10 min',
    ]);
  });
  it('counts what runs up to now and what ended up to its end', () => {
    expect(elapsedOf(null, null, now)).toBeNull();
    expect(elapsedOf(ago(10), null, now)).toBe(10_000);
    expect(elapsedOf(ago(10), ago(4), now)).toBe(6000);
    expect(elapsedOf(ago(-10), null, now)).toBe(0);
  });
});

describe('numbers', () => {
  it('shortens counts only where digits stop mattering', () => {
    expect([0, 9999, 10_000, 12_345, 999_949, 999_950, 4_100_000].map(formatCount)).toEqual([
      '0',
      '9,999',
      '10k',
      '12.3k',
      '999.9k',
      '1M',
      '4.1M',
    ]);
  });
  it('tells an unknown cost from none', () => {
    expect([null, 0, 0.00001, 0.0507, 3.1605, 1234.5].map(formatMoney)).toEqual([
      'unknown',
      '$0',
      '<$0.0001',
      '$0.0507',
      '$3.16',
      '$1,234.50',
    ]);
  });
  it('says that nothing was spent before the first token', () => {
    expect(formatCost({ inputTokens: 0, outputTokens: 0, costUsd: null })).toBe('$0');
    expect(formatCost({ inputTokens: 5, outputTokens: 1, costUsd: null })).toBe('unknown');
  });
  it('writes sizes and short ids', () => {
    expect([12, 2048, 48_234_496].map(formatBytes)).toEqual(['12 B', '2.0 kB', '46.0 MB']);
    expect(shortId('0199f000-0000-7000-8000-0000000000ab')).toBe('…000000ab');
    expect(shortId('historian')).toBe('historian');
  });
});
