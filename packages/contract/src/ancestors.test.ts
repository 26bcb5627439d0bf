// The order of nodes by bits agrees with walking the graph, circles included.
import { expect, test } from 'vitest';
import { orderNodes, reach } from './ancestors.ts';

type Links = Map<string, string[]>;

function link(edges: readonly (readonly [string, string])[]): Links {
  const previous: Links = new Map();
  for (const [from, to] of edges) previous.set(to, [...(previous.get(to) ?? []), from]);
  return previous;
}

/** Numbers that look random and are the same in every run. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test.each([1, 2, 3, 4, 5])('graph %i is ordered as walking it orders it', (seed) => {
  const random = makeRandom(seed);
  const ids = Array.from({ length: 70 }, (_, index) => `n${index}`);
  const pick = () => ids[Math.floor(random() * ids.length)] ?? '';
  // Seeds that are even make circles too.
  const edges = Array.from({ length: 120 }, () => [pick(), pick()] as const)
    .filter(([from, to]) => from !== to)
    .map(
      ([from, to]) =>
        (seed % 2 === 0 || ids.indexOf(from) < ids.indexOf(to) ? [from, to] : [to, from]) as [string, string],
    );
  const previous = link(edges);
  const isBefore = orderNodes(ids, previous);
  const walked = ids.map((id) => reach([id], previous));
  const differing = ids.flatMap((later, place) =>
    ids.filter((earlier) => isBefore(earlier, later) !== (earlier !== later && (walked[place]?.has(earlier) ?? false))),
  );
  expect(differing).toEqual([]);
});

test('an id that is in no graph comes before nothing', () => {
  const isBefore = orderNodes(['a'], new Map());
  expect(isBefore('ghost', 'a')).toBe(false);
  expect(isBefore('a', 'ghost')).toBe(false);
});

test('an edge that stands twice changes nothing', () => {
  const previous = link([
    ['a', 'b'],
    ['a', 'b'],
    ['b', 'c'],
  ]);
  const isBefore = orderNodes(['a', 'b', 'c'], previous);
  expect([isBefore('a', 'c'), isBefore('b', 'c'), isBefore('c', 'a')]).toEqual([true, true, false]);
});
