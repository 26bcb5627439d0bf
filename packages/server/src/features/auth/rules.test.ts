import { describe, expect, it } from 'vitest';
import { lockSeconds, networkOf, normalizeEmail, sessionHasEnded, shortenUserAgent } from './rules.ts';

describe('lockSeconds', () => {
  it('lets the first failures pass, then doubles up to a quarter of an hour', () => {
    expect([1, 4, 5, 6, 7, 10, 50].map((failures) => lockSeconds('account', failures))).toEqual([
      0, 0, 30, 60, 120, 900, 900,
    ]);
    expect(lockSeconds('address', 19)).toBe(0);
    expect(lockSeconds('address', 20)).toBe(30);
  });
});

describe('networkOf', () => {
  it('takes an IPv4 address as it is, however it is written', () => {
    expect(networkOf('203.0.113.9')).toBe('203.0.113.9');
    expect(networkOf('::ffff:203.0.113.9')).toBe('203.0.113.9');
  });

  it('takes all IPv6 addresses of one customer as one', () => {
    expect(networkOf('2001:db8:0:12:a:b:c:d')).toBe('2001:db8:0:12::/64');
    expect(networkOf('2001:0DB8::12:ffff:1:2:3')).toBe('2001:db8:0:12::/64');
    expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    expect(networkOf('::1')).toBe('0:0:0:0::/64');
  });
});

describe('normalizeEmail', () => {
  it('takes what differs in case and surrounding space as one account', () => {
    expect(normalizeEmail(' Ada@Example.org ')).toBe('ada@example.org');
  });
});

describe('sessionHasEnded', () => {
  const at = (day: number) => new Date(Date.UTC(2026, 10, day));
  const session = { lastSeenAt: at(1), expiresAt: at(30) };

  it('ends by its time, and by 7 days without use', () => {
    expect(sessionHasEnded(session, at(7))).toBe(false);
    expect(sessionHasEnded(session, at(8))).toBe(true);
    expect(sessionHasEnded({ ...session, lastSeenAt: at(29) }, at(29))).toBe(false);
    expect(sessionHasEnded({ ...session, lastSeenAt: at(29) }, at(30))).toBe(true);
  });
});

describe('shortenUserAgent', () => {
  it('keeps 200 characters that can be seen, and nothing of what is empty', () => {
    expect(shortenUserAgent('a'.repeat(500))).toHaveLength(200);
    expect(shortenUserAgent('curl\u0000/8\u202e.5')).toBe('curl/8.5');
    for (const none of [undefined, null, '', '  ', '\u0007']) expect(shortenUserAgent(none)).toBeNull();
  });
});
