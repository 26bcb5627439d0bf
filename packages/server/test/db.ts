// Databases for tests: every test of stored things runs on the embedded database and on a PostgreSQL server, each time on a
// fresh, migrated copy of its own. Databases are closed and removed when the test (or, opened in beforeAll, the group) ends.
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, inject, TestRunner } from 'vitest';
import { type Database, openDatabase } from '../src/platform/db/database.ts';
import { createLog } from '../src/platform/log.ts';
import { runOnServer } from './database-server.ts';
import type { DatabaseTemplates } from './databases.setup.ts';

export type DatabaseKind = 'embedded' | 'server';

export interface OpenOptions {
  /** Without tables, as on the very first start. */
  empty?: boolean;
}

/** Where a database is, for a test that starts the program itself or opens one database twice. */
export interface DatabasePlace {
  kind: DatabaseKind;
  /** A folder of the test's own, on the server as well. */
  dataDir: string;
  /** Undefined for the embedded database, which lies in `dataDir`. */
  databaseUrl: string | undefined;
}

export type OpenDatabase = (options?: OpenOptions) => Promise<Database>;
export type MakePlace = (options?: OpenOptions) => Promise<DatabasePlace>;

/** Runs the body, which defines tests, once for each kind of database; for one alone where the kind decides nothing. */
export function eachDatabase(
  body: (open: OpenDatabase, makePlace: MakePlace, kind: DatabaseKind) => void,
  kinds: readonly DatabaseKind[] = ['embedded', 'server'],
): void {
  for (const kind of kinds) {
    describe(`on the ${kind} database`, () => {
      const endings = collectEndings();
      const makePlace: MakePlace = async (options = {}) => {
        const { place, remove } = await copyTemplate(kind, inject('databases'), options.empty ?? false);
        endings.add(remove);
        return place;
      };
      const open: OpenDatabase = async (options) => {
        const database = await openPlace(await makePlace(options));
        endings.add(() => database.close());
        return database;
      };
      body(open, makePlace, kind);
    });
  }
}

/** Opens a place as the product would, less the waiting for the disk. Whoever calls this closes it. */
export function openPlace(place: DatabasePlace): Promise<Database> {
  const { dataDir, databaseUrl } = place;
  return openDatabase({ dataDir, databaseUrl, poolSize: 4, embeddedFsync: false, log: createLog('silent') });
}

type Ending = () => Promise<void>;

// What a test opened ends with the test, what a group opened with the group; the latest first.
function collectEndings(): { add(ending: Ending): void } {
  const ofGroup: Ending[] = [];
  const ofTest: Ending[] = [];
  const run = async (endings: Ending[]): Promise<void> => {
    const failures: unknown[] = [];
    for (const ending of endings.splice(0).reverse()) await ending().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'A test database could not be closed and removed.');
  };
  afterEach(() => run(ofTest));
  afterAll(() => run(ofGroup));
  return { add: (ending) => (TestRunner.getCurrentTest() ? ofTest : ofGroup).push(ending) };
}

async function copyTemplate(
  kind: DatabaseKind,
  templates: DatabaseTemplates,
  empty: boolean,
): Promise<{ place: DatabasePlace; remove: Ending }> {
  const dataDir = await mkdtemp(join(templates.folder, 'data-'));
  const removeFolder = () => rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  if (kind === 'embedded') {
    if (!empty) await cp(templates.embeddedImage, dataDir, { recursive: true });
    return { place: { kind, dataDir, databaseUrl: undefined }, remove: removeFolder };
  }
  const name = `gathering_test_${randomBytes(6).toString('hex')}`;
  await runOnServer(
    templates.serverUrl,
    `create database ${name} template ${empty ? 'template0' : templates.template}`,
  );
  const url = new URL(templates.serverUrl);
  url.pathname = `/${name}`;
  const remove: Ending = async () => {
    await runOnServer(templates.serverUrl, `drop database if exists ${name} with (force)`);
    await removeFolder();
  };
  return { place: { kind, dataDir, databaseUrl: url.href }, remove };
}
