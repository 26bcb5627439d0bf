import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { scratchFolder } from '../../../test/scratch-folder.ts';
import { createLog } from '../log.ts';
import { DataFolderBusy, DataFolderFault } from './database.ts';
import { openEmbedded } from './open-embedded.ts';

const log = createLog('silent');
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(scratchFolder(), 'gathering-embedded-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }));

const copyImage = () => cpSync(inject('databases').embeddedImage, dataDir, { recursive: true });

describe('a commit of the embedded database', () => {
  const commits = 25;

  async function countFsyncs(fsync: boolean) {
    copyImage();
    const counter = { calls: 0 };
    const database = await openEmbedded({ dataDir, fsync, log, counter });
    await database.exec('create table written (id int)');
    const atStart = counter.calls;
    for (let id = 0; id < commits; id++) {
      if (id % 2 === 0) await database.query('insert into written values ($1)', [id]);
      else await database.transaction((tx) => tx.query('insert into written values ($1)', [id]));
      // Not only in sum: this commit is on disk before the next begins.
      if (fsync) expect(counter.calls).toBeGreaterThan(atStart + id);
    }
    const calls = counter.calls - atStart;
    await database.close();
    return calls;
  }

  it('is at least one fsync', async () => {
    expect(await countFsyncs(true)).toBeGreaterThanOrEqual(commits);
  });

  it('is none where fsync is off', async () => {
    expect(await countFsyncs(false)).toBe(0);
  });

  it('waits for the disk by settings as well', async () => {
    copyImage();
    const database = await openEmbedded({ dataDir, fsync: true, log });
    const { rows } = await database.query(
      "select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_sync_method') order by name",
    );
    await database.close();
    expect(rows).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'synchronous_commit', setting: 'on' },
      { name: 'wal_sync_method', setting: 'fsync' },
    ]);
  });
});

const module = new URL('./open-embedded.ts', import.meta.url).href;
const logModule = new URL('../log.ts', import.meta.url).href;

/** Another process that writes rows as fast as it can and tells each one that was acknowledged. */
function startWriter(firstId: number) {
  const code = `
    const { openEmbedded } = await import(${JSON.stringify(module)});
    const { createLog } = await import(${JSON.stringify(logModule)});
    const database = await openEmbedded({ dataDir: ${JSON.stringify(dataDir)}, fsync: true, log: createLog('silent') });
    for (let id = ${firstId}; ; id++) {
      await database.transaction(async (tx) => {
        await tx.query('insert into written values ($1, $2)', [id, 'x'.repeat(id % 500)]);
        await tx.query('update totals set sum = sum + $1', [id]);
      });
      process.stdout.write(id + '\\n');
    }`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('a process that is killed', () => {
  it('loses no acknowledged commit in ten times, and keeps none by half', { timeout: 120_000 }, async () => {
    copyImage();
    const first = await openEmbedded({ dataDir, fsync: true, log });
    await first.exec(
      'create table written (id int, text text); create table totals (sum bigint); insert into totals values (0)',
    );
    await first.close();
    let acknowledged = -1;
    for (let cycle = 0; cycle < 10; cycle++) {
      const writer = startWriter(acknowledged + 1);
      const wanted = acknowledged + 5 + Math.floor(Math.random() * 60);
      const lines = createInterface({ input: writer.stdout });
      for await (const line of lines) {
        acknowledged = Number(line);
        if (acknowledged === wanted) writer.kill('SIGKILL');
      }
      if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
      const database = await openEmbedded({ dataDir, fsync: true, log });
      expect(database.tookOverStaleLock).toBe(true);
      const { rows } = await database.query<{ count: number; last: number; whole: boolean }>(
        'select count(*), max(id) as last, sum(id) = (select sum from totals) as whole from written',
      );
      await database.close();
      const { count, last, whole } = rows[0] ?? { count: -1, last: -1, whole: false };
      expect(last).toBeGreaterThanOrEqual(acknowledged);
      expect({ count, whole }).toEqual({ count: last + 1, whole: true });
      acknowledged = last;
    }
  });
});

describe('the data folder', () => {
  it('is made for this user alone, in one piece, also after a first start that was cut off', {
    timeout: 60_000,
  }, async () => {
    const made = join(dataDir, 'below', 'data');
    mkdirSync(join(dataDir, 'cut', 'db.new', 'half'), { recursive: true });
    const database = await openEmbedded({ dataDir: made, fsync: false, log });
    await database.close();
    expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(readdirSync(made).sort()).toEqual(['db', 'gathering.lock.system']);
    const again = await openEmbedded({ dataDir: join(dataDir, 'cut'), fsync: true, log });
    await again.exec('create table works (id int)');
    await again.close();
    expect(existsSync(join(dataDir, 'cut', 'db.new'))).toBe(false);
  });

  it('is opened once at a time, and is free again after a start that failed', async () => {
    copyImage();
    const database = await openEmbedded({ dataDir, fsync: false, log });
    await expect(openEmbedded({ dataDir, fsync: false, log })).rejects.toBeInstanceOf(DataFolderBusy);
    expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await database.close();
    writeFileSync(join(dataDir, 'db', 'PG_VERSION'), '17\n');
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(openEmbedded({ dataDir, fsync: false, log })).rejects.toThrow(
        /made by PostgreSQL 17, .* carries 18/,
      );
    }
  });

  it('is left alone when it holds something else', async () => {
    mkdirSync(join(dataDir, 'db'));
    writeFileSync(join(dataDir, 'db', 'letter.txt'), 'Dear Ada');
    await expect(openEmbedded({ dataDir, fsync: false, log })).rejects.toThrow(/holds files but no database/);
    expect(readdirSync(join(dataDir, 'db'))).toEqual(['letter.txt']);
  });

  it('that is damaged gives one error with the mend', async () => {
    copyImage();
    writeFileSync(join(dataDir, 'db', 'global', 'pg_control'), 'nonsense');
    const error = await openEmbedded({ dataDir, fsync: false, log }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataFolderFault);
    expect(String(error)).toMatch(/does not start. Restore the data folder from a backup/);
  });
});
