// The wall around a project: a path counts as inside only when its *real* path is, compared segment by
// segment, after all symbolic links were followed. Whatever is opened is checked again once it is open,
// so that a link swapped in between is caught.
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { formatBytes, printable } from './quote.ts';
import { explainFault, SkillFault } from './skill.ts';

export interface ConfinedPath {
  /** Real path of the project's root. */
  readonly root: string;
  /** Real path of the target: links resolved. */
  readonly absolute: string;
  /** Relative to the root with `/`; `.` is the root itself. */
  readonly relative: string;
  readonly kind: 'file' | 'folder';
  readonly bytes: number;
}

export const MAX_FILE_BYTES = 8_000_000;

/** Real path of the project's root, or a fault that says that there is none. */
export async function resolveRoot(projectRoot: string | null): Promise<string> {
  if (projectRoot === null) {
    throw new SkillFault(
      'skills.no-project',
      'This run has no project, so there are no files to look at. Choose a project (a folder) for it and start it again.',
    );
  }
  try {
    const root = await realpath(projectRoot);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
  throw new SkillFault(
    'skills.no-project',
    "The project's folder does not exist any more. Correct its path in the project's settings.",
  );
}

/**
 * The target of `path` when it exists inside of the project, outside of the closed folders, and is a file or a
 * folder; a fault otherwise.
 */
export async function confinePath(
  projectRoot: string | null,
  path: string,
  closedFolders: readonly string[] = [],
): Promise<ConfinedPath> {
  const root = await resolveRoot(projectRoot);
  const lexical = lexicalTarget(root, path);
  let absolute: string;
  try {
    absolute = await realpath(lexical);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    // An absent path must not tell whether something outside exists: where its nearest parent lies decides.
    const parent = await nearestRealParent(lexical);
    if (!isInside(root, parent)) throw outside(path);
    throw explainFault(
      'skills.path-not-found',
      `There is no \`${printable(path)}\` in the project. Paths are relative to the project's root; filesystem_tree and filesystem_list show what exists.`,
      { cause: error },
    );
  }
  if (!isInside(root, absolute)) throw outside(path);
  if ((await realFolders(closedFolders)).some((folder) => isInside(folder, absolute))) throw closed(path);
  const inner = relative(root, absolute).split(sep).join('/');
  refuseGitFolder(path, inner);
  const status = await stat(absolute);
  if (!status.isFile() && !status.isDirectory()) {
    throw new SkillFault(
      'skills.path-refused',
      `\`${printable(path)}\` is a device, pipe or socket; only ordinary files and folders are read.`,
    );
  }
  return {
    root,
    absolute,
    relative: inner === '' ? '.' : inner,
    kind: status.isFile() ? 'file' : 'folder',
    bytes: status.size,
  };
}

/** Real paths of those that exist. */
export async function realFolders(folders: readonly string[]): Promise<string[]> {
  const real = await Promise.all(
    folders.map((folder) =>
      realpath(folder).catch((error: unknown) => {
        if (isAbsence(error)) return null;
        throw error;
      }),
    ),
  );
  return real.filter((folder) => folder !== null);
}

function closed(path: string): SkillFault {
  return new SkillFault(
    'skills.path-refused',
    `\`${printable(path)}\` belongs to this server's own data, which no tool reads.`,
  );
}

/** Segment comparison: `/a/bc` is not inside `/a/b`, and neither is anything reached by `..`. */
export function isInside(root: string, target: string): boolean {
  const path = relative(root, target);
  return path === '' || (!isAbsolute(path) && path.split(sep)[0] !== '..');
}

/** Reads an ordinary file of the project, at most `maxBytes` of it from its beginning. */
export async function readConfined(
  target: ConfinedPath,
  maxBytes: number = MAX_FILE_BYTES,
): Promise<{ readonly bytes: Buffer; readonly cut: boolean }> {
  const handle = await openConfined(target.root, target.absolute);
  try {
    const size = (await handle.stat()).size;
    return { bytes: await readUpTo(handle, Math.min(size, maxBytes)), cut: size > maxBytes };
  } finally {
    await handle.close();
  }
}

/** The whole file, or a fault when it is larger than `maxBytes`. */
export async function readWholeConfined(target: ConfinedPath, maxBytes: number = MAX_FILE_BYTES): Promise<Buffer> {
  if (target.kind !== 'file') {
    throw new SkillFault('skills.wrong-kind', `\`${target.relative}\` is a folder; a file was expected.`);
  }
  const { bytes, cut } = await readConfined(target, maxBytes);
  if (!cut) return bytes;
  throw new SkillFault(
    'skills.too-large',
    `\`${target.relative}\` has ${formatBytes(target.bytes)}; files up to ${formatBytes(maxBytes)} are read.`,
  );
}

async function openConfined(root: string, absolute: string): Promise<FileHandle> {
  // O_NONBLOCK: opening a pipe that took the file's place must not wait for a writer.
  const handle = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const opened = await handle.stat();
    const real = await realpath(absolute);
    const there = await lstat(real);
    if (opened.isFile() && isInside(root, real) && there.ino === opened.ino && there.dev === opened.dev) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  throw new SkillFault(
    'skills.path-refused',
    'The path changed while it was opened, or is no ordinary file. Try again.',
  );
}

async function readUpTo(handle: FileHandle, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await handle.read(buffer, filled, bytes - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function lexicalTarget(root: string, path: string): string {
  if (path.includes('\0')) {
    throw new SkillFault('skills.path-refused', 'The path holds a NUL character; no file name can.');
  }
  return resolve(root, path === '' ? '.' : path);
}

async function nearestRealParent(path: string): Promise<string> {
  for (let current = dirname(path); ; current = dirname(current)) {
    try {
      return await realpath(current);
    } catch (error) {
      if (!isAbsence(error) || current === dirname(current)) throw error;
    }
  }
}

function refuseGitFolder(path: string, inner: string): void {
  if (!inner.split('/').some((segment) => segment.toLowerCase() === '.git')) return;
  throw new SkillFault(
    'skills.path-refused',
    `\`${printable(path)}\` belongs to git's own data, which may hold credentials. Use the git tools to read history.`,
  );
}

function outside(path: string): SkillFault {
  return new SkillFault(
    'skills.path-refused',
    `\`${printable(path)}\` leads out of the project's folder. Only paths inside of it are read; give one relative to the project's root.`,
  );
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
