import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireDataFolderLock, readDataFolderHolder } from './data-folder-lock.ts';
import { DataFolderBusy, DataFolderFault } from './failures.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'gathering-lock-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const module = new URL('./data-folder-lock.ts', import.meta.url).href;

/** Another process that takes the lock when it is told to, says what happened, and holds it until it is killed. */
async function startOther() {
  const code = `
    const { acquireDataFolderLock } = await import(${JSON.stringify(module)});
    process.stdin.once('data', async () => {
      try {
        const lock = await acquireDataFolderLock(${JSON.stringify(dataDir)});
        console.log(lock.tookOverStale ? 'took over' : 'held');
      } catch (error) {
        console.log(error.name + ' ' + error.pid);
      }
    });
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => String((await lines.next()).value);
  expect(await nextLine()).toBe('ready');
  return {
    pid: child.pid,
    acquire: () => {
      child.stdin.write('go\n');
      return nextLine();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('the lock on a data folder', () => {
  it('is had by one at a time, also within a process', async () => {
    const lock = await acquireDataFolderLock(dataDir);
    expect(lock.tookOverStale).toBe(false);
    await expect(acquireDataFolderLock(dataDir)).rejects.toThrow(`in use by process ${process.pid}`);
    expect(await readDataFolderHolder(dataDir)).toMatchObject({ pid: process.pid });
    lock.release();
    expect(existsSync(join(dataDir, 'gathering.lock'))).toBe(false);
    expect(await readDataFolderHolder(dataDir)).toBeUndefined();
    const again = await acquireDataFolderLock(dataDir);
    expect(again.tookOverStale).toBe(false);
    again.release();
    again.release();
  });

  it('keeps a second process out, which names the first, and ends with the first however it ends', async () => {
    const other = await startOther();
    expect(await other.acquire()).toBe('held');
    const refusal = await acquireDataFolderLock(dataDir).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DataFolderBusy);
    expect(refusal).toMatchObject({ pid: other.pid });
    await other.kill();
    expect(await readDataFolderHolder(dataDir)).toBeUndefined();
    const lock = await acquireDataFolderLock(dataDir);
    expect(lock.tookOverStale).toBe(true);
    lock.release();
  });

  it('goes to exactly one of several that start together, time after time over a dead one', async () => {
    for (const expected of ['held', 'took over', 'took over']) {
      const others = await Promise.all(Array.from({ length: 4 }, startOther));
      const answers = await Promise.all(others.map(({ acquire }) => acquire()));
      const winner = others[answers.indexOf(expected)];
      expect(answers.toSorted()).toEqual([...Array(3).fill(`DataFolderBusy ${winner?.pid}`), expected].sort());
      await Promise.all(others.map(({ kill }) => kill()));
    }
  });

  it('is not kept by a dead process whose pid another process has now', async () => {
    const living = { pid: process.ppid, startToken: 'another boot:1', host: '', since: '' };
    const { hostname } = await import('node:os');
    writeFileSync(join(dataDir, 'gathering.lock'), JSON.stringify({ ...living, host: hostname() }));
    const lock = await acquireDataFolderLock(dataDir);
    expect(lock.tookOverStale).toBe(true);
    lock.release();
  });

  it('is not kept by half a file', async () => {
    writeFileSync(join(dataDir, 'gathering.lock'), '{"pid":');
    const lock = await acquireDataFolderLock(dataDir);
    expect(lock.tookOverStale).toBe(true);
    lock.release();
  });

  it('says what to check when the folder cannot be locked', async () => {
    await expect(acquireDataFolderLock(join(dataDir, 'nowhere'))).rejects.toBeInstanceOf(DataFolderFault);
  });
});
