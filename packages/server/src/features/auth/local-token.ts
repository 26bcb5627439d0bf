// The token by which commands of the program work through the server that holds their data folder.
// Invariant: only whoever may read the folder can read it, and it ends with the process that made it.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomToken } from '../../platform/tokens.ts';

const fileName = 'local-token';

/** At the server's start; replaces what a server that died left behind. */
export async function writeLocalToken(dataDir: string): Promise<string> {
  const token = randomToken();
  const path = join(dataDir, fileName);
  // Written aside and moved, so that nobody reads half of it and an old file's mode does not stay.
  const aside = `${path}.${process.pid}`;
  await rm(aside, { force: true });
  await writeFile(aside, `${token}\n`, { mode: 0o600, flag: 'wx' });
  await rename(aside, path);
  return token;
}

/** Null where no server runs on this folder. */
export async function readLocalToken(dataDir: string): Promise<string | null> {
  try {
    return (await readFile(join(dataDir, fileName), 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

export async function removeLocalToken(dataDir: string): Promise<void> {
  await rm(join(dataDir, fileName), { force: true });
}
