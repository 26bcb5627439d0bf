import { subjectSchema } from '@gathering/contract/events';
import { expect, it } from 'vitest';
import { countOpening, hostTarget, pauseOf, targetOf } from './breaker-rules.ts';

it('stays open for 30 s, twice as long at each opening in a row, and for ten minutes at the most', () => {
  const seconds = [1, 2, 3, 4, 5, 6, 7, 1000].map((timesOpened) => pauseOf(timesOpened) / 1000);
  expect(seconds).toEqual([30, 60, 120, 240, 480, 600, 600, 600]);
});

it('counts openings in a row until it was closed for ten minutes, or a person closed it', () => {
  const now = new Date('2026-11-01T10:00:00.000Z');
  const before = (ms: number) => new Date(now.getTime() - ms);
  expect(countOpening(3, before(599_999), now)).toBe(4);
  expect(countOpening(3, before(600_000), now)).toBe(1);
  expect(countOpening(3, null, now)).toBe(1);
});

it('names targets so that events and audit entries can be about them', () => {
  const hosts = [
    'https://Api.Example.org/v1?key=x',
    'http://example.org:8080',
    'http://[::1]/',
    'ftp://a.org',
    'nothing',
  ];
  expect(hosts.map(hostTarget)).toEqual([
    'host/api.example.org:443',
    'host/example.org:8080',
    'host/::1:80',
    null,
    null,
  ]);
  expect(targetOf('vendor', 'My vendor / 1')).toBe('vendor/My-vendor---1');
  const long = hostTarget(`https://${Array.from({ length: 24 }, () => 'abcdefghi').join('.')}.org/`) ?? '';
  expect(long.endsWith('.org:443')).toBe(true);
  for (const target of [long, ...hosts.map(hostTarget).filter((one) => one !== null)])
    expect(subjectSchema.safeParse(target).success).toBe(true);
});
