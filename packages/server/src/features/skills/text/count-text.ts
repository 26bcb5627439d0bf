// text_count: lines, words, bytes and occurrences, in total and by file or by type.
import { matchLines } from '../match-lines.ts';
import { comparePaths } from '../project-files.ts';
import { count, formatBytes, printable, quoteLine, toSources } from '../quote.ts';
import { flagOf, numberOf, optionalString, stringOf } from '../read-arguments.ts';
import { describeSkipped, readSources, type SourceFile } from '../read-source.ts';
import { defineReadingTool } from '../skill.ts';
import { listScope } from './detect-findings.ts';
import { languageOf } from './languages.ts';

interface Row {
  readonly path: string;
  readonly files: number;
  readonly lines: number;
  readonly words: number;
  readonly bytes: number;
  readonly occurrences: number;
}

export const textCount = defineReadingTool({
  name: 'text_count',
  description:
    'Count how many lines, words and bytes the text files of the project have, and on request the lines in which a text occurs: in total, by file or by language. Use it to measure how large something is or how often a word is used.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: {
        type: 'string',
        maxLength: 4096,
        default: '.',
        description: "What to count: a file, a folder or a glob relative to the project's root.",
        examples: ['.', 'src', '**/*.md'],
      },
      glob: {
        type: 'string',
        maxLength: 500,
        description: 'Only files whose path matches this glob. Without a slash it is matched against the file name.',
        examples: ['*.ts'],
      },
      pattern: {
        type: 'string',
        minLength: 1,
        maxLength: 1000,
        description: 'Also count the lines in which this text occurs (occurrences).',
        examples: ['TODO'],
      },
      regex: { type: 'boolean', default: false, description: 'True: `pattern` is a regular expression.' },
      caseSensitive: { type: 'boolean', default: false, description: 'Whether upper and lower case letters differ.' },
      by: {
        type: 'string',
        enum: ['total', 'file', 'language'],
        default: 'language',
        description: 'What to add up: everything (`total`), each `file`, or each programming `language`.',
      },
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        default: 50,
        description: 'How many files or languages to return at most, largest first.',
        examples: [20],
      },
    },
  },
  async answer(args, context) {
    const scope = { path: stringOf(args, 'path', '.'), glob: optionalString(args, 'glob') };
    const listing = await listScope(context, scope);
    const { sources, skipped } = await readSources(context, listing.root, listing.files);
    const pattern = optionalString(args, 'pattern');
    const occurrences = new Map<string, number>();
    if (pattern !== null) {
      const wanted = {
        pattern,
        regex: flagOf(args, 'regex', false),
        caseSensitive: flagOf(args, 'caseSensitive', false),
      };
      for (const match of await matchLines(sources, wanted, context.signal, Number.MAX_SAFE_INTEGER)) {
        occurrences.set(match.path, (occurrences.get(match.path) ?? 0) + 1);
      }
    }
    const rows = sources.map((source) => measure(source, occurrences.get(source.path) ?? 0));
    const total = addUp('total', rows);
    const by = stringOf(args, 'by', 'language');
    const groups = sortRows(groupRows(rows, by), pattern !== null);
    const shown = groups.slice(0, numberOf(args, 'limit', 50));
    const show = (row: Row) => describeRow(row, pattern);
    return {
      text: [
        `Total: ${count(total.files, 'text file')}, ${show(total)}.`,
        ...shown.map((row) =>
          by === 'file'
            ? `${printable(row.path)}:1: ${show(row)}`
            : `${row.path}: ${count(row.files, 'file')}, ${show(row)}`,
        ),
        ...describeSkipped(skipped),
      ].join('\n'),
      data: { total, by, rows: shown },
      sources: by === 'file' ? toSources(shown.map((row) => ({ path: row.path, line: 1 }))) : [],
    };
  },
});

function measure(source: SourceFile, occurrences: number): Row {
  const words = source.text.match(/\S+/g)?.length ?? 0;
  return { path: source.path, files: 1, lines: source.lines.length, words, bytes: source.bytes, occurrences };
}

function addUp(path: string, rows: readonly Row[]): Row {
  const empty = { path, files: 0, lines: 0, words: 0, bytes: 0, occurrences: 0 };
  return rows.reduce<Row>(
    (sum, row) => ({
      path,
      files: sum.files + row.files,
      lines: sum.lines + row.lines,
      words: sum.words + row.words,
      bytes: sum.bytes + row.bytes,
      occurrences: sum.occurrences + row.occurrences,
    }),
    empty,
  );
}

function groupRows(rows: readonly Row[], by: string): readonly Row[] {
  if (by === 'file') return rows;
  return by === 'language' ? groupByLanguage(rows) : [];
}

function groupByLanguage(rows: readonly Row[]): Row[] {
  const groups = Map.groupBy(
    rows,
    (row) => languageOf(row.path)?.name ?? /\.[A-Za-z0-9]+$/.exec(row.path)?.[0] ?? 'other',
  );
  return [...groups].map(([name, members]) => addUp(name, members));
}

function sortRows(rows: readonly Row[], byOccurrences: boolean): Row[] {
  const key = (row: Row) => (byOccurrences ? row.occurrences : row.lines);
  return [...rows].sort((a, b) => key(b) - key(a) || comparePaths(a.path, b.path));
}

function describeRow(row: Row, pattern: string | null): string {
  const found = pattern === null ? '' : `, \`${quoteLine(pattern, 60)}\` in ${count(row.occurrences, 'line')}`;
  return `${count(row.lines, 'line')}, ${count(row.words, 'word')}, ${formatBytes(row.bytes)}${found}`;
}
