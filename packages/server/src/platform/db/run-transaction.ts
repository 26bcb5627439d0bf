// One transaction on one node-postgres connection, for both kinds of database.
// Invariant: it resolves only after a real COMMIT; any failed statement, awaited or not, makes it fail.
import pg, { type ClientBase, type QueryResult } from 'pg';
import type { Log } from '../log.ts';
import { arrayText } from './array-text.ts';
import { codeOf, isStalePlan, isWorthRetrying } from './failures.ts';
import { gatherWrites } from './gather-writes.ts';
import type { SqlResult, SqlValues, Tx } from './handles.ts';
import { makeKysely } from './query-dialect.ts';
import { errors } from './sql-state.ts';
import type { StatementName, StatementNames } from './statement-names.ts';
import { runInsideTransaction, runOutsideTransaction } from './transaction-guard.ts';

const attempts = 5;
const slowMs = 10_000;

/** A connection, and the names under which it keeps statements; null where it must not keep any. */
export interface Connection {
  readonly client: ClientBase;
  readonly names: StatementNames | null;
}

/** Without values it may be a script, which cannot have a name; and only what is planned gains by one. */
const isOneStatement = (text: string): boolean => /^\s*(select|with|insert|update|delete)\b[^;]*$/i.test(text);

/** Sends one text on a connection in pipeline mode; a script of several statements gives the rows of all of them. */
function sendQuery<R>(
  { client, names }: Connection,
  text: string,
  values: SqlValues = [],
  onFailure?: (error: Error) => void,
): Promise<SqlResult<R>> {
  const given = values.length > 0 || isOneStatement(text) ? names?.nameOf(text) : undefined;
  gatherWrites(client);
  if (given !== undefined) releaseFormer(client, given);
  return new Promise((resolve, reject) => {
    // By callback, since it hears of a value that cannot be sent within this call, before anything else is sent.
    void client.query(
      { name: given?.name, text, values: values.map((value) => (Array.isArray(value) ? arrayText(value) : value)) },
      (error: Error | null, result: QueryResult | QueryResult[]) => {
        if (!error) return resolve(joinResults(result));
        if (isStalePlan(error)) names?.forget(text);
        onFailure?.(error);
        reject(error);
      },
    );
  });
}

/** When a statement is prepared anew, its earlier plans on this connection are let go. */
function releaseFormer(client: ClientBase, { name, former }: StatementName): void {
  const held = heldStatements(client);
  if (held === undefined || held[name] !== undefined) return;
  for (const statement of former) {
    if (held[statement] === undefined) continue;
    delete held[statement];
    // In a transaction that has failed it is refused: then this connection keeps it, and nothing comes of that.
    client.query(`deallocate ${pg.escapeIdentifier(statement)}`).catch(() => undefined);
  }
}

/** What node-postgres knows a connection to keep; its types leave it out. */
function heldStatements(client: ClientBase): Record<string, string | undefined> | undefined {
  if (!('connection' in client)) return undefined;
  const { connection } = client;
  if (typeof connection !== 'object' || connection === null || !('parsedStatements' in connection)) return undefined;
  return connection.parsedStatements as Record<string, string | undefined>;
}

/** The types know one result only; a script gives a list of them. */
function joinResults<R>(result: QueryResult | QueryResult[]): SqlResult<R> {
  if (!Array.isArray(result)) return { rows: result.rows, rowCount: result.rowCount ?? 0 };
  return {
    rows: result.flatMap((one) => one.rows),
    rowCount: result.reduce((sum, one) => sum + (one.rowCount ?? 0), 0),
  };
}

/** A query of the outer handle: whatever it was, it leaves no transaction open behind it. */
export async function sendOutside<R>(
  connection: Connection,
  end: TransactionEnd,
  text: string,
  values?: SqlValues,
): Promise<SqlResult<R>> {
  const { client } = connection;
  let result: SqlResult<R>;
  try {
    result = await sendQuery<R>(connection, text, values);
  } catch (error) {
    // It was refused before it did anything, and goes without a name now.
    if (isStalePlan(error)) return sendOutside(connection, end, text, values);
    // Without values it may have been a script that opened a transaction and failed in it.
    if (values === undefined || values.length === 0) await rollBack(client, end);
    throw error;
  }
  if (client.getTransactionStatus() === 'I') return result;
  await rollBack(client, end);
  throw new Error('A script left its transaction open; it was rolled back. Use database.transaction().');
}

async function rollBack(client: ClientBase, end: TransactionEnd): Promise<void> {
  await client.query('rollback').catch(() => {
    // A connection that cannot roll back is given up; the first error is the one to tell.
    end.broken = true;
  });
}

export interface TransactionEnd {
  /** The connection is in an unknown state and must not be used again. */
  broken: boolean;
  committing: boolean;
}

/** Runs `run` between BEGIN and COMMIT. `end` tells the owner of the connection in what state a failure left it. */
export async function runTransaction<T>(
  connection: Connection,
  run: (tx: Tx) => Promise<T>,
  end: TransactionEnd,
  log: Log,
): Promise<T> {
  const steps = new TransactionSteps(connection);
  const slow = setTimeout(() => {
    log.warn(
      { openForMs: slowMs },
      'A transaction is open for long; on the embedded database everything waits for it.',
    );
  }, slowMs);
  slow.unref();
  try {
    void steps.send('begin');
    const result = await runInsideTransaction(() => run(steps.tx));
    steps.close();
    steps.refuseLocalFailure();
    end.committing = true;
    await steps.commit();
    runAfter(steps.afterCommit, log);
    return result;
  } catch (error) {
    steps.close();
    await rollBack(connection.client, end);
    runAfter(steps.afterFailure, log);
    throw steps.firstCause(error);
  } finally {
    clearTimeout(slow);
  }
}

/** Again from the start after a serialization failure or a deadlock, a bounded number of times. */
export async function retryConflicts<T>(once: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once();
    } catch (error) {
      if (!isWorthRetrying(error) || attempt === attempts) throw error;
      // Jitter, so that the two sides of a deadlock do not meet again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
    }
  }
}

class TransactionSteps {
  readonly tx: Tx;
  readonly afterCommit: (() => void)[] = [];
  readonly afterFailure: (() => void)[] = [];
  readonly #connection: Connection;
  #open = true;
  #firstError: unknown;

  constructor(connection: Connection) {
    this.#connection = connection;
    const query = <R>(text: string, values?: SqlValues) => this.send<R>(text, values);
    let kysely: Tx['kysely'] | undefined;
    this.tx = {
      query,
      afterCommit: (run) => {
        this.afterCommit.push(run);
      },
      afterFailure: (run) => {
        this.afterFailure.push(run);
      },
      get kysely() {
        kysely ??= makeKysely(query);
        return kysely;
      },
    };
  }

  send<R>(text: string, values?: SqlValues): Promise<SqlResult<R>> {
    if (!this.#open)
      return Promise.reject(new Error('This transaction has ended: its handle cannot be used any more.'));
    const sent = sendQuery<R>(this.#connection, text, values, (error) => {
      this.#firstError ??= error;
    });
    sent.catch(() => {
      // A statement that nobody awaits must not end the process; the transaction fails by it, see commit().
    });
    return sent;
  }

  close(): void {
    this.#open = false;
  }

  /** A value that could not be sent never reached the database, which would commit without that statement. */
  refuseLocalFailure(): void {
    if (this.#firstError !== undefined && codeOf(this.#firstError) === undefined) throw this.#firstError;
  }

  async commit(): Promise<void> {
    const done = await this.#connection.client.query('commit');
    if (done.command === 'ROLLBACK') {
      throw this.#firstError ?? new Error('The database rolled the transaction back at its commit.');
    }
  }

  /** "Current transaction is aborted" hides what aborted it. */
  firstCause(error: unknown): unknown {
    return codeOf(error) === errors.transactionAborted && this.#firstError !== undefined ? this.#firstError : error;
  }
}

function runAfter(runs: readonly (() => void)[], log: Log): void {
  for (const run of runs) {
    try {
      runOutsideTransaction(run);
    } catch (error) {
      log.error({ err: error }, 'What was to follow a transaction failed; what became of the transaction stands.');
    }
  }
}
