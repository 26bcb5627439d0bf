// Where tests put databases: each makes, copies and removes thousands of small files, which a file system in memory does
// in half the time of one on a disk. Only what need not outlive a power cut may lie there.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const inMemory = '/dev/shm';
/** What the databases of a whole run may take at once, several times over. */
const leastFreeBytes = 4 * 1024 ** 3;

let chosen: string | undefined;

/** The file system in memory where there is one with room that programs may be started from, else the system's folder for such files. */
export function scratchFolder(): string {
  chosen ??= hasRoom(inMemory) && mayStartPrograms(inMemory) ? inMemory : tmpdir();
  return chosen;
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= leastFreeBytes;
  } catch {
    return false;
  }
}

/** Some systems forbid it there, and PostgreSQL's programs lie beside its data. */
function mayStartPrograms(folder: string): boolean {
  let own: string | undefined;
  try {
    own = mkdtempSync(join(folder, 'gathering-probe-'));
    const probe = join(own, 'probe');
    writeFileSync(probe, '#!/bin/sh\nexit 7\n', { mode: 0o700 });
    return spawnSync(probe).status === 7;
  } catch {
    return false;
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
}
