// The databases that tests stand on: fresh for each test, migrated, apart from one another.
import { existsSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { Database } from '../src/platform/db/database.ts';
import { eachDatabase, openPlace } from './db.ts';

eachDatabase((open, makePlace, kind) => {
  let ofGroup: Database;
  const dataDirs: string[] = [];

  beforeAll(async () => {
    ofGroup = await open();
    await ofGroup.exec('create table left_behind (id int)');
  });

  const findTable = async (database: Database, name: string): Promise<unknown> =>
    (await database.query<{ found: string | null }>('select to_regclass($1)::text as found', [name])).rows[0]?.found;

  test('a fresh database shows nothing of another one', async () => {
    const database = await open();
    expect(database.kind).toBe(kind);
    expect(await findTable(database, 'left_behind')).toBeNull();
    expect(await findTable(ofGroup, 'left_behind')).toBe('left_behind');
  });

  test('every database reads and writes UTF-8', async () => {
    const database = await open();
    const { rows } = await database.query(
      "select current_setting('server_encoding') as encoding, length($1) as length",
      ['Grüße'],
    );
    expect(rows).toEqual([{ encoding: 'UTF8', length: 5 }]);
  });

  test('a place can be opened, closed and opened again', async () => {
    const place = await makePlace();
    dataDirs.push(place.dataDir);
    const first = await openPlace(place);
    await first.exec('create table kept (id int)');
    await first.close();
    const second = await openPlace(place);
    expect(await findTable(second, 'kept')).toBe('kept');
    await second.close();
  });

  test('what an earlier test opened is gone from the disk', () => {
    expect(dataDirs).toHaveLength(1);
    expect(dataDirs.filter((folder) => existsSync(folder))).toEqual([]);
  });

  test('an empty database has no tables at all', async () => {
    const database = await open({ empty: true });
    const { rows } = await database.query(
      "select table_name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')",
    );
    expect(rows).toEqual([]);
  });
});
