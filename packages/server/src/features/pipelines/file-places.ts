// Where a fault of a definition stands in its file: from JSON pointers and columns of values to lines and columns.
import type { Fault } from '@gathering/contract/errors';
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';

export interface YamlFile {
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** What each alias stands for. */
  readonly targets: Map<Alias, Node>;
}

export function faultAt(file: YamlFile, offset: number, fault: Omit<Fault, 'in' | 'line' | 'column'>): Fault {
  const { line, col } = file.lines.linePos(offset);
  return { ...fault, in: 'file', line: Math.max(1, line), column: Math.max(1, col) };
}

/** The fault with its line and column in place of its column in a value. */
export function locateFault(file: YamlFile, fault: Fault): Fault {
  const { column, ...rest } = fault;
  const node = nodeAt(file, fault.at, fault.rule === 'unknown-key');
  const start = node?.range?.[0] ?? 0;
  const within = column !== undefined && isScalar(node) ? offsetWithin(file.text, node, column - 1) : null;
  return faultAt(file, within ?? start, rest);
}

/** The deepest node of the file along a JSON pointer; with `atKey` the key where the pointer ends. */
function nodeAt(file: YamlFile, pointer: string, atKey: boolean): Node | null {
  let node = file.document.contents as Node | null;
  const parts = pointer.split('/').slice(1);
  for (const [place, raw] of parts.entries()) {
    if (isAlias(node)) node = file.targets.get(node) ?? node;
    if (!isCollection(node)) break;
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    let next: unknown;
    if (isMap(node)) {
      const pair = pairsOf(node).get(key);
      next = atKey && place === parts.length - 1 ? pair?.key : (pair?.value ?? pair?.key);
    } else if (isSeq(node)) next = node.items[Number(key)];
    if (next === undefined || next === null) break;
    node = next as Node;
  }
  return node;
}

/** Maps of files with many faults are searched as often; each is indexed once. */
const pairsByMap = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = pairsByMap.get(map);
  if (known) return known;
  const pairs = new Map(
    map.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair] as const] : [])),
  );
  pairsByMap.set(map, pairs);
  return pairs;
}

/** The place in the file of a place in a text, where that can be told; null: the file writes the text differently. */
function offsetWithin(text: string, node: Scalar, column: number): number | null {
  const [start, end] = node.range ?? [0, 0];
  const value = String(node.value);
  if (node.type === 'PLAIN' && text.slice(start, end) === value) return start + column;
  if ((node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') && text.slice(start + 1, end - 1) === value)
    return start + 1 + column;
  if (node.type !== 'BLOCK_LITERAL') return null;
  const before = value.slice(0, column).split('\n');
  const source = text.slice(start, end).split('\n').slice(1);
  const line = source[before.length - 1];
  const wanted = value.split('\n')[before.length - 1];
  if (line === undefined || wanted === undefined) return null;
  const indent = line.lastIndexOf(wanted);
  if (indent < 0) return null;
  const header = text.indexOf('\n', start) + 1;
  const skipped = source.slice(0, before.length - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return header + skipped + indent + (before.at(-1) ?? '').length;
}
