// The embedded database's files, with the operation that PGlite leaves out: fsync. Invariant: with `fsync` on, a commit
// that has returned is on disk. (PGlite's own file system ignores fsync, and its default start turns it off.)
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** What the emscripten file system hands to an operation on an open file; a folder has no descriptor. */
interface OpenFile {
  nfd?: number;
  node: object;
}

interface NodeFileSystem {
  realPath(node: object): string;
  stream_ops: { fsync?: (file: OpenFile) => number };
}

/** Counts every fsync, so that a test can prove that there is one for each commit. */
export interface FsyncCounter {
  calls: number;
}

export function makeFileSystem(folder: string, counter: FsyncCounter): NodeFS {
  const files = new NodeFS(folder);
  const init = files.init.bind(files);
  // Before the engine starts, so that what it repairs after a crash is synced as well.
  files.init = async (lite, options) => {
    const { emscriptenOpts } = await init(lite, options);
    const preRun = emscriptenOpts.preRun ?? [];
    preRun.push((module) => addFsync(readNodeFileSystem(module), counter));
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  };
  return files;
}

/**
 * fdatasync, the engine's default for its log, is empty in this build: only fsync reaches the file system. What is known of
 * tables comes from samples of 6,000 rows in place of 30,000, which took 20 MB that are never given back.
 */
export function startParameters(fsync: boolean): string[] {
  const always = ['-c', 'default_statistics_target=20'];
  if (!fsync) return [...PGlite.defaultStartParams, ...always];
  const parameters = PGlite.defaultStartParams.filter((word) => word !== '-F');
  return [...parameters, ...always, '-c', 'fsync=on', '-c', 'wal_sync_method=fsync'];
}

/** Syncs every file and folder below and including `folder`. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncPath(path);
  }
  await syncPath(folder);
}

export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function readNodeFileSystem(module: object): NodeFileSystem {
  const files: unknown = 'NODEFS' in module ? module.NODEFS : undefined;
  if (!isNodeFileSystem(files)) {
    throw new Error('This version of PGlite has no NODEFS to add fsync to: its commits would not be safe.');
  }
  return files;
}

function isNodeFileSystem(value: unknown): value is NodeFileSystem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'realPath' in value &&
    typeof value.realPath === 'function' &&
    'stream_ops' in value &&
    typeof value.stream_ops === 'object'
  );
}

function addFsync(files: NodeFileSystem, counter: FsyncCounter): void {
  files.stream_ops.fsync = (file) => {
    counter.calls++;
    if (file.nfd !== undefined) {
      fsyncSync(file.nfd);
      return 0;
    }
    const descriptor = openSync(files.realPath(file.node), 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return 0;
  };
}
