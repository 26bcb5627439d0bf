// Where the server that holds this data folder listens, for commands that work through it.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileName = 'server-address';

export interface ServerAddress {
  readonly url: string;
  /** The server's process: one that was killed leaves its address behind, and the folder's next holder has another. */
  readonly pid: number;
}

export async function writeServerAddress(dataDir: string, url: string): Promise<void> {
  const path = join(dataDir, fileName);
  await writeFile(`${path}.${process.pid}`, `${url}\n${process.pid}\n`, { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
}

/** Null: no server wrote one. */
export async function readServerAddress(dataDir: string): Promise<ServerAddress | null> {
  try {
    const [url = '', pid] = (await readFile(join(dataDir, fileName), 'utf8')).split('\n');
    return { url, pid: Number(pid) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

export async function removeServerAddress(dataDir: string): Promise<void> {
  await rm(join(dataDir, fileName), { force: true });
}
