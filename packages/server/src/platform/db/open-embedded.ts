// The embedded database: PGlite in `<dataDir>/db`, one connection, held by one process.
// Invariant: outer statements and transactions take turns in the order in which they were asked for.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import type { Log } from '../log.ts';
import { acquireDataFolderLock, type DataFolderLock } from './data-folder-lock.ts';
import { makeEmbeddedSocket } from './embedded-socket.ts';
import { DatabaseUnavailable, DataFolderFault, describeFailure } from './failures.ts';
import { type FsyncCounter, makeFileSystem, startParameters, syncPath, syncTree } from './fsync-file-system.ts';
import type { Database, SqlResult, SqlValues, Tx } from './handles.ts';
import { makeKysely } from './query-dialect.ts';
import { retryConflicts, runTransaction, sendOutside, type TransactionEnd } from './run-transaction.ts';
import { StatementNames } from './statement-names.ts';
import { assertOutsideTransaction, runOutsideTransaction } from './transaction-guard.ts';
import { Turns } from './turns.ts';
import { valueParsers } from './value-parsers.ts';

/** The PostgreSQL inside the pinned PGlite; a folder made by another major version cannot be opened by it. */
const majorVersion = '18';
const lastWords = 20;

export interface EmbeddedOptions {
  dataDir: string;
  fsync: boolean;
  log: Log;
  /** Where to count fsync calls. */
  counter?: FsyncCounter;
}

export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new DataFolderFault(
      `The data folder ${dataDir} cannot be made: ${error.message}. Choose another with GATHERING_DATA_DIR.`,
      { cause: error },
    );
  });
  const lock = await acquireDataFolderLock(dataDir);
  try {
    const folder = join(dataDir, 'db');
    await prepareFolder(dataDir, folder, options);
    const lite = await startEngine(folder, options.fsync, options.counter ?? { calls: 0 });
    return await serve(lite, lock, options.log);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Makes the database's folder if there is none, whole or not at all: a start that was killed leaves nothing half-made. */
async function prepareFolder(dataDir: string, folder: string, { fsync, log }: EmbeddedOptions): Promise<void> {
  if (existsSync(folder)) {
    const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => undefined);
    if (version?.trim() === majorVersion) return;
    if (version !== undefined) {
      throw new DataFolderFault(
        `The database in ${folder} was made by PostgreSQL ${version.trim()}, and this program carries ${majorVersion}. Open it with the version of GatheRing that made it.`,
      );
    }
    await rmdir(folder).catch((error: Error) => {
      throw new DataFolderFault(
        `${folder} holds files but no database (no PG_VERSION in it). Move it away or choose another GATHERING_DATA_DIR.`,
        { cause: error },
      );
    });
  }
  const fresh = join(dataDir, 'db.new');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  log.info({ folder }, 'Making the embedded database; this first start takes some seconds.');
  const lite = await startEngine(fresh, fsync, { calls: 0 });
  await lite.exec('checkpoint');
  await lite.close();
  if (fsync) await syncTree(fresh);
  await rename(fresh, folder);
  if (fsync) await syncPath(dataDir);
}

async function startEngine(folder: string, fsync: boolean, counter: FsyncCounter): Promise<PGlite> {
  const words: string[] = [];
  const hear = (text: string): boolean => {
    words.push(text);
    if (words.length > lastWords) words.shift();
    return false;
  };
  const lite = new PGlite({
    fs: makeFileSystem(folder, counter),
    startParams: startParameters(fsync),
    onStdout: hear,
    onStderr: hear,
  });
  try {
    await lite.waitReady;
    return lite;
  } catch (cause) {
    const said = [cause instanceof Error ? cause.message : String(cause), ...words].join('\n  ');
    throw new DataFolderFault(
      `The embedded database in ${folder} does not start. Restore the data folder from a backup, or move it away to begin anew. It said:\n  ${said}`,
      { cause },
    );
  }
}

async function serve(lite: PGlite, lock: DataFolderLock, log: Log): Promise<Database> {
  const turns = new Turns();
  const lostListeners: ((error: Error) => void)[] = [];
  let lost: Error | undefined;
  let closing = false;
  const onBroken = (cause: Error): void => {
    if (lost !== undefined || closing) return;
    lost = new DatabaseUnavailable('The embedded database broke and has to be started again.', { cause });
    log.error({ err: cause }, 'The embedded database broke.');
    for (const run of lostListeners) runOutsideTransaction(() => run(lost ?? cause));
  };
  const client = await connect(lite, onBroken);
  const connection = { client, names: new StatementNames() };
  const notifications = listenOn(client, log);

  const withClient = <T>(work: (end: TransactionEnd) => Promise<T>): Promise<T> =>
    turns.take(async () => {
      if (closing) throw new DatabaseUnavailable('The embedded database is closed.');
      if (lost !== undefined) throw lost;
      const end: TransactionEnd = { broken: false, committing: false };
      try {
        return await work(end);
      } catch (error) {
        if (end.broken && error instanceof Error) onBroken(error);
        throw describeFailure(lost ?? error, 'the data folder', end.committing);
      }
    });
  const query = async <R>(text: string, values?: SqlValues): Promise<SqlResult<R>> => {
    assertOutsideTransaction('The outer database handle');
    return withClient((end) => sendOutside<R>(connection, end, text, values));
  };
  return {
    kind: 'embedded',
    tookOverStaleLock: lock.tookOverStale,
    query,
    exec: async (text) => void (await query(text)),
    transaction: async <T>(run: (tx: Tx) => Promise<T>) => {
      assertOutsideTransaction('A second transaction');
      return retryConflicts(() => withClient((end) => runTransaction(connection, run, end, log)));
    },
    kysely: makeKysely(query),
    listen: async (channel, onNotification) => {
      const forget = notifications.add(channel, onNotification);
      await query(`listen ${pg.escapeIdentifier(channel)}`).catch((error: unknown) => {
        forget();
        throw error;
      });
      return async () => {
        if (forget() && !closing) await query(`unlisten ${pg.escapeIdentifier(channel)}`);
      };
    },
    notify: async (channel, payload) => void (await query('select pg_notify($1, $2)', [channel, payload])),
    onLost: (run) => void lostListeners.push(run),
    close: async () => {
      assertOutsideTransaction('close()');
      if (closing) return;
      await turns.take(async () => {
        closing = true;
        if (lost !== undefined) return;
        await client.end();
        await lite.close();
      });
      lock.release();
    },
  };
}

async function connect(lite: PGlite, onBroken: (error: Error) => void): Promise<pg.Client> {
  const client = new pg.Client({
    user: 'postgres',
    database: 'postgres',
    host: 'embedded',
    password: '',
    ssl: false,
    pipeline: true,
    types: valueParsers,
    stream: () => makeEmbeddedSocket(lite, onBroken),
  });
  client.on('error', onBroken);
  await client.connect();
  return client;
}

/** Who listens to which channel. Notifications come with the answer to the commit that sent them: another code's inside. */
function listenOn(client: pg.Client, log: Log) {
  const channels = new Map<string, Set<{ run: (payload: string) => void }>>();
  client.on('notification', ({ channel, payload }) => {
    for (const { run } of channels.get(channel) ?? []) {
      queueMicrotask(() => {
        try {
          runOutsideTransaction(() => run(payload ?? ''));
        } catch (error) {
          log.error({ err: error }, 'A listener for notifications failed.');
        }
      });
    }
  });
  /** The function that it returns says whether nobody listens to the channel any more. */
  const add = (channel: string, run: (payload: string) => void): (() => boolean) => {
    const listeners = channels.get(channel) ?? new Set();
    channels.set(channel, listeners);
    const listener = { run };
    listeners.add(listener);
    return () => listeners.delete(listener) && listeners.size === 0;
  };
  return { add };
}
