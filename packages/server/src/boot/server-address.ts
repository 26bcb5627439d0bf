// Where the server that holds this data folder listens, for commands that work through it.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileName = 'server-address';

export async function writeServerAddress(dataDir: string, url: string): Promise<void> {
  const path = join(dataDir, fileName);
  await writeFile(`${path}.${process.pid}`, `${url}\n`, { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
}

/** Null: no server wrote one. */
export async function readServerAddress(dataDir: string): Promise<string | null> {
  try {
    return (await readFile(join(dataDir, fileName), 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

export async function removeServerAddress(dataDir: string): Promise<void> {
  await rm(join(dataDir, fileName), { force: true });
}
