// `gathering migrate`: brings the database to this version and says what it did.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readInstanceRoute } from '@gathering/contract/operations';
import { migrationsFolder } from '../boot/open-ground.ts';
import { readVersion } from '../boot/version.ts';
import { type Config, readConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/db/database.ts';
import { migrate, pendingMigrations } from '../platform/db/migrate.ts';
import { createLog } from '../platform/log.ts';
import { type Command, CommandFailure } from './command.ts';
import { findHoldingServer, type HoldingServer } from './find-server.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Bring the database to this version; a server does so at its start as well.',
  usage: 'gathering migrate [--check]',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'check', description: 'Change nothing; exit 1 when there is something to do.' }],
  run: async ({ flags, env }) => {
    const config = readConfig(env);
    const server = await findHoldingServer(config);
    if (server !== undefined) return askServer(server);
    return flags.has('check') ? check(config) : apply(config);
  },
};

/** It brought the database to its own version before it began to listen. */
async function askServer({ url, call }: HoldingServer): Promise<number> {
  const { version } = await call(readInstanceRoute, {});
  if (version === readVersion()) {
    say(`The database is current: the server at ${url} uses it.`);
    return 0;
  }
  throw new CommandFailure(
    `The server at ${url} has version ${version} and this program ${readVersion()}. Stop that server first.`,
  );
}

async function check(config: Config): Promise<number> {
  const pending = await listPending(config);
  say(pending.length === 0 ? 'The database is current.' : `To be applied: ${pending.join(', ')}`);
  return pending.length === 0 ? 0 : 1;
}

async function listPending(config: Config): Promise<string[]> {
  // Opening would make it.
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, 'db')))
    return (await readdir(migrationsFolder)).filter((name) => name.endsWith('.sql')).sort();
  return withDatabase(config, (database) => pendingMigrations(database, migrationsFolder));
}

async function apply(config: Config): Promise<number> {
  const log = quietLog(config);
  const { applied } = await withDatabase(config, (database) => migrate(database, migrationsFolder, log));
  say(applied.length === 0 ? 'The database was current already.' : `Applied: ${applied.join(', ')}`);
  return 0;
}

async function withDatabase<T>(
  config: Config,
  work: (database: Awaited<ReturnType<typeof openDatabase>>) => Promise<T>,
): Promise<T> {
  const database = await openDatabase({ ...config, log: quietLog(config) });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

const quietLog = ({ logLevel }: Config) => createLog(logLevel === 'info' ? 'warn' : logLevel);
