// The planner's knowledge of tables on the embedded database, where nobody else keeps it.
import { expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { analyzeGrown } from './analyze-grown.ts';
import type { Database } from './database.ts';

async function rowsThought(database: Database, table: string): Promise<number | undefined> {
  const { rows } = await database.query<{ rows: number }>(
    'select reltuples::int as rows from pg_class where oid = $1::regclass',
    [table],
  );
  return rows[0]?.rows;
}

eachDatabase((open) => {
  it('learns of tables that have grown by a quarter, and leaves the others alone', async () => {
    const database = await open();
    // The server's own upkeep keeps off, which would do the same a minute later.
    await database.exec(`create schema shelf;
      create table shelf."Large one" (id int) with (autovacuum_enabled = off);
      create table shelf.small (id int) with (autovacuum_enabled = off);
      insert into shelf."Large one" select generate_series(1, 20000);
      insert into shelf.small select generate_series(1, 20)`);
    await analyzeGrown(database);
    expect(await rowsThought(database, 'shelf."Large one"')).toBe(20_000);
    expect(await rowsThought(database, 'shelf.small')).toBe(-1);
    await database.exec('insert into shelf."Large one" select generate_series(1, 1000)');
    await analyzeGrown(database);
    expect(await rowsThought(database, 'shelf."Large one"')).toBe(20_000);
    await database.exec('insert into shelf."Large one" select generate_series(1, 20000)');
    await analyzeGrown(database);
    expect(await rowsThought(database, 'shelf."Large one"')).toBe(41_000);
  });
});
