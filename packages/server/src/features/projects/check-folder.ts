// Whether a folder can be a project: it exists, can be read, and is neither the machine's own nor ours. The
// real path is what counts and what is stored, so that a symbolic link cannot lead elsewhere later.
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { AppError } from '@gathering/contract/errors';
import type { Ctx } from '../../ctx.ts';

const ofTheSystem = ['/proc', '/sys', '/dev'];

/** The real path. Throws AppError `projects.folder-unusable` with the reason. */
export async function requireFolder(ctx: Pick<Ctx, 'config'>, folder: string): Promise<string> {
  if (!isAbsolute(folder)) refuse(folder, 'it is not an absolute path');
  if (folder.includes('\0')) refuse(folder.replaceAll('\0', ''), 'it holds a NUL character');
  const real = await askFileSystem(folder, () => realpath(folder));
  const info = await askFileSystem(folder, () => stat(real));
  if (!info.isDirectory()) refuse(folder, 'it is not a folder');
  if (real === sep) refuse(folder, 'it is the root of the whole file system');
  for (const place of ofTheSystem) {
    if (isInside(real, place)) refuse(folder, `it belongs to ${place}, which is no place for files`);
  }
  const data = await realpath(ctx.config.dataDir).catch(() => ctx.config.dataDir);
  if (isInside(real, data)) refuse(folder, "it is this server's own data folder");
  await askFileSystem(folder, () => access(real, constants.R_OK | constants.X_OK));
  return real;
}

export async function isGitRepository(folder: string): Promise<boolean> {
  // A working tree of `git worktree` has a file of that name.
  return stat(`${folder}${sep}.git`).then(
    () => true,
    () => false,
  );
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'this server may not read it',
  EPERM: 'this server may not read it',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its path is too long',
};

async function askFileSystem<T>(folder: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = reasons[code];
    if (reason === undefined) throw error;
    return refuse(folder, reason);
  }
}

function refuse(folder: string, reason: string): never {
  throw new AppError('projects.folder-unusable', { detail: `${folder} cannot be a project: ${reason}.` });
}
