// Definitions as files, JSON or YAML (JSON is YAML): the form and the graph are checked and every fault has
// its line and column.
import { checkGraph, type KnownNames } from '@gathering/contract/check-graph';
import type { Fault } from '@gathering/contract/errors';
import { definitionSchema, type PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type * as z from 'zod';
import { locateFault, type YamlFile } from './file-places.ts';
import { sortFaults } from './locate-faults.ts';
import { openYaml } from './open-yaml.ts';
import { checkLegibleGraph, type LegibleDefinition, readLegibleNodes } from './salvage-definition.ts';

export interface ParsedFile {
  /** Null when the file has not the form of one. */
  readonly definition: PipelineDefinition | null;
  /** Its nodes as far as they can be read, for checks that are made elsewhere. */
  readonly legible: LegibleDefinition;
  readonly faults: readonly Fault[];
}

const nothing = { definition: null, legible: { nodes: [] } } as const;

const maxFileBytes = 2 * 1024 * 1024;

export function parseDefinition(text: string, known: KnownNames): ParsedFile {
  if (Buffer.byteLength(text) > maxFileBytes) {
    const message = `The file is larger than ${maxFileBytes} bytes.`;
    return { ...nothing, faults: [{ at: '', in: 'file', rule: 'too-large', message, line: 1, column: 1 }] };
  }
  const { file, value, faults } = openYaml(text);
  if (file === null) return { ...nothing, faults };
  const parsed = definitionSchema.safeParse(value, { reportInput: true });
  if (parsed.success) {
    const faults = locateAll(file, checkGraph(parsed.data, known));
    return { definition: parsed.data, legible: parsed.data, faults };
  }
  const ofForm = parsed.error.issues.flatMap((issue) => describeIssue(issue, value));
  const blamed = new Set(ofForm.map((fault) => fault.at));
  const ofGraph = checkLegibleGraph(value, known).filter((fault) => !blamed.has(fault.at));
  return { definition: null, legible: readLegibleNodes(value), faults: locateAll(file, [...ofForm, ...ofGraph]) };
}

const locateAll = (file: YamlFile, faults: readonly Fault[]): Fault[] =>
  sortFaults(faults.map((fault) => locateFault(file, fault)));

function describeIssue(issue: z.core.$ZodIssue, value: unknown): Fault[] {
  const at = pointerOf(issue.path);
  const { owner, rest } = ownerOf(value, issue.path);
  const nodeId = owner.nodeId === undefined ? {} : { nodeId: owner.nodeId };
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      at: `${at}${pointerOf([key])}`,
      rule: 'unknown-key',
      message: `${owner.words} has no key "${key}".${key === '<<' ? ' Merge keys are not offered; write the values out.' : ''}`,
      ...nodeId,
    }));
  if (value === null)
    return [{ at, rule: 'empty', message: 'The file is empty: a pipeline has a name, nodes and edges.' }];
  const key = rest.map(String).join('.');
  if (issue.input === undefined && key !== '')
    return [{ at, rule: 'missing-key', message: `${owner.words} needs the key "${key}".`, ...nodeId }];
  const why = issue.message.replace(/^Invalid input: /, '').replace(/\.$/, '');
  return [{ at, rule: issue.code, message: `${owner.words}${key === '' ? '' : `, ${key}`}: ${why}.`, ...nodeId }];
}

const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

interface Owner {
  readonly words: string;
  readonly nodeId?: string;
}

/** Whom a path belongs to in the words of the file: a node by its id, an edge by its ends. */
function ownerOf(value: unknown, path: readonly PropertyKey[]): { owner: Owner; rest: readonly PropertyKey[] } {
  const [list, place] = path;
  if ((list !== 'nodes' && list !== 'edges') || typeof place !== 'number')
    return { owner: { words: 'The file' }, rest: path };
  const item = read(read(value, list), place);
  const rest = path.slice(2);
  if (list === 'edges') {
    const [from, to] = [read(item, 'from'), read(item, 'to')];
    const isLegible = typeof from === 'string' && typeof to === 'string';
    return { owner: { words: isLegible ? `Edge ${from} -> ${to}` : `Edge ${place + 1} of the list` }, rest };
  }
  const id = read(item, 'id');
  if (typeof id === 'string') return { owner: { words: `Node "${id}"`, nodeId: id }, rest };
  return { owner: { words: `Node ${place + 1} of the list` }, rest };
}

function read(value: unknown, key: string | number): unknown {
  return value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined;
}
