// filesystem_list: the project's files with size, lines and kind, sorted and filtered.
import type { ToolContext } from '../../../llm/tool.ts';
import { comparePaths, listProjectFiles, matchGlob, type ProjectFile } from '../project-files.ts';
import { count, formatBytes, printable, toSources } from '../quote.ts';
import { numberOf, optionalString, stringOf } from '../read-arguments.ts';
import { isBinary, readListed } from '../read-source.ts';
import { defineReadingTool } from '../skill.ts';

interface ListedFile {
  readonly path: string;
  readonly bytes: number;
  readonly lines: number | null;
  readonly kind: 'text' | 'binary' | 'link';
  readonly link: ProjectFile['link'];
  readonly tracked: boolean | null;
}

export const filesystemList = defineReadingTool({
  name: 'filesystem_list',
  description:
    'List the files of the project with their size in bytes, number of lines, and whether each is text or binary. Use it to find the largest files, the longest files, large binary files, or files by name. Files ignored by git are left out.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: {
        type: 'string',
        maxLength: 4096,
        default: '.',
        description: "The folder to list, relative to the project's root. The default is the whole project.",
        examples: ['.', 'src'],
      },
      glob: {
        type: 'string',
        maxLength: 500,
        description: 'Only files whose path matches this glob. Without a slash it is matched against the file name.',
        examples: ['*.ts', 'src/**/*.py', '**/*.{png,jpg}'],
      },
      sort: {
        type: 'string',
        enum: ['path', 'size', 'lines'],
        default: 'path',
        description: 'The order: by path, by size (largest first) or by lines (longest first).',
      },
      kind: {
        type: 'string',
        enum: ['all', 'text', 'binary'],
        default: 'all',
        description: 'Which files: all, only text files, or only binary files.',
      },
      minBytes: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'Only files of at least this size in bytes.',
        examples: [0, 1000000],
      },
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 2000,
        default: 100,
        description: 'How many files to return at most.',
        examples: [20],
      },
    },
  },
  async answer(args, context) {
    const listing = await listProjectFiles(context, stringOf(args, 'path', '.'));
    const glob = optionalString(args, 'glob');
    const wanted = glob === null ? () => true : matchGlob(glob);
    const minBytes = numberOf(args, 'minBytes', 0);
    const chosen = listing.files.filter((file) => file.bytes >= minBytes && wanted(file.path));
    const kind = stringOf(args, 'kind', 'all');
    const sort = stringOf(args, 'sort', 'path');
    const limit = numberOf(args, 'limit', 100);
    const sorted = sort === 'size' ? [...chosen].sort(bySize) : chosen;
    const { files, total } = await describeFiles(context, listing.root, sorted, { kind, sort, limit });
    const notes = [
      `${count(total, kind === 'all' ? 'file' : `${kind} file`)}${minBytes > 0 ? ` of at least ${formatBytes(minBytes)}` : ''}; shown are ${files.length}, sorted by ${sort}.`,
      ...(listing.cut ? ['The project has too many files; only a part was listed.'] : []),
    ];
    return {
      text: [...notes, ...files.map(describeLine)].join('\n'),
      data: { total, files },
      sources: toSources(files.map((file) => ({ path: file.path, line: 1 }))),
    };
  },
});

interface Choice {
  readonly kind: string;
  readonly sort: string;
  readonly limit: number;
}

/** Opens only what the question needs: with no filter by kind and no order by lines, the shown files. */
async function describeFiles(context: ToolContext, root: string, files: readonly ProjectFile[], choice: Choice) {
  const needsAll = choice.kind !== 'all' || choice.sort === 'lines';
  const described: ListedFile[] = [];
  for (const file of needsAll ? files : files.slice(0, choice.limit)) {
    context.signal.throwIfAborted();
    const one = await describeFile(root, file);
    if (choice.kind === 'all' || one.kind === choice.kind) described.push(one);
  }
  if (choice.sort === 'lines')
    described.sort((a, b) => (b.lines ?? -1) - (a.lines ?? -1) || comparePaths(a.path, b.path));
  return { files: described.slice(0, choice.limit), total: needsAll ? described.length : files.length };
}

async function describeFile(root: string, file: ProjectFile): Promise<ListedFile> {
  const base = { path: file.path, bytes: file.bytes, link: file.link, tracked: file.tracked };
  if (file.link !== 'no') return { ...base, kind: 'link', lines: null };
  const read = await readListed(root, file);
  if (read === null || isBinary(read.bytes)) return { ...base, kind: 'binary', lines: null };
  return { ...base, kind: 'text', lines: read.cut ? null : countLines(read.bytes) };
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1;
  return bytes.length > 0 && bytes[bytes.length - 1] !== 10 ? lines + 1 : lines;
}

function describeLine(file: ListedFile): string {
  const path = printable(file.path);
  if (file.kind === 'link') return `${path}:1: symbolic link (${describeLink(file.link)})`;
  const lines = file.lines === null ? '' : `, ${count(file.lines, 'line')}`;
  const fresh = file.tracked === false ? ', not yet tracked by git' : '';
  return `${path}:1: ${file.kind} file, ${formatBytes(file.bytes)}${lines}${fresh}`;
}

function describeLink(link: ProjectFile['link']): string {
  if (link === 'broken') return 'broken: its target does not exist';
  return link === 'outside' ? 'leads out of the project' : 'leads to another file of the project';
}

function bySize(a: ProjectFile, b: ProjectFile): number {
  return b.bytes - a.bytes || comparePaths(a.path, b.path);
}
