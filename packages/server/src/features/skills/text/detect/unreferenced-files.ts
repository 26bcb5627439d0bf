// Dead files: source files that no other file of the project names, by import, path or file name, and that
// are not started by convention. In doubt a file counts as used.
import { posix } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { count } from '../../quote.ts';
import type { SourceFile } from '../../read-source.ts';
import type { Detector, Finding, Project } from '../finding.ts';
import { isCode, isGenerated, isTest, languageOf } from '../languages.ts';
import { importsOf, resolveImport } from './imports.ts';

const ENTRY_NAME =
  /^(?:index|main|app|application|server|cli|program|mod|lib|build|setup|conftest|manage|wsgi|asgi|worker|__init__|__main__|__version__|version|package-info|module-info|gulpfile|gruntfile|rakefile|page|layout|route|middleware|instrumentation|loading|error|not-found|template|default|settings|urls|admin|apps|models|views|_app|_document|preload|renderer|background|content|popup|service-worker|sw|polyfills|types|global|globals|env|environment|vite-env)$/i;
const ENTRY_FOLDER =
  /(?:^|\/)(?:bin|scripts?|tools?|examples?|samples?|demos?|docs?|migrations?|seeds?|bench(?:marks?)?|\.[^/]+|pages|routes|public|static|commands|cmd|plugins?|typings|@types|stories|locales?|i18n)\//i;
const CONVENTION = /\.(?:config|conf|setup|stories|story|d|worker|entry|page|rc)\.[A-Za-z]+$|(?:^|\/)\.[^/]+$/;

export const unreferencedFilesDetector: Detector = {
  kind: 'unreferenced-files',
  title: 'Files that nothing refers to',
  async inProject(project) {
    const candidates = project.sources.filter(isCandidate);
    if (candidates.length === 0 || project.listing.cut) return [];
    const used = await findUsed(project, candidates);
    return candidates
      .filter((source) => !used.has(source.path))
      .map(
        (source): Finding => ({
          kind: 'unreferenced-files',
          path: source.path,
          line: 1,
          message: `no other file of the project imports or names this file (${count(source.lines.length, 'line')})`,
          weight: 2,
          details: { lines: source.lines.length },
        }),
      );
  },
};

function isCandidate(source: SourceFile): boolean {
  const language = languageOf(source.path);
  if (language === null || !['script', 'python', 'ruby', 'braces', 'keyword-braces', 'style'].includes(language.family))
    return false;
  // Go and its like compile every file of a folder; nothing names the files.
  if (['Go', 'Swift', 'Groovy', 'Dart'].includes(language.name) || source.text.startsWith('#!')) return false;
  if (isTest(source.path) || isGenerated(source.path, source.lines) || CONVENTION.test(source.path)) return false;
  // A program of its own, or a test by what it calls.
  if (/^if __name__ ==|\bpublic static void main\b|\bint main\s*\(|\bfn main\s*\(|\bfun main\s*\(/m.test(source.text))
    return false;
  return !ENTRY_FOLDER.test(source.path) && !ENTRY_NAME.test(stemOf(source.path));
}

function stemOf(path: string): string {
  return posix.basename(path).replace(/\.[^.]*$/, '');
}

/** Gives way to other work between files. */
async function findUsed(project: Project, candidates: readonly SourceFile[]): Promise<ReadonlySet<string>> {
  const byStem = new Map<string, string[]>();
  for (const { path } of candidates) {
    for (const stem of stemsOf(path)) byStem.set(stem, [...(byStem.get(stem) ?? []), path]);
  }
  const paths = new Set(project.listing.files.map((file) => file.path));
  const used = new Set<string>();
  for (const source of project.sources) {
    if (isData(source)) continue;
    if (/(?:^|\/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml)$|\.map$/.test(source.path)) continue;
    const mark = (path: string) => path !== source.path && used.add(path);
    const resolved = markImports(source, paths, mark);
    markMentions(source, byStem, resolved, mark);
    markFolders(source, candidates, mark);
    await setImmediate();
  }
  return used;
}

const MAX_PROSE = 300_000;

/** Tables and dumps hold every word there is, but name no files. */
function isData(source: SourceFile): boolean {
  return source.bytes > MAX_PROSE && !isCode(source.path);
}

/** The names under which a file may be mentioned: its own, without a leading `_` (Sass), as a class. */
function stemsOf(path: string): string[] {
  const stem = stemOf(path).toLowerCase();
  const names = new Set([stem, stem.replace(/^_/, '')]);
  if (/\.(?:rb|php)$/.test(path)) names.add(stem.replaceAll('_', ''));
  return [...names];
}

/** Relative imports of scripts are exact; returns them, so that they are not taken for mentions of a namesake. */
function markImports(
  source: SourceFile,
  paths: ReadonlySet<string>,
  mark: (path: string) => void,
): ReadonlySet<string> {
  const exact = new Set<string>();
  if (languageOf(source.path)?.family !== 'script') return exact;
  for (const { target } of importsOf(source)) {
    if (!/^\.{1,2}(?:\/|$)/.test(target)) continue;
    const resolved = resolveImport(source.path, target, paths);
    if (resolved === null) continue;
    mark(resolved);
    exact.add(target);
  }
  return exact;
}

const WORD = /[@~\w$][\w$@.\-/\\]*/g;

function markMentions(
  source: SourceFile,
  byStem: ReadonlyMap<string, readonly string[]>,
  exact: ReadonlySet<string>,
  mark: (path: string) => void,
): void {
  for (const line of source.lines) {
    const text = line.length > 20_000 ? line.slice(0, 20_000) : line;
    for (const match of text.matchAll(WORD)) {
      const token = match[0].replaceAll('\\', '/').replace(/[./-]+$/, '');
      const lead = /[./]*$/.exec(text.slice(Math.max(0, match.index - 20), match.index))?.[0] ?? '';
      if (!exact.has(lead + token))
        markToken(token, byStem, (reading, path) => mentions(reading, path, text, match), mark);
    }
  }
}

function markToken(
  token: string,
  byStem: ReadonlyMap<string, readonly string[]>,
  isMeant: (reading: Reading, path: string) => boolean,
  mark: (path: string) => void,
): void {
  for (const reading of readingsOf(token)) {
    for (const path of byStem.get(reading.stem) ?? []) if (isMeant(reading, path)) mark(path);
  }
}

interface Reading {
  readonly stem: string;
  readonly folders: readonly string[];
  readonly extension: string;
}

/** `a/b/c.ts` as a path, `a.b.c` as a module. */
function readingsOf(token: string): Reading[] {
  const segments = token.split('/').filter((segment) => segment !== '');
  const name = segments.pop()?.toLowerCase() ?? '';
  const folders = segments.map((segment) => segment.toLowerCase());
  const dot = name.lastIndexOf('.');
  const readings: Reading[] = [{ stem: name, folders, extension: '' }];
  if (dot > 0) readings.push({ stem: name.slice(0, dot), folders, extension: name.slice(dot + 1) });
  const parts = name.split('.').filter((part) => part !== '');
  if (parts.length > 1 && parts.length <= 8 && folders.length === 0) {
    for (const [index, part] of parts.entries())
      readings.push({ stem: part, folders: parts.slice(0, index), extension: '' });
  }
  return readings;
}

function mentions(reading: Reading, path: string, line: string, match: RegExpExecArray): boolean {
  const lower = path.toLowerCase();
  const folders = posix
    .dirname(lower)
    .split('/')
    .filter((folder) => folder !== '.' && folder !== '..');
  if (reading.folders.length > 0) {
    // Folders may be aliases (`@/x`) or lie above; the nearest one decides between namesakes.
    const nearest = reading.folders.at(-1) ?? '';
    return /^[@~$.]/.test(nearest) || folders.at(-1) === nearest || folders.length === 0;
  }
  if (reading.extension !== '' && lower.endsWith(`.${reading.extension}`)) return true;
  const before = line[match.index - 1] ?? '';
  const after = line[match.index + match[0].length] ?? '';
  if (/['"`/]/.test(before) && /['"`/]/.test(after)) return true;
  const language = languageOf(path)?.name;
  if (language === 'Python') return /^\s*(?:from|import)\b/.test(line) || /['"]/.test(before);
  if (language === 'Rust') return /\b(?:mod|use)\b|::/.test(line);
  // Classes are named, not their files.
  return language !== 'JavaScript' && language !== 'TypeScript' && language !== 'CSS';
}

/** Code that reads a folder and loads what it finds uses every file of it. */
function markFolders(source: SourceFile, candidates: readonly SourceFile[], mark: (path: string) => void): void {
  if (
    !/import\.meta\.glob|require\.context|readdir|globSync|\bglob\(|fast-glob|iter_modules|importlib|require_all|autoload|Dir\[/.test(
      source.text,
    )
  )
    return;
  const readsOwnFolder = /__dirname|__file__|__path__|import\.meta\.(?:dirname|url)|['"`]\.\/?(?:\*[^'"`]*)?['"`]/.test(
    source.text,
  );
  for (const { path } of candidates) {
    const folder = posix.basename(posix.dirname(path));
    const sameFolder = readsOwnFolder && posix.dirname(path) === posix.dirname(source.path);
    if (sameFolder || (folder !== '.' && new RegExp(`['"\`/.]${escapePattern(folder)}['"\`/]`).test(source.text)))
      mark(path);
  }
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
