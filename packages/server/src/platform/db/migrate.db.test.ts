import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eachDatabase, openPlace } from '../../../test/db.ts';
import { createLog } from '../log.ts';
import type { Database } from './handles.ts';
import { MigrationRefused, migrate, pendingMigrations } from './migrate.ts';

const log = createLog('silent');

eachDatabase((open, makePlace, kind) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gathering-migrations-'));
    write('0001_first.sql', 'create table first_made (id int primary key);\ninsert into first_made values (1);\n');
    write('0002_second.sql', 'create table second_made (id int primary key);\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  /** A copy of the product's database that forgot its own migrations is as good as an empty one, and sooner there. */
  const openForgetful = async (): Promise<Database> => {
    const database = await open();
    await database.exec('drop table if exists public.gathering_migrations');
    return database;
  };
  const exists = async (database: Database, table: string) =>
    (await database.query<{ found: boolean }>('select to_regclass($1) is not null as found', [table])).rows[0]?.found;

  it('applies what is missing, in order, once', async () => {
    const database = await openForgetful();
    expect(await pendingMigrations(database, folder)).toEqual(['0001_first.sql', '0002_second.sql']);
    expect(await migrate(database, folder, log)).toEqual({ applied: ['0001_first.sql', '0002_second.sql'] });
    expect(await migrate(database, folder, log)).toEqual({ applied: [] });
    write('0004_fourth.sql', 'create table fourth_made (id int);');
    expect(await pendingMigrations(database, folder)).toEqual(['0004_fourth.sql']);
    expect(await migrate(database, folder, log)).toEqual({ applied: ['0004_fourth.sql'] });
    const { rows } = await database.query(
      'select number, name, applied_at from public.gathering_migrations order by number',
    );
    expect(rows).toMatchObject([
      { number: 1, name: '0001_first.sql', applied_at: expect.any(Date) },
      { number: 2, name: '0002_second.sql' },
      { number: 4, name: '0004_fourth.sql' },
    ]);
  });

  it('changes nothing when it only looks', async () => {
    const database = await openForgetful();
    await pendingMigrations(database, folder);
    expect(await exists(database, 'public.gathering_migrations')).toBe(false);
  });

  it('takes a checkout with other line ends for the same', async () => {
    const database = await openForgetful();
    await migrate(database, folder, log);
    write('0001_first.sql', 'create table first_made (id int primary key);\r\ninsert into first_made values (1);\r\n');
    expect(await migrate(database, folder, log)).toEqual({ applied: [] });
  });

  it('refuses a changed migration and changes nothing', async () => {
    const database = await openForgetful();
    await migrate(database, folder, log);
    write('0001_first.sql', 'create table first_made (id bigint primary key);');
    write('0003_third.sql', 'create table third_made (id int);');
    await expect(migrate(database, folder, log)).rejects.toThrow(/0001_first.sql was applied.*new migration/);
    await expect(pendingMigrations(database, folder)).rejects.toBeInstanceOf(MigrationRefused);
    expect(await exists(database, 'third_made')).toBe(false);
  });

  it('refuses a database that is newer than the program and changes nothing', async () => {
    const database = await openForgetful();
    await migrate(database, folder, log);
    await database.query(
      "insert into public.gathering_migrations (number, name, checksum) values (9, '0009_future.sql', 'x')",
    );
    write('0003_third.sql', 'create table third_made (id int);');
    await expect(migrate(database, folder, log)).rejects.toThrow(/newer than this program: it has 0009_future.sql/);
    expect(await exists(database, 'third_made')).toBe(false);
  });

  it('refuses a number used twice, a strange name, and one that comes too late', async () => {
    const database = await openForgetful();
    write('0002_other.sql', 'select 1');
    await expect(migrate(database, folder, log)).rejects.toThrow(
      /0002_other.sql and 0002_second.sql .* have one number/,
    );
    rmSync(join(folder, '0002_other.sql'));
    write('third.sql', 'select 1');
    await expect(migrate(database, folder, log)).rejects.toThrow(/third.sql .* is no migration/);
    rmSync(join(folder, 'third.sql'));
    expect(await exists(database, 'first_made')).toBe(false);
    rmSync(join(folder, '0001_first.sql'));
    await migrate(database, folder, log);
    write('0001_first.sql', 'create table first_made (id int)');
    await expect(migrate(database, folder, log)).rejects.toThrow(/0001_first.sql comes before 0002_second.sql/);
  });

  it('rolls a failing migration back whole, names its line, and keeps those before it', async () => {
    const database = await openForgetful();
    write('0003_third.sql', 'create table third_made (id int);\n\ninsert into no_such_table values (1);\n');
    await expect(migrate(database, folder, log)).rejects.toThrow(/0003_third.sql failed at line 3: .*no_such_table/);
    expect(await exists(database, 'third_made')).toBe(false);
    expect(await exists(database, 'second_made')).toBe(true);
    write('0003_third.sql', 'create table third_made (id int);');
    expect(await migrate(database, folder, log)).toEqual({ applied: ['0003_third.sql'] });
  });

  it('applies each once when several start together', async () => {
    const place = await makePlace();
    await using resources = new AsyncDisposableStack();
    const database = await openPlace(place);
    resources.defer(() => database.close());
    // Only one process holds an embedded database, so there two starts share its handle.
    const other = kind === 'embedded' ? database : await openPlace(place);
    if (other !== database) resources.defer(() => other.close());
    await database.exec('drop table if exists public.gathering_migrations');
    const starts = await Promise.all([database, other, database, other].map((one) => migrate(one, folder, log)));
    expect(starts.flatMap(({ applied }) => applied).sort()).toEqual(['0001_first.sql', '0002_second.sql']);
    expect((await database.query('select id from first_made')).rows).toEqual([{ id: 1 }]);
  });
});
