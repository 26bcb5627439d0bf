// `gathering doctor`: what is configured, reachable and missing, with the mend for each. Changes nothing.

import { execFile } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { migrationsFolder } from '../boot/open-ground.ts';
import { readServerAddress } from '../boot/server-address.ts';
import { type Config, readConfig } from '../platform/config.ts';
import { readDataFolderHolder } from '../platform/db/data-folder-lock.ts';
import { openDatabase } from '../platform/db/database.ts';
import { pendingMigrations } from '../platform/db/migrate.ts';
import { createLog } from '../platform/log.ts';
import { checkSecretKey } from '../platform/secrets.ts';
import type { Command } from './command.ts';

interface Finding {
  readonly level: 'ok' | 'note' | 'fault';
  readonly what: string;
  readonly mend?: string;
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Say what is configured, reachable and missing, with the mend for each.',
  usage: 'gathering doctor [--json]',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'json', description: 'The findings as JSON.' }],
  run: async ({ flags, env }) => {
    const config = readConfig(env);
    const findings = [
      checkNode(),
      await checkGit(),
      await checkDataFolder(config),
      await attempt('The secret key', () => checkKey(config)),
      await attempt('The database', () => checkDatabase(config)),
      await checkServer(config),
      await checkOllama(),
    ];
    if (flags.has('json')) process.stdout.write(`${JSON.stringify({ findings }, null, 2)}\n`);
    else
      for (const { level, what, mend } of findings)
        process.stdout.write(
          `${{ ok: '✓', note: '·', fault: '✗' }[level]} ${what}${mend === undefined ? '' : `\n    ${mend}`}\n`,
        );
    return findings.some((finding) => finding.level === 'fault') ? 1 : 0;
  },
};

async function attempt(what: string, check: () => Promise<Finding>): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    return {
      level: 'fault',
      what: `${what} is not usable.`,
      mend: error instanceof Error ? error.message : String(error),
    };
  }
}

function checkNode(): Finding {
  return { level: 'ok', what: `Node ${process.versions.node}.` };
}

async function checkGit(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version']);
    return { level: 'ok', what: `${stdout.trim()}.` };
  } catch {
    // Missing or not executable: the same to whoever needs it.
    return { level: 'fault', what: 'git is not installed.', mend: 'Install git; the git tools of agents need it.' };
  }
}

async function checkDataFolder({ dataDir, databaseUrl }: Config): Promise<Finding> {
  try {
    const { mode } = await stat(dataDir);
    await access(dataDir, constants.R_OK | constants.W_OK);
    if ((mode & 0o077) !== 0)
      return {
        level: 'note',
        what: `The data folder ${dataDir} is open to other users.`,
        mend: `chmod 700 ${dataDir}`,
      };
    return { level: 'ok', what: `Data folder ${dataDir}.` };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return {
        level: 'note',
        what: `The data folder ${dataDir} does not exist yet${databaseUrl === undefined ? '' : ' (it keeps the secret key)'}; the first start makes it.`,
      };
    return {
      level: 'fault',
      what: `The data folder ${dataDir} cannot be used.`,
      mend: `Give this user the right to read and write it, or name another with GATHERING_DATA_DIR. (${error instanceof Error ? error.message : String(error)})`,
    };
  }
}

async function checkKey(config: Config): Promise<Finding> {
  return { level: 'ok', what: checkSecretKey(config) };
}

async function checkDatabase(config: Config): Promise<Finding> {
  if (config.databaseUrl === undefined) {
    const holder = await readDataFolderHolder(config.dataDir);
    if (holder !== undefined) return { level: 'ok', what: `Embedded database, in use by process ${holder.pid}.` };
    return { level: 'ok', what: 'Embedded database in the data folder, not in use.' };
  }
  const database = await openDatabase({ ...config, log: createLog('silent') });
  try {
    const { rows } = await database.query<{ version: string }>("select current_setting('server_version') as version");
    const pending = await pendingMigrations(database, migrationsFolder);
    const server = `PostgreSQL ${rows[0]?.version ?? ''} is reachable`;
    return pending.length === 0
      ? { level: 'ok', what: `${server} and current.` }
      : {
          level: 'note',
          what: `${server}; ${pending.length} migrations are to be applied.`,
          mend: 'The next start applies them, or `gathering migrate` now.',
        };
  } finally {
    await database.close();
  }
}

async function checkServer({ dataDir }: Config): Promise<Finding> {
  const url = (await readServerAddress(dataDir))?.url;
  if (url === undefined)
    return { level: 'note', what: 'No server runs on this data folder.', mend: 'npm start, or `gathering serve`.' };
  try {
    const reply = await fetch(`${url}/api/health/ready`, { signal: AbortSignal.timeout(3000) });
    return reply.ok
      ? { level: 'ok', what: `A server is ready at ${url}.` }
      : { level: 'fault', what: `The server at ${url} is not ready.`, mend: await reply.text() };
  } catch (error) {
    return {
      level: 'note',
      what: `A server was at ${url} and does not answer (${error instanceof Error ? error.message : String(error)}).`,
      mend: 'If it was killed, start it again.',
    };
  }
}

async function checkOllama(): Promise<Finding> {
  try {
    await fetch('http://127.0.0.1:11434/api/version', { signal: AbortSignal.timeout(1000) });
    return { level: 'ok', what: 'Ollama answers on its default port.' };
  } catch {
    // Not running is no fault: it is one of several ways to a model.
    return {
      level: 'note',
      what: 'Ollama does not answer on its default port; the built-in offline model and configured vendors are used.',
    };
  }
}
