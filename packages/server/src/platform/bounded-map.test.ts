import { expect, it } from 'vitest';
import { createBoundedMap } from './bounded-map.ts';

it('forgets what was used longest ago, and never holds more than it may', () => {
  const map = createBoundedMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
  map.set('a', 4);
  map.set('d', 5);
  expect([map.get('a'), map.get('c'), map.get('d')]).toEqual([4, undefined, 5]);
});

it('counts sizes where entries have some, those that were replaced and removed no more', () => {
  const map = createBoundedMap<string>(10, (text) => text.length);
  map.set('a', 'aaaaaa');
  map.set('a', 'aaa');
  map.set('b', 'bbb');
  map.set('c', 'cccc');
  expect(['a', 'b', 'c'].map(map.get)).toEqual(['aaa', 'bbb', 'cccc']);
  map.delete('b');
  map.set('d', 'ddd');
  expect(['a', 'c', 'd'].map(map.get)).toEqual(['aaa', 'cccc', 'ddd']);
  map.set('e', 'eeeee');
  expect(['a', 'c', 'd', 'e'].map(map.get)).toEqual([undefined, undefined, 'ddd', 'eeeee']);
  map.set('f', 'longer than all');
  expect(['d', 'e', 'f'].map(map.get)).toEqual([undefined, undefined, undefined]);
});
