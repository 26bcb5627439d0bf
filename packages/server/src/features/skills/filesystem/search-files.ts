// filesystem_search: where a text or a regular expression occurs in the project's text files.

import { matchLines } from '../match-lines.ts';
import { listProjectFiles, matchGlob } from '../project-files.ts';
import { count, printable, quoteLine, toSources } from '../quote.ts';
import { flagOf, numberOf, optionalString, stringOf } from '../read-arguments.ts';
import { describeSkipped, readSources, type SourceFile } from '../read-source.ts';
import { defineReadingTool } from '../skill.ts';

export const filesystemSearch = defineReadingTool({
  name: 'filesystem_search',
  description:
    'Search (grep) the text files of the project for a literal text or a regular expression and return every matching line as `path:line: text`. Use it to find where a word, a name or a pattern occurs. Binary files and files ignored by git are left out.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['pattern'],
    properties: {
      pattern: {
        type: 'string',
        minLength: 1,
        maxLength: 1000,
        description: 'What to look for: literal text, or a JavaScript regular expression when `regex` is true.',
        examples: ['TODO', 'createServer', 'function\\s+\\w+'],
      },
      regex: {
        type: 'boolean',
        default: false,
        description: 'True: `pattern` is a regular expression, matched line by line. False: it is literal text.',
      },
      caseSensitive: {
        type: 'boolean',
        default: false,
        description: 'Whether upper and lower case letters differ.',
      },
      path: {
        type: 'string',
        maxLength: 4096,
        default: '.',
        description:
          "Where to search: a file or folder relative to the project's root. The default is the whole project.",
        examples: ['.', 'src'],
      },
      glob: {
        type: 'string',
        maxLength: 500,
        description: 'Only files whose path matches this glob. Without a slash it is matched against the file name.',
        examples: ['*.ts', 'src/**/*.py'],
      },
      context: {
        type: 'integer',
        minimum: 0,
        maximum: 10,
        default: 0,
        description: 'How many lines before and after each match to show.',
        examples: [2],
      },
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        default: 100,
        description: 'How many matching lines to return at most.',
        examples: [50],
      },
    },
  },
  async answer(args, context) {
    const listing = await listProjectFiles(context, stringOf(args, 'path', '.'));
    const glob = optionalString(args, 'glob');
    const wanted = glob === null ? () => true : matchGlob(glob);
    const files = listing.files.filter((file) => wanted(file.path));
    const { sources, skipped } = await readSources(context, listing.root, files);
    const limit = numberOf(args, 'limit', 100);
    const pattern = {
      pattern: stringOf(args, 'pattern', ''),
      regex: flagOf(args, 'regex', false),
      caseSensitive: flagOf(args, 'caseSensitive', false),
    };
    const found = await matchLines(sources, pattern, context.signal, limit + 1);
    const matches = found.slice(0, limit);
    const byPath = new Map(sources.map((source) => [source.path, source]));
    const around = numberOf(args, 'context', 0);
    const more = found.length > limit ? ` There are more than ${limit}; narrow the search to see the rest.` : '';
    const head = `\`${quoteLine(pattern.pattern, 80)}\`: ${count(matches.length, 'matching line')} in ${count(sources.length, 'text file')} searched.${more}`;
    return {
      text: [head, ...showMatches(matches, byPath, around), ...describeSkipped(skipped)].join('\n'),
      data: {
        matches: matches.map((match) => ({ ...match, text: byPath.get(match.path)?.lines[match.line - 1] ?? '' })),
        searchedFiles: sources.length,
        more: found.length > limit,
      },
      sources: toSources(matches),
    };
  },
});

function showMatches(
  matches: readonly { readonly path: string; readonly line: number }[],
  byPath: ReadonlyMap<string, SourceFile>,
  around: number,
): string[] {
  const shown: string[] = [];
  let last = { path: '', line: 0 };
  for (const match of matches) {
    const lines = byPath.get(match.path)?.lines ?? [];
    const follows = last.path === match.path;
    const from = Math.max(1, match.line - around, follows ? last.line + 1 : 1);
    const to = Math.min(lines.length, match.line + around);
    if (around > 0 && shown.length > 0 && !(follows && from === last.line + 1)) shown.push('--');
    for (let line = from; line <= to; line += 1) {
      const text = lines[line - 1] ?? '';
      shown.push(`${printable(match.path)}:${line}: ${around > 0 ? printable(text).slice(0, 240) : quoteLine(text)}`);
    }
    last = { path: match.path, line: Math.max(to, follows ? last.line : 0) };
  }
  return shown;
}
