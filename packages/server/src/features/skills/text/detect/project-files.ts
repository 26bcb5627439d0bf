// Facts about files as wholes: identical ones, large ones, broken links of the file system, and what a
// project should have and has not.
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { formatBytes, printable } from '../../quote.ts';
import { isBinary } from '../../read-source.ts';
import type { Detector, Finding, Project } from '../finding.ts';
import { isCode, isGenerated, isTest } from '../languages.ts';
import { findNearCopies } from '../near-copies.ts';

const MIN_DUPLICATE_BYTES = 40;
const MAX_DUPLICATE_BYTES = 8_000_000;
const OFTEN_EQUAL =
  /(?:^|\/)(?:LICEN[CS]E|COPYING|NOTICE|__init__\.py|\.gitkeep|\.gitignore|\.npmrc|tsconfig[^/]*\.json)[^/]*$|(?:^|\/)(?:__snapshots__|fixtures?|testdata|node_modules|vendor)\//i;

export const duplicatesDetector: Detector = {
  kind: 'duplicates',
  title: 'Copies',
  async inProject(project) {
    const bySize = new Map<number, string[]>();
    for (const file of project.listing.files) {
      if (
        file.link !== 'no' ||
        file.bytes < MIN_DUPLICATE_BYTES ||
        file.bytes > MAX_DUPLICATE_BYTES ||
        OFTEN_EQUAL.test(file.path) ||
        isGenerated(file.path, [])
      )
        continue;
      bySize.set(file.bytes, [...(bySize.get(file.bytes) ?? []), file.path]);
    }
    const groups = new Map<string, { bytes: number; paths: string[] }>();
    for (const [bytes, paths] of bySize) {
      for (const path of paths.length > 1 ? paths : []) {
        const content = await project.readBytes(path);
        if (content === null) continue;
        const hash = createHash('sha256').update(content).digest('hex');
        const group = groups.get(hash) ?? { bytes, paths: [] };
        groups.set(hash, group);
        group.paths.push(path);
      }
    }
    const identical = [...groups.values()].flatMap(({ bytes, paths }): Finding[] => {
      const [first, ...others] = paths;
      if (first === undefined) return [];
      return others.map((path) => ({
        kind: 'duplicates',
        path,
        line: 1,
        message: `identical to ${printable(first)} (${formatBytes(bytes)})`,
        weight: isTest(path) ? 0 : 1,
        details: { same: first, bytes },
      }));
    });
    return [...identical, ...(await findAlike(project, new Set(identical.map((finding) => finding.path))))];
  },
};

const ALIKE = 0.8;

/** Source files that were copied and changed a little; tests are alike by nature. */
async function findAlike(project: Project, identical: ReadonlySet<string>): Promise<Finding[]> {
  const sources = project.sources.filter(
    ({ path }) => !identical.has(path) && !isTest(path) && !OFTEN_EQUAL.test(path),
  );
  const { pairs } = await findNearCopies(sources, ALIKE);
  return pairs.map(({ path, other, similarity }) => ({
    kind: 'duplicates',
    path,
    line: 1,
    message: `nearly equal to ${printable(other)}: ${Math.floor(similarity * 100)} % of their different lines stand in both`,
    weight: similarity / 10,
    details: { same: other, similarity },
  }));
}

export const largeFilesDetector: Detector = {
  kind: 'large-files',
  title: 'Large files',
  async inProject(project, options) {
    const large = project.listing.files.filter((file) => file.link === 'no' && file.bytes >= options.minBinaryBytes);
    const found: Finding[] = [];
    for (const file of large) {
      const content = await project.readBytes(file.path);
      const kind = content === null || isBinary(content) ? 'binary' : 'text';
      if (kind === 'text' && file.bytes < options.minBytes) continue;
      found.push({
        kind: 'large-files',
        path: file.path,
        line: 1,
        message: `large ${kind} file of ${formatBytes(file.bytes)}${file.tracked ? ', committed to git' : ''}`,
        weight: (kind === 'binary' ? 2 : 1) + Math.min(0.9, file.bytes / 1e12),
        details: { bytes: file.bytes, kind },
      });
    }
    return found;
  },
};

export const brokenSymlinksDetector: Detector = {
  kind: 'broken-symlinks',
  title: 'Symbolic links that lead nowhere',
  inProject({ listing }) {
    return listing.files.flatMap((file): Finding[] => {
      if (file.link !== 'broken' && file.link !== 'outside') return [];
      const message =
        file.link === 'broken'
          ? 'broken symbolic link: its target does not exist'
          : 'symbolic link that leads out of the project';
      return [{ kind: 'broken-symlinks', path: file.path, line: 1, message, weight: file.link === 'broken' ? 1 : 0 }];
    });
  },
};

interface Manifest {
  readonly name: string;
  readonly locks: readonly string[];
  /** The line of the first dependency, or null when it declares none. */
  declares(lines: readonly string[]): number | null;
}

const MANIFESTS: readonly Manifest[] = [
  {
    name: 'package.json',
    locks: [
      'package-lock.json',
      'npm-shrinkwrap.json',
      'yarn.lock',
      'pnpm-lock.yaml',
      'bun.lock',
      'bun.lockb',
      'deno.lock',
    ],
    declares: (lines) => lineOf(lines, /^\s*"(?:dev|optional)?[dD]ependencies"\s*:\s*\{(?!\s*\})/),
  },
  { name: 'Pipfile', locks: ['Pipfile.lock'], declares: (lines) => lineOf(lines, /^\[packages\]/) },
  { name: 'Gemfile', locks: ['Gemfile.lock'], declares: (lines) => lineOf(lines, /^\s*gem\s/) },
  {
    name: 'composer.json',
    locks: ['composer.lock'],
    declares: (lines) => lineOf(lines, /^\s*"require(?:-dev)?"\s*:\s*\{(?!\s*\})/),
  },
  {
    name: 'requirements.txt',
    locks: ['requirements.lock', 'constraints.txt', 'poetry.lock', 'uv.lock', 'Pipfile.lock'],
    // A package with an exact version needs no lock.
    declares: (lines) => lineOf(lines, /^[A-Za-z][\w.-]*(?:\[[\w,\s-]*\])?\s*(?:#.*)?$/),
  },
  { name: 'go.mod', locks: ['go.sum'], declares: (lines) => lineOf(lines, /^require\b/) },
  {
    name: 'pyproject.toml',
    locks: ['poetry.lock', 'uv.lock', 'pdm.lock'],
    declares: (lines) => lineOf(lines, /^\[tool\.poetry\.dependencies\]/),
  },
];

/** What a project should hold: a readme, a licence, tests, lock files beside declared dependencies. */
export const missingFilesDetector: Detector = {
  kind: 'missing-files',
  title: 'Missing files',
  inProject(project) {
    if (project.listing.cut || project.listing.files.length === 0) return [];
    const top = project.listing.files.map((file) => file.path).filter((path) => !path.includes('/'));
    const found: Finding[] = [];
    if (!top.some((name) => /^readme(?:\.\w+)?$/i.test(name)))
      found.push(missing('README', "no README in the project's top folder"));
    if (
      !top.some((name) => /^(?:licen[cs]e|copying|unlicense)/i.test(name)) &&
      !project.listing.files.some((file) => /^LICENSES\//.test(file.path))
    ) {
      found.push(missing('LICENSE', "no LICENSE file in the project's top folder"));
    }
    if (hasNoTests(project)) found.push(missing('tests', 'no file of the project looks like a test'));
    return [...found, ...findUnlocked(project)];
  },
};

function missing(path: string, message: string): Finding {
  return { kind: 'missing-files', path, line: null, message, weight: 1 };
}

const MANY_SOURCES = 5;
const TESTS_INSIDE = /#\[(?:cfg\()?test\b|^\s*(?:>>>|@Test\b)|\bimport\.meta\.vitest\b/m;

/** Only where there is enough code to test, and no code that holds its tests itself. */
function hasNoTests({ listing, sources }: Project): boolean {
  const code = sources.filter((source) => isCode(source.path) && !isGenerated(source.path, source.lines));
  if (code.length < MANY_SOURCES || listing.files.some((file) => isTest(file.path))) return false;
  return !code.some((source) => TESTS_INSIDE.test(source.text) || /(?:^|[/_.-])tests?(?:[/_.-]|$)/i.test(source.path));
}

function findUnlocked(project: Project): Finding[] {
  const paths = new Set(project.listing.files.map((file) => file.path));
  return project.sources.flatMap((source): Finding[] => {
    const manifest = MANIFESTS.find((one) => one.name === posix.basename(source.path));
    if (
      manifest === undefined ||
      /(?:^|\/)(?:examples?|fixtures?|testdata|templates?|node_modules)\//.test(source.path) ||
      isTest(source.path)
    )
      return [];
    const line = manifest.declares(source.lines);
    if (line === null || hasLockAbove(posix.dirname(source.path), manifest.locks, paths)) return [];
    const message = `declares dependencies, but the project holds no lock file for them (${manifest.locks.slice(0, 3).join(', ')})`;
    return [
      { kind: 'missing-files', path: source.path, line, message, quote: source.lines[line - 1] ?? '', weight: 1 },
    ];
  });
}

/** A workspace keeps one lock file in a folder above. */
function hasLockAbove(folder: string, locks: readonly string[], paths: ReadonlySet<string>): boolean {
  for (let current = folder; ; current = posix.dirname(current)) {
    if (locks.some((lock) => paths.has(posix.join(current, lock)))) return true;
    if (current === '.' || current === '/') return false;
  }
}

function lineOf(lines: readonly string[], pattern: RegExp): number | null {
  const index = lines.findIndex((line) => pattern.test(line));
  return index < 0 ? null : index + 1;
}
