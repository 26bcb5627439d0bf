// Opens a YAML or JSON text as a value of JSON: what the syntax allows and JSON cannot say, or what would fill
// the memory, is a fault with its place.
import type { Fault } from '@gathering/contract/errors';
import { isWithinDepth, maxJsonDepth } from '@gathering/contract/json';
import {
  type Alias,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { faultAt, type YamlFile } from './file-places.ts';

export type OpenedYaml =
  | { readonly file: YamlFile; readonly value: unknown; readonly faults: readonly [] }
  | { readonly file: null; readonly value: null; readonly faults: readonly Fault[] };

/** After so many a reader begins at the top anyway. */
const maxFaults = 50;
/** Aliases in a file, and what each may stand for as the library counts it. */
const maxAliases = 1_000;
const maxAliasCount = 100;

const refuse = (faults: readonly Fault[]): OpenedYaml => ({
  file: null,
  value: null,
  faults: faults.slice(0, maxFaults),
});

export function openYaml(source: string): OpenedYaml {
  const text = source.replace(/^\ufeff/, '');
  const lines = new LineCounter();
  try {
    // Keys that stand twice are found below: the library compares each with each.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      stringKeys: true,
      logLevel: 'error',
    });
    return readDocument({ text, document, lines, targets: new Map() });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse([tooDeep()]);
  }
}

const tooDeep = (): Fault => ({
  at: '',
  in: 'file',
  rule: 'too-deep',
  message: `The file is nested more than ${maxJsonDepth} levels deep.`,
  line: 1,
  column: 1,
});

function readDocument(file: YamlFile): OpenedYaml {
  const { document, text } = file;
  const bad = text.search(/[\0\ufffd]/);
  if (bad >= 0)
    return refuse([
      faultAt(file, bad, { at: '', rule: 'encoding', message: 'The file is not UTF-8 here; save it as UTF-8.' }),
    ]);
  if (document.errors.some((error) => error.code === 'RESOURCE_EXHAUSTION')) return refuse([tooDeep()]);
  const syntax = [...document.errors, ...document.warnings].slice(0, maxFaults);
  if (syntax.length > 0)
    return refuse(
      syntax.map((error) => faultAt(file, error.pos[0], { at: '', rule: 'syntax', message: describe(error) })),
    );
  const { faults, aliases } = findUnsound(file);
  if (faults.length > 0) return refuse(faults);
  const value = aliases.length > maxAliases ? undefined : resolveValue(file);
  if (value === undefined)
    return refuse([
      faultAt(file, aliases[0]?.range?.[0] ?? 0, {
        at: '',
        rule: 'alias',
        message: 'The aliases (`*name`) of this file stand for too much; write the values out.',
      }),
    ]);
  return isWithinDepth(value) ? { file, value, faults: [] } : refuse([tooDeep()]);
}

function describe(error: YAMLError): string {
  if (error.code === 'MULTIPLE_DOCS')
    return 'A second document (`---`) begins here; write each pipeline into a file of its own.';
  if (error.code === 'NON_STRING_KEY') return 'A key must be text.';
  return `${error.message.replace(/\.$/, '')}.`;
}

/** Undefined: its aliases stand for more than the limit. */
function resolveValue({ document }: YamlFile): unknown {
  try {
    return document.toJS({ maxAliasCount }) as unknown;
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

/**
 * Keys that stand twice, aliases that lead nowhere or into themselves, and text that no database holds. Fills the
 * targets of the aliases: the library would search the whole document for each.
 */
function findUnsound(file: YamlFile): { faults: Fault[]; aliases: Alias[] } {
  const faults: Fault[] = [];
  const aliases: Alias[] = [];
  const anchors = new Map<string, Node>();
  const add = (node: Node, rule: string, message: string) =>
    faults.push(faultAt(file, node.range?.[0] ?? 0, { at: '', rule, message }));
  const remember = (node: Scalar | YAMLMap | YAMLSeq) => {
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
  };
  visit(file.document, {
    Map: (_, map) => {
      remember(map);
      for (const key of findRepeated(map)) add(key, 'duplicate-key', `The key "${String(key)}" stands twice here.`);
    },
    Seq: (_, list) => remember(list),
    Scalar: (_, scalar) => {
      remember(scalar);
      const { value } = scalar;
      if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
        add(scalar, 'text', 'This text holds a NUL character or half of a surrogate pair, which cannot be stored.');
    },
    Alias: (_, alias, path) => {
      aliases.push(alias);
      const target = anchors.get(alias.source);
      if (target === undefined) add(alias, 'alias', `There is no anchor "&${alias.source}" before this alias.`);
      else if (path.some((parent) => parent === target))
        add(alias, 'alias', `The alias "*${alias.source}" stands inside of what it names.`);
      else file.targets.set(alias, target);
    },
  });
  return { faults, aliases };
}

function findRepeated(map: YAMLMap): Node[] {
  const seen = new Set<string>();
  return map.items.flatMap(({ key }): Node[] => {
    if (!isScalar(key)) return [];
    const name = String(key.value);
    const isRepeated = seen.has(name);
    seen.add(name);
    return isRepeated ? [key] : [];
  });
}
