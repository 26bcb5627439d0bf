// What a folder holds, so that a test can say that nothing in it was changed.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below it with its size and when it was last written; null: there is no such folder. */
export function describeFolder(folder: string): readonly string[] | null {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return null;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      return `${path.slice(folder.length)} ${size} ${mtimeMs}`;
    })
    .sort();
}
