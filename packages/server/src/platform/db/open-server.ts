// A PostgreSQL server through a pool of connections. Where a connection pooler may stand between, which a second, direct
// address tells, statements have no names: they would not be known on the next connection that it gives.
import pg from 'pg';
import type { Log } from '../log.ts';
import { codeOf, DatabaseUnavailable, describeFailure, isConnectionFailure } from './failures.ts';
import type { Database, SqlResult, SqlValues, Tx } from './handles.ts';
import { ServerListener } from './listen-server.ts';
import { makeKysely } from './query-dialect.ts';
import { retryConflicts, runTransaction, sendOutside, type TransactionEnd } from './run-transaction.ts';
import { StatementNames } from './statement-names.ts';
import { assertOutsideTransaction, runOutsideTransaction } from './transaction-guard.ts';
import { valueParsers } from './value-parsers.ts';

export interface ServerOptions {
  url: string;
  directUrl: string;
  poolSize: number;
  log: Log;
  /** 10 s unless given. */
  idleInTransactionMs?: number;
}

/**
 * A process that is frozen in the middle of a transaction would keep its locks for as long: the server ends that transaction,
 * so that others take its work over no later than that of one that died. No transaction awaits anything but the database.
 */
const usualIdleMs = 10_000;

export async function openServer(options: ServerOptions): Promise<Database> {
  const { log } = options;
  const where = withoutPassword(options.url);
  const pool = makePool(options);
  const names = options.directUrl === options.url ? new StatementNames() : null;
  const listener = new ServerListener(options.directUrl, withoutPassword(options.directUrl), log);

  const withClient = async <T>(work: (client: pg.PoolClient, end: TransactionEnd) => Promise<T>): Promise<T> => {
    const end: TransactionEnd = { broken: false, committing: false };
    let client: pg.PoolClient | undefined;
    try {
      // A new connection lives longer than the transaction that happened to open it.
      client = await runOutsideTransaction(() => pool.connect());
      return await work(client, end);
    } catch (error) {
      end.broken ||= isConnectionFailure(error);
      throw describeFailure(error, where, end.committing);
    } finally {
      client?.release(end.broken);
    }
  };
  const query = async <R>(text: string, values?: SqlValues): Promise<SqlResult<R>> => {
    assertOutsideTransaction('The outer database handle');
    return withClient((client, end) => sendOutside<R>({ client, names }, end, text, values));
  };

  try {
    await query('select 1');
  } catch (error) {
    await pool.end();
    throw explainRefusal(error, where);
  }
  return {
    kind: 'server',
    tookOverStaleLock: false,
    query,
    exec: async (text) => void (await query(text)),
    transaction: async <T>(run: (tx: Tx) => Promise<T>) => {
      assertOutsideTransaction('A second transaction');
      return retryConflicts(() => withClient((client, end) => runTransaction({ client, names }, run, end, log)));
    },
    kysely: makeKysely(query),
    listen: async (channel, onNotification, onReconnect, onLost) => {
      assertOutsideTransaction('LISTEN');
      return listener.listen(channel, { onNotification, onReconnect, onLost });
    },
    notify: async (channel, payload) => void (await query('select pg_notify($1, $2)', [channel, payload])),
    onLost: () => {
      // A server may come back: its loss is an error of the statements that met it.
    },
    close: async () => {
      await listener.close();
      await pool.end();
    },
  };
}

function makePool({ url, poolSize, log, idleInTransactionMs = usualIdleMs }: ServerOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'gathering',
    max: poolSize,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    pipeline: true,
    types: valueParsers,
  });
  // Only its words: the error of an idle connection carries the whole client, with all that it sent.
  pool.on('error', (error) =>
    log.warn({ reason: error.message }, 'An idle connection to the database broke; it is replaced.'),
  );
  pool.on('connect', (client) => {
    // The embedded database lives in UTC, so does this one: date_trunc and casts to text answer alike.
    client
      .query(
        "select set_config('timezone', 'UTC', false), set_config('idle_in_transaction_session_timeout', $1, false)",
        [String(idleInTransactionMs)],
      )
      .catch((error: unknown) => log.warn({ err: error }, 'A new connection could not be set up.'));
    // A checked-out client that breaks also fails its query, which is what callers see.
    client.on('error', (error) => log.debug({ err: error }, 'A connection to the database broke.'));
  });
  return pool;
}

const refusals = new Map([
  ['28P01', 'the password is wrong'],
  ['28000', 'the user is not allowed in'],
  ['3D000', 'there is no such database; create it first'],
]);

function explainRefusal(error: unknown, where: string): unknown {
  const reason = refusals.get(codeOf(error) ?? '');
  if (reason === undefined) return error;
  return new DatabaseUnavailable(`The database server at ${where} refuses: ${reason}. Check DATABASE_URL.`, {
    cause: error,
  });
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'DATABASE_URL';
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || 'localhost'}:${port || '5432'}${pathname}`;
}
