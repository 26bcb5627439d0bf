// Files in git that nobody wrote by hand: installed packages, build output, leftovers of tools. Told once for a
// folder, at its first file; a folder that only may be one of these counts when its files prove it.
import { count, printable } from '../../quote.ts';
import type { Detector, Finding } from '../finding.ts';

interface FolderKind {
  readonly name: RegExp;
  readonly what: string;
  /** A file that proves it, for names that people also use for other things. */
  readonly proof?: RegExp;
}

const COMPILED = /\.(?:class|o|obj|jar|pyc|dll|exe|map|rlib|d)$|\.(?:min|bundle|chunk)\.\w+$|-[0-9a-f]{8,}\.\w+$/i;

const FOLDERS: readonly FolderKind[] = [
  { name: /^(?:node_modules|bower_components|jspm_packages)$/, what: 'installed packages' },
  { name: /^(?:\.?venv|virtualenv)$/, what: 'an installed environment', proof: /pyvenv\.cfg$|site-packages/ },
  {
    name: /^(?:__pycache__|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.tox|\.gradle|\.parcel-cache|\.turbo)$/,
    what: 'a cache',
  },
  { name: /^(?:\.next|\.nuxt|\.svelte-kit|\.nyc_output|\.output)$/, what: 'build output' },
  { name: /^dist$/, what: 'files in a folder named like build output' },
  { name: /^(?:build|out|target|bin|obj)$/, what: 'build output', proof: COMPILED },
  { name: /^coverage$/, what: 'a coverage report', proof: /lcov|clover|coverage-final|\.html$/ },
];

/** The outermost folder of the path that holds what no person wrote. */
function generatedFolder(path: string): { readonly folder: string; readonly kind: FolderKind } | null {
  const segments = path.split('/').slice(0, -1);
  for (const [index, segment] of segments.entries()) {
    const kind = FOLDERS.find(({ name }) => name.test(segment));
    if (kind !== undefined) return { folder: segments.slice(0, index + 1).join('/'), kind };
  }
  return null;
}

export const generatedFilesDetector: Detector = {
  kind: 'generated-files',
  title: 'Installed or generated files in git',
  inProject({ listing }) {
    const folders = new Map<string, { readonly kind: FolderKind; readonly paths: string[] }>();
    for (const { path, tracked } of listing.files) {
      const found = tracked === true ? generatedFolder(path) : null;
      if (found === null) continue;
      const known = folders.get(found.folder) ?? { kind: found.kind, paths: [] };
      folders.set(found.folder, known);
      known.paths.push(path);
    }
    return [...folders].flatMap(([folder, { kind, paths }]): Finding[] => {
      const first = paths[0];
      const { proof } = kind;
      if (first === undefined || (proof !== undefined && !paths.some((path) => proof.test(path)))) return [];
      const message = `${kind.what}, in git: the folder ${printable(folder)}/ holds ${count(paths.length, 'committed file')}`;
      return [
        { kind: 'generated-files', path: first, line: 1, message, weight: 2, details: { folder, files: paths.length } },
      ];
    });
  },
};

const LEFTOVERS: readonly (readonly [RegExp, string])[] = [
  [/\.(?:orig|rej)$/i, 'leftover of a merge or a patch'],
  [/\.(?:bak|backup|old|save)$|~$/i, 'backup copy'],
  [/\.sw[op]$|(?:^|\/)#[^/]+#$/, 'leftover of a text editor'],
  [/(?:^|\/)(?:\.DS_Store|Thumbs\.db|desktop\.ini)$/, 'leftover of a file manager'],
  [
    /(?:^|\/)(?:npm-debug|yarn-error|yarn-debug|hs_err_pid\d+)[^/]*\.log[^/]*$|\.(?:log|tmp|temp|pid)$/i,
    'log or temporary file',
  ],
  [/\.(?:pyc|pyo|class|o|obj)$/i, 'compiled file'],
];

export const leftoverFilesDetector: Detector = {
  kind: 'leftover-files',
  title: 'Leftover files',
  inProject({ listing }) {
    return listing.files.flatMap((file): Finding[] => {
      const known = LEFTOVERS.find(([pattern]) => pattern.test(file.path));
      if (
        known === undefined ||
        file.tracked === false ||
        /(?:^|\/)(?:fixtures?|testdata|__snapshots__)\//i.test(file.path)
      )
        return [];
      if (generatedFolder(file.path) !== null) return [];
      const message = file.tracked ? `${known[1]}, committed to git` : known[1];
      return [{ kind: 'leftover-files', path: file.path, line: 1, message, weight: 1 }];
    });
  },
};
