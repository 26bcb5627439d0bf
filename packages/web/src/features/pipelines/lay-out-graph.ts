// Places the nodes of a graph from top to bottom, with few crossings. The same graph gives the same places.
import { graphlib, layout } from '@dagrejs/dagre';

export const nodeSize = { width: 176, height: 56 };

export interface Position {
  readonly x: number;
  readonly y: number;
}

interface Placed {
  readonly id: string;
  readonly position?: Position;
}
interface Connected {
  readonly from: string;
  readonly to: string;
}

export interface Layout {
  readonly places: ReadonlyMap<string, Position>;
  /** Where edges that pass other nodes bend, by `from to`. */
  readonly bends: ReadonlyMap<string, readonly Position[]>;
}

/** How far each node is from the beginning, by the longest way. Nodes in a circle count as far as the circle's entry. */
function depthsOf(nodes: readonly Placed[], edges: readonly Connected[]): Map<string, number> {
  const depths = new Map(nodes.map((node) => [node.id, 0]));
  const open = new Map(nodes.map((node) => [node.id, 0]));
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) {
    open.set(to, (open.get(to) ?? 0) + 1);
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const ready = nodes.filter((node) => open.get(node.id) === 0).map((node) => node.id);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    for (const to of next.get(id) ?? []) {
      depths.set(to, Math.max(depths.get(to) ?? 0, (depths.get(id) ?? 0) + 1));
      const left = (open.get(to) ?? 0) - 1;
      open.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return depths;
}

export function layOutGraph(nodes: readonly Placed[], edges: readonly Connected[]): Layout {
  const graph = new graphlib.Graph({ multigraph: false });
  graph.setGraph({ rankdir: 'TB', nodesep: 16, edgesep: 24, ranksep: 44, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { ...nodeSize });
  const known = new Set(nodes.map((node) => node.id));
  const sound = edges.filter((edge) => known.has(edge.from) && known.has(edge.to) && edge.from !== edge.to);
  const depths = depthsOf(nodes, sound);
  const deepest = Math.max(0, ...depths.values());
  // Edges near the beginning weigh more: branches then start side by side, right below what splits them.
  for (const edge of sound) graph.setEdge(edge.from, edge.to, { weight: 1 + deepest - (depths.get(edge.from) ?? 0) });
  layout(graph);
  const places = nodes.map((node): [string, Position] => {
    const place = graph.node(node.id) as Position;
    return [node.id, { x: Math.round(place.x - nodeSize.width / 2), y: Math.round(place.y - nodeSize.height / 2) }];
  });
  const bends = sound.flatMap((edge): [string, Position[]][] => {
    const { points } = graph.edge(edge.from, edge.to) as { points: Position[] };
    // Three points are a plain edge to the next rank.
    return points.length > 3 ? [[`${edge.from} ${edge.to}`, points.slice(1, -1)]] : [];
  });
  return { places: new Map(places), bends: new Map(bends) };
}

/** Larger graphs keep plain edges: laying them out anew only to bend edges would be felt. */
const maxBentNodes = 150;

/** The places that people chose; where any is missing, all are laid out, since a mixture overlaps. */
export function placesOf(nodes: readonly Placed[], edges: readonly Connected[]): Layout {
  if (nodes.length === 0 || !nodes.every((node) => node.position)) return layOutGraph(nodes, edges);
  const places = new Map(nodes.map((node) => [node.id, node.position as Position]));
  if (nodes.length > maxBentNodes) return { places, bends: new Map() };
  const fresh = layOutGraph(nodes, edges);
  const isAsLaidOut = nodes.every((node) => {
    const place = fresh.places.get(node.id);
    return place?.x === node.position?.x && place?.y === node.position?.y;
  });
  return isAsLaidOut ? fresh : { places, bends: new Map() };
}

/** A smooth way from above to below through the bends. */
export function pathThrough(points: readonly Position[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M ${first.x},${first.y}`;
  let before = first;
  for (const point of rest) {
    const middle = (before.y + point.y) / 2;
    path += ` C ${before.x},${middle} ${point.x},${middle} ${point.x},${point.y}`;
    before = point;
  }
  return path;
}
