import { describe, expect, it } from 'vitest';
import { layOutGraph, nodeSize, pathThrough, placesOf } from './lay-out-graph.ts';

describe('laying out', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
  const edges = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
    { from: 'c', to: 'd' },
    { from: 'a', to: 'd' },
  ];
  it('puts what follows below, overlaps nothing and bends what passes others', () => {
    const { places, bends } = layOutGraph(nodes, edges);
    const y = nodes.map(({ id }) => places.get(id)?.y ?? 0);
    expect(y).toEqual([...y].sort((one, two) => one - two));
    expect((y[1] ?? 0) - (y[0] ?? 0)).toBeGreaterThan(nodeSize.height);
    expect([...bends.keys()]).toEqual(['a d']);
    expect(
      pathThrough([
        { x: 0, y: 0 },
        { x: 10, y: 20 },
      ]),
    ).toBe('M 0,0 C 0,10 10,10 10,20');
  });
  it('bends around nodes that stand where they were laid, and not around those that were moved', () => {
    const { places } = layOutGraph(nodes, edges);
    const placed = nodes.map(({ id }) => ({ id, position: places.get(id) }));
    expect(placesOf(placed, edges).bends.size).toBe(1);
    const moved = placed.map((one) => (one.id === 'a' ? { ...one, position: { x: 999, y: 0 } } : one));
    expect(placesOf(moved, edges)).toMatchObject({ bends: new Map() });
  });
  it('starts branches side by side, also where one of them is longer', () => {
    const branches = [
      { from: 'split', to: 'a' },
      { from: 'split', to: 'b' },
      { from: 'b', to: 'b2' },
      { from: 'b2', to: 'b3' },
      { from: 'a', to: 'end' },
      { from: 'b3', to: 'end' },
    ];
    const { places } = layOutGraph(
      ['split', 'a', 'b', 'b2', 'b3', 'end'].map((id) => ({ id })),
      branches,
    );
    expect(places.get('a')?.y).toBe(places.get('b')?.y);
  });
  it('bears edges that dangle or lead to themselves', () => {
    expect(
      layOutGraph(
        [{ id: 'a' }],
        [
          { from: 'a', to: 'x' },
          { from: 'a', to: 'a' },
        ],
      ).places.size,
    ).toBe(1);
  });
});
