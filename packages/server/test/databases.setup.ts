// Runs in the test runner before the first test file: migrates one embedded database and one PostgreSQL database, which the
// tests copy (db.ts). Several test projects of one run share them. All of it is gone when the run ends, also when it breaks.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../src/platform/db/database.ts';
import { migrate } from '../src/platform/db/migrate.ts';
import { createLog } from '../src/platform/log.ts';
import { runOnServer } from './database-server.ts';
import { startPostgres } from './postgres-server.ts';
import { scratchFolder } from './scratch-folder.ts';

export interface DatabaseTemplates {
  /** What the tests write lies below this folder. */
  folder: string;
  /** A data folder with a migrated, closed embedded database. */
  embeddedImage: string;
  /** A server whose user may create databases. */
  serverUrl: string;
  /** A migrated database on it that nobody is connected to. */
  template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    databases: DatabaseTemplates;
  }
}

interface Prepared {
  templates: DatabaseTemplates;
  remove(): Promise<void>;
}

// Each test project loads this file by itself, so what they share is kept by the process.
declare global {
  var gatheringTestDatabases: { prepared: Promise<Prepared>; users: number } | undefined;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  globalThis.gatheringTestDatabases ??= { prepared: prepare(), users: 0 };
  const shared = globalThis.gatheringTestDatabases;
  shared.users++;
  const { templates, remove } = await shared.prepared;
  project.provide('databases', templates);
  return async () => {
    shared.users--;
    if (shared.users === 0) {
      globalThis.gatheringTestDatabases = undefined;
      await remove();
    }
  };
}

async function prepare(): Promise<Prepared> {
  await removeLeftovers();
  const folder = await mkdtemp(join(scratchFolder(), `${folderPrefix}${process.pid}-`));
  const endings = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })];
  const remove = async (): Promise<void> => {
    for (const ending of endings.splice(0).reverse()) await ending();
  };
  try {
    const given = process.env.TEST_DATABASE_URL;
    const image = prepareImage(folder);
    const server = prepareTemplate(given, endings);
    const [embeddedImage, { serverUrl, template }] = await settleBoth(image, server);
    return { templates: { folder, embeddedImage, serverUrl, template }, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** As Promise.all, but the second is not left running when the first fails: what it made must be known to be removed. */
async function settleBoth<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

const folderPrefix = 'gathering-tests-';

/** A run that was killed could not remove its folder: the next one does. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(scratchFolder())) {
    const owner = name.startsWith(folderPrefix) ? Number.parseInt(name.slice(folderPrefix.length), 10) : Number.NaN;
    if (Number.isNaN(owner) || isAlive(owner)) continue;
    // Another user's folder is not ours to remove.
    await rm(join(scratchFolder(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

async function prepareImage(folder: string): Promise<string> {
  const dataDir = join(folder, 'image');
  await mkdir(dataDir);
  await migrateAndClose({ dataDir });
  return dataDir;
}

async function prepareTemplate(
  given: string | undefined,
  endings: (() => Promise<void>)[],
): Promise<{ serverUrl: string; template: string }> {
  let serverUrl = given;
  if (!serverUrl) {
    const server = await startPostgres({ fsync: false });
    endings.push(server.stop);
    serverUrl = server.url;
  }
  const template = `gathering_template_${randomBytes(6).toString('hex')}`;
  await runOnServer(serverUrl, `create database ${template} template template0 encoding 'UTF8'`);
  endings.push(() => runOnServer(serverUrl, `drop database if exists ${template} with (force)`));
  const url = new URL(serverUrl);
  url.pathname = `/${template}`;
  await migrateAndClose({ dataDir: tmpdir(), databaseUrl: url.href });
  return { serverUrl, template };
}

async function migrateAndClose(where: { dataDir: string; databaseUrl?: string }): Promise<void> {
  const log = createLog('warn');
  const database = await openDatabase({ ...where, poolSize: 2, embeddedFsync: false, log });
  try {
    await migrate(database, migrations, log);
  } finally {
    await database.close();
  }
}
