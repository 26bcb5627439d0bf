import { expect, it } from 'vitest';
import { DoorGuard } from './guard-door.ts';

it('refuses a network that floods and no other, and lets it in again when it has been quiet', () => {
  const guard = new DoorGuard(60);
  for (let at = 0; at < 60; at += 1) expect(guard.admit('203.0.113.1', 0)).toBe(true);
  expect([guard.admit('203.0.113.1', 0), guard.admit('203.0.113.2', 0)]).toEqual([false, true]);
  expect([guard.admit('203.0.113.1', 1_000), guard.admit('203.0.113.1', 1_000)]).toEqual([true, false]);
});

it('counts all addresses of one IPv6 customer together', () => {
  const guard = new DoorGuard(60);
  const admitted = Array.from({ length: 100 }, (_, at) => guard.admit(`2001:db8:0:1::${at.toString(16)}`, 0));
  expect(admitted.filter(Boolean).length).toBe(60);
});

it('remembers a bounded number of networks, and those longest that came last', () => {
  const guard = new DoorGuard(1);
  for (let at = 0; at < 20_000; at += 1) {
    guard.admit(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, 0);
    expect(guard.admit('203.0.113.1', 0)).toBe(at === 0);
  }
  expect(guard.size).toBe(10_000);
});
