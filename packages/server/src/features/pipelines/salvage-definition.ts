// What can be told of a definition that has not the right form: its graph as far as it is legible, so that the
// faults of form and those of the graph are named together.
import { checkGraph, type KnownNames } from '@gathering/contract/check-graph';
import type { Fault } from '@gathering/contract/errors';
import { jsonObjectSchema } from '@gathering/contract/json';
import type { PipelineEdge, PipelineNode } from '@gathering/contract/pipeline-definition';

/** Rules that would blame what is legible for what is not: those that need every node, and those that need every edge too. */
const rulesOfNodes: ReadonlySet<string> = new Set(['dangling-edge', 'missing-trigger']);
const rulesOfGraph: ReadonlySet<string> = new Set(['unreachable', 'unknown-reference']);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The nodes of a definition at their places; null where one cannot be read. */
export interface LegibleDefinition {
  readonly nodes: readonly (PipelineNode | null)[];
}

export function readLegibleNodes(value: unknown): LegibleDefinition {
  return { nodes: isRecord(value) && Array.isArray(value.nodes) ? value.nodes.map(readNode) : [] };
}

/** `at` and `message` of the result are those of the value as it is. */
export function checkLegibleGraph(value: unknown, known: KnownNames): Fault[] {
  if (!isRecord(value) || !Array.isArray(value.nodes)) return [];
  const nodes = value.nodes.map(readNode);
  const edges = (Array.isArray(value.edges) ? value.edges : []).map(readEdge);
  const legibleNodes = nodes.filter((node) => node !== null);
  const legibleEdges = edges.filter((edge) => edge !== null);
  const hasAllNodes = legibleNodes.length === nodes.length;
  const hasAllEdges = legibleEdges.length === edges.length && Array.isArray(value.edges);
  const isFair = ({ rule }: Fault) => {
    if (rulesOfNodes.has(rule)) return hasAllNodes;
    return !rulesOfGraph.has(rule) || (hasAllNodes && hasAllEdges);
  };
  const faults = checkGraph({ name: '-', description: '', nodes: legibleNodes, edges: legibleEdges }, known);
  const nodePlaces = placesOf(nodes);
  const edgePlaces = placesOf(edges);
  return faults.filter(isFair).map((fault) => ({
    ...fault,
    at: fault.at.replace(/^\/(nodes|edges)\/(\d+)/, (_, list: string, place: string) => {
      const places = list === 'nodes' ? nodePlaces : edgePlaces;
      return `/${list}/${places[Number(place)] ?? place}`;
    }),
  }));
}

const placesOf = (items: readonly unknown[]): number[] =>
  items.flatMap((item, place) => (item === null ? [] : [place]));

function readNode(raw: unknown): PipelineNode | null {
  if (!isRecord(raw)) return null;
  const id = readName(raw.id);
  if (id === null || typeof raw.type !== 'string') return null;
  const config = jsonObjectSchema.safeParse(raw.config ?? {});
  return config.success ? { id, type: raw.type, config: config.data } : null;
}

function readEdge(raw: unknown): PipelineEdge | null {
  if (!isRecord(raw)) return null;
  const from = readName(raw.from);
  const to = readName(raw.to);
  if (from === null || to === null) return null;
  return { from, to, ...(typeof raw.when === 'string' ? { when: raw.when } : {}) };
}

/** YAML makes numbers of names such as `1`: a fault of form, and still the same name on both sides of an edge. */
function readName(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
