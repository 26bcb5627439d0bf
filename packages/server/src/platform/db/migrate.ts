// Brings a database to what this code needs: numbered SQL files, forward only, each in its own transaction and applied once,
// whoever else starts at the same moment. Invariant: what is refused is refused before anything was changed.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import type { Database, SqlResult, SqlValues, Tx } from './handles.ts';

/** The database or the folder of migrations is not as this code can go on from; the sentence says what to do. */
export class MigrationRefused extends Error {
  readonly code = 'database.migration-refused';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MigrationRefused';
  }
}

interface Migration {
  number: number;
  /** The file's name. */
  name: string;
  text: string;
  checksum: string;
}

interface Applied {
  number: number;
  name: string;
  checksum: string;
}

// Any number that no other use of advisory locks in this database takes: "gathr" in ASCII.
const advisoryLock = 0x67_61_74_68_72;

const fileName = /^(\d{4})_[a-z0-9_-]+\.sql$/;

/** Applies what is missing and returns the names of those files. A migration that fails leaves those before it applied. */
export async function migrate(database: Database, folder: string, log: Log): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(folder);
  const applied: string[] = [];
  for (;;) {
    const name = await database.transaction((tx) => applyNext(tx, migrations));
    if (name === undefined) break;
    log.debug({ migration: name }, 'Migration applied.');
    applied.push(name);
  }
  if (applied.length > 0) log.info({ applied }, 'The database was brought to this version.');
  return { applied };
}

/** Names of the files that are not applied yet. Throws MigrationRefused as `migrate` does, and changes nothing. */
export async function pendingMigrations(database: Database, folder: string): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const applied = await readApplied((text, values) => database.query(text, values));
  return findPending(migrations, applied).map(({ name }) => name);
}

async function applyNext(tx: Tx, migrations: readonly Migration[]): Promise<string | undefined> {
  await tx.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
  const applied = await readApplied((text, values) => tx.query(text, values));
  const [next] = findPending(migrations, applied);
  if (next === undefined) return undefined;
  await tx.query(
    'create table if not exists public.gathering_migrations (number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())',
  );
  try {
    await tx.query(next.text);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    const line = lineOf(next.text, cause);
    throw new MigrationRefused(
      `Migration ${next.name} failed${line === undefined ? '' : ` at line ${line}`}: ${words}. It was rolled back; those before it are applied. Mend what it names and start again.`,
      { cause },
    );
  }
  await tx.query('insert into public.gathering_migrations (number, name, checksum) values ($1, $2, $3)', [
    next.number,
    next.name,
    next.checksum,
  ]);
  return next.name;
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for (const name of (await readdir(folder)).sort()) {
    if (!name.endsWith('.sql')) continue;
    const number = Number(fileName.exec(name)?.[1]);
    if (!Number.isInteger(number)) {
      throw new MigrationRefused(
        `The file ${name} in ${folder} is no migration: names are NNNN_name.sql, such as 0007_notifications.sql.`,
      );
    }
    const before = migrations.at(-1);
    if (before?.number === number) {
      throw new MigrationRefused(
        `${before.name} and ${name} in ${folder} have one number: give the newer one the next.`,
      );
    }
    // A checkout with other line ends is the same migration.
    const text = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n');
    migrations.push({ number, name, text, checksum: createHash('sha256').update(text).digest('hex') });
  }
  return migrations;
}

type Query = <R>(text: string, values?: SqlValues) => Promise<SqlResult<R>>;

async function readApplied(query: Query): Promise<Applied[]> {
  const table = await query<{ found: boolean }>(
    `select to_regclass('public.gathering_migrations') is not null as found`,
  );
  if (!table.rows[0]?.found) return [];
  const { rows } = await query<Applied>(
    'select number, name, checksum from public.gathering_migrations order by number',
  );
  return rows;
}

function findPending(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const byNumber = new Map(migrations.map((migration) => [migration.number, migration]));
  const unknown = applied.filter(({ number }) => !byNumber.has(number));
  if (unknown.length > 0) {
    throw new MigrationRefused(
      `The database is newer than this program: it has ${unknown.map(({ name }) => name).join(', ')}, which this version does not know. Start the newer version of GatheRing, or restore a backup from before it.`,
    );
  }
  for (const { number, name, checksum } of applied) {
    const migration = byNumber.get(number);
    if (migration?.checksum === checksum) continue;
    throw new MigrationRefused(
      `Migration ${name} was applied to this database with other contents than the file ${migration?.name} has now. An applied migration is never edited: restore the file as it was, and make the change in a new migration.`,
    );
  }
  const last = applied.at(-1);
  const done = new Set(applied.map(({ number }) => number));
  const pending = migrations.filter(({ number }) => !done.has(number));
  const late = pending.find(({ number }) => last !== undefined && number < last.number);
  if (late !== undefined) {
    throw new MigrationRefused(
      `Migration ${late.name} comes before ${last?.name}, which this database has already: give it a number after the last one.`,
    );
  }
  return pending;
}

function lineOf(text: string, error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('position' in error)) return undefined;
  const position = Number(error.position);
  return Number.isInteger(position) ? text.slice(0, position).split('\n').length : undefined;
}
