// A database from before pipelines had versions: what was there is published, under its present name and number.
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrationsFolder } from '../src/boot/open-ground.ts';
import { migrate } from '../src/platform/db/migrate.ts';
import { newId } from '../src/platform/ids.ts';
import { createLog } from '../src/platform/log.ts';
import { eachDatabase } from './db.ts';

const own = '0019_versions_and_triggers.sql';

eachDatabase((open) => {
  test('what was there before is published', async () => {
    const database = await open({ empty: true });
    const folder = await mkdtemp(join(tmpdir(), 'gathering-migrations-'));
    const before = join(folder, 'before');
    await mkdir(before);
    for (const name of await readdir(migrationsFolder))
      if (name < own) await cp(join(migrationsFolder, name), join(before, name));
    const log = createLog('silent');
    await migrate(database, before, log);
    const id = newId();
    await database.query(
      `insert into pipeline.pipelines (id, name, description, definition, node_count, version, created_at, updated_at)
       values ($1, 'Now', 'Said', '{"name": "Then", "nodes": [], "edges": []}', 0, 7, now(), now())`,
      [id],
    );
    await migrate(database, migrationsFolder, log);
    const { rows } = await database.query(
      `select p.version, p.published_version, v.is_published, v.definition from pipeline.pipelines p
         join pipeline.versions v on v.pipeline_id = p.id and v.version = p.published_version`,
    );
    const definition = { name: 'Now', description: 'Said', nodes: [], edges: [] };
    expect(rows).toEqual([{ version: 7, published_version: 7, is_published: true, definition }]);
    await rm(folder, { recursive: true, force: true });
  });
});
