// filesystem_tree: the shape of the project, folder by folder, with how much each holds.
import { comparePaths, listProjectFiles, type ProjectFile } from '../project-files.ts';
import { count, formatBytes, printable } from '../quote.ts';
import { flagOf, numberOf, stringOf } from '../read-arguments.ts';
import { defineReadingTool } from '../skill.ts';

interface Folder {
  readonly path: string;
  readonly depth: number;
  files: number;
  bytes: number;
  readonly own: string[];
  readonly extensions: Map<string, number>;
}

const FILES_SHOWN = 20;

export const filesystemTree = defineReadingTool({
  name: 'filesystem_tree',
  description:
    'Show the folder structure of the project as a tree, with the number of files, their size and the most common file types of each folder. Use it first to learn how an unknown repository is laid out. Files ignored by git are left out.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: {
        type: 'string',
        maxLength: 4096,
        default: '.',
        description:
          "The folder at the top of the tree, relative to the project's root. The default is the whole project.",
        examples: ['.', 'src'],
      },
      depth: {
        type: 'integer',
        minimum: 1,
        maximum: 12,
        default: 3,
        description: 'How many levels of folders to show; deeper ones are only counted.',
        examples: [2],
      },
      fileNames: {
        type: 'boolean',
        default: true,
        description: 'Whether to name the files of each folder; false: folders only, with their file counts.',
      },
    },
  },
  async answer(args, context) {
    const path = stringOf(args, 'path', '.');
    const listing = await listProjectFiles(context, path);
    const depth = numberOf(args, 'depth', 3);
    const withNames = flagOf(args, 'fileNames', true);
    const folders = countFolders(listing.files);
    const shown = [...folders.values()].filter((folder) => folder.depth <= depth);
    const bytes = listing.files.reduce((sum, file) => sum + file.bytes, 0);
    const head = `${count(listing.files.length, 'file')} in ${count(folders.size, 'folder')}, ${formatBytes(bytes)}${listing.usesGit ? ' (git-ignored files left out)' : ' (no git repository)'}.`;
    return {
      text: [head, ...shown.flatMap((folder) => describeFolder(folder, withNames))].join('\n'),
      data: {
        files: listing.files.length,
        bytes,
        folders: shown.map(({ own, extensions, ...folder }) => ({
          ...folder,
          ownFiles: own.length,
          extensions: Object.fromEntries(extensions),
        })),
      },
      sources: shown.map((folder) => ({ path: folder.path })),
    };
  },
});

/** Every folder with what lies in it and below it, parents before children. */
function countFolders(files: readonly ProjectFile[]): Map<string, Folder> {
  const folders = new Map<string, Folder>();
  for (const file of files) {
    const segments = file.path.split('/');
    const name = segments.pop() ?? '';
    for (let depth = 0; depth <= segments.length; depth += 1) {
      const path = depth === 0 ? '.' : segments.slice(0, depth).join('/');
      const folder: Folder = folders.get(path) ?? { path, depth, files: 0, bytes: 0, own: [], extensions: new Map() };
      folders.set(path, folder);
      folder.files += 1;
      folder.bytes += file.bytes;
      const extension = /[^.](\.[A-Za-z0-9_]+)$/.exec(name)?.[1] ?? 'no extension';
      folder.extensions.set(extension, (folder.extensions.get(extension) ?? 0) + 1);
      if (depth === segments.length) folder.own.push(name);
    }
  }
  return new Map([...folders].sort(([a], [b]) => comparePaths(sortKey(a), sortKey(b))));
}

/** Parents stand directly before their children, the root before all. */
function sortKey(path: string): string {
  return path === '.' ? '' : path.replaceAll('/', '\0');
}

function describeFolder(folder: Folder, withNames: boolean): string[] {
  const indent = '  '.repeat(folder.depth);
  const common = [...folder.extensions]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, 3)
    .map(([extension, number]) => `${extension} ${number}`);
  const name = folder.path === '.' ? './' : `${printable(folder.path)}/`;
  const head = `${indent}${name}: ${count(folder.files, 'file')}, ${formatBytes(folder.bytes)} (${common.join(', ')})`;
  if (!withNames) return folder.path === '.' ? [] : [head];
  if (folder.own.length === 0) return [head];
  const names = folder.own.slice(0, FILES_SHOWN).map(printable).join(', ');
  const more = folder.own.length > FILES_SHOWN ? ` and ${folder.own.length - FILES_SHOWN} more` : '';
  return [head, `${indent}  ${names}${more}`];
}
