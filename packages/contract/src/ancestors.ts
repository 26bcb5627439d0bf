// Which nodes must have ended before another begins, for many nodes at once: one bit a node, handed down the
// edges, so that a graph of thousands of nodes is checked at every key press.

/** Every id from which one of `roots` can be reached along `next`, the roots among them. */
export function reach(roots: readonly string[], next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set(roots);
  const pending = [...roots];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    for (const child of next.get(id) ?? []) {
      if (!seen.has(child)) {
        seen.add(child);
        pending.push(child);
      }
    }
  }
  return seen;
}

export type Links = ReadonlyMap<string, readonly string[]>;

/** Answers whether a node comes before another. In a circle every node comes before every other. */
export function orderNodes(ids: readonly string[], previous: Links): (earlier: string, later: string) => boolean {
  const places = new Map(ids.map((id, place) => [id, place]));
  const words = Math.ceil(ids.length / 32);
  const before = new Map<string, Uint32Array>();
  for (const circle of findCircles(ids, previous)) {
    const bits = new Uint32Array(words);
    for (const id of circle) {
      for (const parent of previous.get(id) ?? []) {
        for (const [word, value] of before.get(parent)?.entries() ?? []) bits[word] = (bits[word] ?? 0) | value;
        const place = places.get(parent) ?? 0;
        bits[place >>> 5] = (bits[place >>> 5] ?? 0) | (1 << (place & 31));
      }
    }
    for (const id of circle) before.set(id, bits);
  }
  return (earlier, later) => {
    const place = places.get(earlier);
    if (place === undefined || earlier === later) return false;
    return (((before.get(later)?.[place >>> 5] ?? 0) >>> (place & 31)) & 1) === 1;
  };
}

interface Visit {
  readonly id: string;
  readonly order: number;
  /** The earliest visited node of the same circle that is known by now. */
  low: number;
  child: number;
}

interface Walk {
  readonly previous: Links;
  readonly visits: Map<string, Visit>;
  /** Visited nodes whose circle is not known yet, in the order of their visit. */
  readonly open: string[];
  readonly isOpen: Set<string>;
  readonly circles: string[][];
}

/**
 * Groups of nodes that lie in a circle with each other, most of one node; each group after those that come before
 * it (Tarjan, "Depth-first search and linear graph algorithms", 1972).
 */
function findCircles(ids: readonly string[], previous: Links): string[][] {
  const walk: Walk = { previous, visits: new Map(), open: [], isOpen: new Set(), circles: [] };
  for (const id of ids) if (!walk.visits.has(id)) walkFrom(walk, id);
  return walk.circles;
}

function walkFrom(walk: Walk, root: string): void {
  const path = [enter(walk, root)];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const parent = walk.previous.get(top.id)?.[top.child];
    top.child += 1;
    if (parent === undefined) {
      path.pop();
      leave(walk, top, path.at(-1));
      continue;
    }
    const seen = walk.visits.get(parent);
    if (seen === undefined) path.push(enter(walk, parent));
    else if (walk.isOpen.has(parent)) top.low = Math.min(top.low, seen.order);
  }
}

function enter({ visits, open, isOpen }: Walk, id: string): Visit {
  const visit = { id, order: visits.size, low: visits.size, child: 0 };
  visits.set(id, visit);
  open.push(id);
  isOpen.add(id);
  return visit;
}

function leave({ open, isOpen, circles }: Walk, visit: Visit, below: Visit | undefined): void {
  if (below) below.low = Math.min(below.low, visit.low);
  if (visit.low !== visit.order) return;
  const circle = open.splice(open.lastIndexOf(visit.id));
  for (const id of circle) isOpen.delete(id);
  circles.push(circle);
}
