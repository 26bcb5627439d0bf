// What the rest of the product sees of a database: the outer handle, and the one connection inside a transaction.
// Invariant: embedded and server databases behave alike, value by value; whoever holds these cannot tell them apart.
import type { Kysely } from 'kysely';

export interface SqlResult<R> {
  readonly rows: R[];
  /** Rows returned or changed; of a script with several statements the sum. */
  readonly rowCount: number;
}

/**
 * Values of a query: dates, buffers, arrays (they become PostgreSQL arrays) and plain objects (they become JSON).
 * A JSON value that is an array must be given as text, `JSON.stringify(list)`.
 * Results: int8 is a number (outside the safe range it throws), timestamptz a Date, date 'YYYY-MM-DD', numeric a string, bytea a Buffer.
 */
export type SqlValues = readonly unknown[];

/** One connection inside a transaction. query() calls may be issued without awaiting each: they are sent in order. */
export interface Tx {
  query<R = Record<string, unknown>>(text: string, values?: SqlValues): Promise<SqlResult<R>>;
  /** Runs once the transaction is on disk, never after a rollback; what it throws is logged, since the commit stands. */
  afterCommit(run: () => void): void;
  /** Runs when the transaction is rolled back, or when nobody knows what became of it; the same otherwise. */
  afterFailure(run: () => void): void;
  readonly kysely: Kysely<unknown>;
}

export interface Database {
  readonly kind: 'embedded' | 'server';
  /** Embedded only: the folder's last owner died without closing it, so whatever it held can be released now. */
  readonly tookOverStaleLock: boolean;
  query<R = Record<string, unknown>>(text: string, values?: SqlValues): Promise<SqlResult<R>>;
  /** A script of several statements without values. */
  exec(text: string): Promise<void>;
  /**
   * Read committed; rolled back when `run` throws. A serialization failure or deadlock runs it again from the start, at
   * most five times in all, so `run` must change nothing but the database.
   */
  transaction<T>(run: (tx: Tx) => Promise<T>): Promise<T>;
  readonly kysely: Kysely<unknown>;
  /**
   * Resolves when listening. `onReconnect` says that notifications may have been missed: look at the tables. `onLost` is
   * called once when the connection that hears them is found broken; until `onReconnect` none arrive.
   */
  listen(
    channel: string,
    onNotification: (payload: string) => void,
    onReconnect?: () => void,
    onLost?: () => void,
  ): Promise<() => Promise<void>>;
  notify(channel: string, payload: string): Promise<void>;
  /** The embedded database broke and cannot serve any more: the process should end with this error. Never on a server. */
  onLost(run: (error: Error) => void): void;
  close(): Promise<void>;
}
