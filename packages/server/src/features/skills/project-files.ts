// Which files belong to a project: what git knows or would add (so `.gitignore` is respected), or, without
// git, what lies in the folder. Links are named but never followed; a file's content is read through the
// wall of `confine-path.ts`.
import { type Dirent, constants as fsConstants, type Stats } from 'node:fs';
import { access, lstat, readdir, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import picomatch from 'picomatch';
import type { ToolContext } from '../../llm/tool.ts';
import { confinePath, isInside, realFolders, resolveRoot } from './confine-path.ts';
import { isRepository, runGit } from './run-git.ts';
import { SkillFault } from './skill.ts';

export interface ProjectFile {
  readonly path: string;
  readonly bytes: number;
  /** True: git tracks it. False: it is new. Null: no git. */
  readonly tracked: boolean | null;
  /** `no`: an ordinary file. The others are symbolic links, by where they lead. */
  readonly link: 'no' | 'inside' | 'outside' | 'broken';
}

export interface ProjectListing {
  readonly root: string;
  readonly files: readonly ProjectFile[];
  readonly usesGit: boolean;
  /** More than `MAX_FILES` files: the rest was not looked at. */
  readonly cut: boolean;
}

const MAX_FILES = 50_000;
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', 'node_modules', '__pycache__', '.venv']);

/** Files under `path` (a file, a folder or a glob), in the order of their paths. */
export async function listProjectFiles(context: ToolContext, path: string = '.'): Promise<ProjectListing> {
  const root = await resolveRoot(context.projectRoot);
  const fromGit = await namesFromGit(context);
  const usesGit = fromGit !== null;
  const named = fromGit ?? (await namesFromFolder(context, root));
  const wanted = await chooseFiles(context, path);
  const closed = await realFolders(context.closedFolders);
  const isOpen = (path: string) => !closed.some((folder) => isInside(folder, join(root, path)));
  const chosen = named.filter((file) => wanted(file.path) && isOpen(file.path)).slice(0, MAX_FILES);
  const files: ProjectFile[] = [];
  for (let start = 0; start < chosen.length; start += 64) {
    context.signal.throwIfAborted();
    const batch = await Promise.all(chosen.slice(start, start + 64).map((file) => describeFile(root, file)));
    for (const file of batch) if (file !== null) files.push(file);
  }
  files.sort((a, b) => comparePaths(a.path, b.path));
  return { root, files, usesGit, cut: chosen.length >= MAX_FILES };
}

export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A test for paths by a glob; one without `/` is matched against file names, as in .gitignore. */
export function matchGlob(glob: string): (path: string) => boolean {
  const pattern = glob.replace(/^\.\//, '');
  if (pattern.length > 500) {
    throw new SkillFault('skills.bad-pattern', 'The glob is longer than 500 characters; give a shorter one.');
  }
  if (pattern.endsWith('/')) return picomatch(`${pattern}**`, { dot: true });
  return picomatch(pattern, { dot: true, basename: !pattern.includes('/') });
}

export function looksLikeGlob(path: string): boolean {
  return /[*?[\]{}!]/.test(path);
}

interface NamedFile {
  readonly path: string;
  readonly tracked: boolean | null;
}

async function chooseFiles(context: ToolContext, path: string): Promise<(path: string) => boolean> {
  if (path === '.' || path === '' || path === './') return () => true;
  try {
    const target = await confinePath(context.projectRoot, path, context.closedFolders);
    if (target.relative === '.') return () => true;
    if (target.kind === 'file') return (candidate) => candidate === target.relative;
    return (candidate) => candidate.startsWith(`${target.relative}/`);
  } catch (error) {
    if (error instanceof SkillFault && error.code === 'skills.path-not-found' && looksLikeGlob(path)) {
      return matchGlob(path);
    }
    throw error;
  }
}

/** Null when there is no repository, or git is missing or cannot read it: then the folder itself is read. */
async function namesFromGit(context: ToolContext): Promise<NamedFile[] | null> {
  if (!(await isRepository(context))) return null;
  const command = ['ls-files', '-z', '-t', '--cached', '--others', '--exclude-standard'];
  let text: string;
  try {
    text = (await runGit(context, command, { maxBytes: 64_000_000 })).text;
  } catch (error) {
    if (error instanceof SkillFault && error.code !== 'skills.timeout') return null;
    throw error;
  }
  const names = new Map<string, boolean>();
  for (const entry of text.split('\0')) {
    const path = entry.slice(2);
    // A trailing slash is another repository inside of this one.
    if (path === '' || path.endsWith('/')) continue;
    names.set(path, !entry.startsWith('?'));
  }
  return [...names].map(([path, tracked]) => ({ path, tracked }));
}

async function namesFromFolder(context: ToolContext, root: string): Promise<NamedFile[]> {
  const found: NamedFile[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined && found.length < MAX_FILES; folder = folders.pop()) {
    context.signal.throwIfAborted();
    for (const entry of await readFolder(folder)) {
      const absolute = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDERS.has(entry.name)) folders.push(absolute);
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        found.push({ path: relative(root, absolute).split(sep).join('/'), tracked: null });
      }
    }
  }
  return found.sort((a, b) => comparePaths(a.path, b.path));
}

async function readFolder(folder: string): Promise<Dirent[]> {
  try {
    await access(folder, fsConstants.R_OK);
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isExpected(error)) return [];
    throw error;
  }
}

async function describeFile(root: string, file: NamedFile): Promise<ProjectFile | null> {
  const absolute = join(root, file.path);
  let status: Stats;
  try {
    status = await lstat(absolute);
    // A tracked folder may have been replaced by a link that leads elsewhere.
    if (!status.isSymbolicLink() && !isInside(root, await realpath(absolute))) return null;
  } catch (error) {
    if (isExpected(error)) return null;
    throw error;
  }
  if (status.isSymbolicLink()) return { ...file, bytes: status.size, link: await followLink(root, absolute) };
  return status.isFile() ? { ...file, bytes: status.size, link: 'no' } : null;
}

async function followLink(root: string, absolute: string): Promise<ProjectFile['link']> {
  try {
    return isInside(root, await realpath(absolute)) ? 'inside' : 'outside';
  } catch (error) {
    if (isExpected(error)) return 'broken';
    throw error;
  }
}

function isExpected(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM'].includes(String(error.code));
}
