// One process at a time on a data folder. The operating system keeps the lock (SQLite's lock on an empty file), so it ends
// with the process that holds it, however that ends; beside it `gathering.lock` tells people and commands who holds it.
// Invariant: between acquire and release no other process, and no second holder in this one, acquires the same folder.
import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderBusy, DataFolderFault } from './failures.ts';

/** Who holds the folder. `startToken` tells one process from another that later got the same pid. */
export interface FolderHolder {
  pid: number;
  startToken: string;
  host: string;
  since: string;
}

export interface DataFolderLock {
  /** The last holder ended without releasing: killed, or the machine went down. */
  readonly tookOverStale: boolean;
  release(): void;
}

const holderFile = 'gathering.lock';
const systemLockFile = 'gathering.lock.system';
const sqliteBusy = 5;

export async function acquireDataFolderLock(dataDir: string): Promise<DataFolderLock> {
  const path = join(dataDir, holderFile);
  const system = takeSystemLock(join(dataDir, systemLockFile));
  if (system === undefined) throw new DataFolderBusy(dataDir, await waitForHolderName(path));
  try {
    const before = parseHolder(readIfThere(path));
    // Only on a file system without locks can the holder be alive here.
    if (before !== undefined && before.pid !== process.pid && isAlive(before)) {
      throw new DataFolderBusy(dataDir, before.pid);
    }
    const stale = readIfThere(path) !== undefined;
    writeHolder(path);
    let held = true;
    return {
      tookOverStale: stale,
      release: () => {
        if (!held) return;
        held = false;
        // First the name, then the lock: the next holder must not find its own name removed.
        rmSync(path, { force: true });
        system.close();
      },
    };
  } catch (error) {
    system.close();
    throw error;
  }
}

/** Who holds the folder now, for commands that would rather work through that process; undefined if nobody does. */
export async function readDataFolderHolder(dataDir: string): Promise<FolderHolder | undefined> {
  const text = await readFile(join(dataDir, holderFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const holder = parseHolder(text);
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

function takeSystemLock(path: string): DatabaseSync | undefined {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path, { timeout: 0 });
    file.exec('begin exclusive');
    return file;
  } catch (error) {
    file?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return undefined;
    const words = error instanceof Error ? error.message : String(error);
    throw new DataFolderFault(
      `The data folder cannot be locked: ${words} (${path}). Check that its disk has room and that this user may write to it.`,
      { cause: error },
    );
  }
}

function writeHolder(path: string): void {
  const holder: FolderHolder = {
    pid: process.pid,
    startToken: readStartToken(process.pid) ?? randomUUID(),
    host: hostname(),
    since: new Date().toISOString(),
  };
  // By rename, so that nobody ever reads half of it.
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}

/** The holder writes its name just after it got the lock: give it a moment. */
async function waitForHolderName(path: string): Promise<number | undefined> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const holder = parseHolder(readIfThere(path));
    if (holder !== undefined && (holder.pid === process.pid || isAlive(holder))) return holder.pid;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return undefined;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string | undefined): FolderHolder | undefined {
  if (text === undefined) return undefined;
  try {
    const { pid, startToken, host, since }: Partial<FolderHolder> = JSON.parse(text);
    if (typeof pid !== 'number' || typeof startToken !== 'string') return undefined;
    return { pid, startToken, host: host ?? '', since: since ?? '' };
  } catch {
    // Half a file after a power cut names nobody; the system's lock decides.
    return undefined;
  }
}

function isAlive({ pid, startToken, host }: FolderHolder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const token = readStartToken(pid);
  return token === undefined || token === startToken;
}

/** Linux: the boot and the moment within it when the process started. Undefined where the system does not tell. */
function readStartToken(pid: number): string | undefined {
  const boot = readSystemFile('/proc/sys/kernel/random/boot_id');
  const stat = readSystemFile(`/proc/${pid}/stat`);
  if (boot === undefined || stat === undefined) return undefined;
  // The second field, the program's name, may hold spaces and brackets; the start time is the 22nd field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return `${boot.trim()}:${fields[19]}`;
}

function readSystemFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
