// The failures of a database that callers tell apart: not reachable, folder taken, and those that a second try mends.
import { errors } from './sql-state.ts';

/** The database cannot be reached or its connection broke: trying again later helps. */
export class DatabaseUnavailable extends Error {
  readonly code = 'database.unavailable';
  /** The connection broke while a commit was under way: it may have happened. */
  readonly mayHaveCommitted: boolean;
  constructor(message: string, options: { cause?: unknown; mayHaveCommitted?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.name = 'DatabaseUnavailable';
    this.mayHaveCommitted = options.mayHaveCommitted ?? false;
  }
}

/** Another process holds the data folder. */
export class DataFolderBusy extends Error {
  readonly code = 'database.folder-busy';
  readonly pid: number | undefined;
  constructor(dataDir: string, pid: number | undefined) {
    const holder = pid === undefined ? 'another process' : `process ${pid}`;
    super(
      `The data folder ${dataDir} is in use by ${holder}. Stop that one first, or choose another folder with GATHERING_DATA_DIR.`,
    );
    this.name = 'DataFolderBusy';
    this.pid = pid;
  }
}

/** The data folder holds something that this program cannot open. */
export class DataFolderFault extends Error {
  readonly code = 'database.folder-fault';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataFolderFault';
  }
}

/** The SQLSTATE or system code of an error, if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function isWorthRetrying(error: unknown): boolean {
  const code = codeOf(error);
  return code === errors.serializationFailure || code === errors.deadlockDetected || isStalePlan(error);
}

/** A named statement whose tables were changed since a connection planned it, so that its columns would be others. */
export function isStalePlan(error: unknown): boolean {
  return codeOf(error) === errors.featureNotSupported && error instanceof Error && /cached plan/.test(error.message);
}

const brokenConnection = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
  errors.adminShutdown,
  errors.crashShutdown,
  errors.cannotConnectNow,
  errors.tooManyConnections,
  errors.idleInTransaction,
]);

// node-postgres gives these no code.
const brokenWords =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|Query read timeout)/;

export function isConnectionFailure(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true;
  const code = codeOf(error);
  if (code !== undefined && (brokenConnection.has(code) || isConnectionException(code))) return true;
  // Several addresses of one host, each refused.
  if (error instanceof AggregateError) return error.errors.some(isConnectionFailure);
  return error instanceof Error && brokenWords.test(error.message);
}

/** Class 08, less the protocol violation: that is what a wrong number of values is called. */
function isConnectionException(code: string): boolean {
  return code.startsWith('08') && code !== '08P01';
}

/** The error as callers should meet it: connection failures as DatabaseUnavailable, all others unchanged. */
export function describeFailure(error: unknown, where: string, mayHaveCommitted = false): unknown {
  if (error instanceof DatabaseUnavailable || !isConnectionFailure(error)) return error;
  const words = wordsOf(error);
  return new DatabaseUnavailable(`The database at ${where} cannot be reached (${words}). Check that it runs.`, {
    cause: error,
    mayHaveCommitted,
  });
}

/** Of several addresses of one host, each refused, only the code says something. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error) ?? 'no address answers';
  return error instanceof Error ? error.message : String(error);
}
