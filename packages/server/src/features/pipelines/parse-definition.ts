// Definitions as files, JSON or YAML (JSON is YAML): the form and the graph are checked and every fault has
// its line and column. Aliases are bounded, so that a small file cannot become a huge one.
import { checkGraph, type KnownNames } from '@gathering/contract/check-graph';
import type { Fault } from '@gathering/contract/errors';
import { isWithinDepth } from '@gathering/contract/json';
import { definitionSchema, type PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { isCollection, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export type ParsedFile =
  | { readonly definition: PipelineDefinition; readonly faults: readonly Fault[] }
  | { readonly definition: null; readonly faults: readonly Fault[] };

const maxFileBytes = 2 * 1024 * 1024;

/** The deepest node of the file along a JSON pointer. */
function nodeAt(root: Node | null, pointer: string): Node | null {
  let node: Node | null = root;
  for (const raw of pointer.split('/').slice(1)) {
    if (node === null || !isCollection(node)) break;
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      next = pair?.value ?? pair?.key;
    } else if (isSeq(node)) next = node.items[Number(key)];
    if (next === undefined || next === null) break;
    node = next as Node;
  }
  return node;
}

export function parseDefinition(text: string, known: KnownNames): ParsedFile {
  if (Buffer.byteLength(text) > maxFileBytes)
    return {
      definition: null,
      faults: [
        {
          at: '',
          in: 'file',
          rule: 'too-large',
          message: `The file is larger than ${maxFileBytes} bytes.`,
          line: 1,
          column: 1,
        },
      ],
    };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    return {
      definition: null,
      faults: document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { at: '', in: 'file', rule: 'syntax', message: error.message, line, column: col };
      }),
    };
  }
  const located = (fault: Fault): Fault => {
    const offset = nodeAt(document.contents as Node | null, fault.at)?.range?.[0] ?? 0;
    const { line, col } = lines.linePos(offset);
    return { ...fault, in: 'file', line, column: col };
  };
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isWithinDepth(value))
    return {
      definition: null,
      faults: [
        {
          at: '',
          in: 'file',
          rule: 'too-deep',
          message: 'The file is nested more than 64 levels deep.',
          line: 1,
          column: 1,
        },
      ],
    };
  const parsed = definitionSchema.safeParse(value);
  if (!parsed.success) {
    return {
      definition: null,
      faults: parsed.error.issues.flatMap((issue) => {
        const at = issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        if (issue.code === 'unrecognized_keys')
          return issue.keys.map((key) =>
            located({ at: `${at}/${key}`, rule: 'unknown-key', message: `There is no "${key}" here.` }),
          );
        return [
          located({
            at,
            rule: issue.code,
            message: `${at === '' ? 'The file' : at.slice(1).replaceAll('/', '.')}: ${issue.message}.`,
          }),
        ];
      }),
    };
  }
  return { definition: parsed.data, faults: checkGraph(parsed.data, known).map(located) };
}
