import { describe, expect, it } from 'vitest';
import { networkOf } from './network-of.ts';

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

  it('takes what is no address as one network, so that no text of a stranger becomes a key', () => {
    for (const text of ['', 'unknown', '203.0.113.9:443', "'; select", 'x'.repeat(10_000), '::1::'])
      expect(networkOf(text)).toBe('unknown');
  });
});
