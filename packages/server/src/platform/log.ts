// JSON lines by pino. Invariant: what is named like a secret is never written, at any of the first four levels of a record.
import { type DestinationStream, type Logger, destination as openDestination, pino, stdTimeFunctions } from 'pino';

export type Log = Logger;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const secretNames = [
  'authorization',
  'Authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'password',
  'passwordHash',
  'newPassword',
  'currentPassword',
  'token',
  'accessToken',
  'refreshToken',
  'ticket',
  'csrfToken',
  'x-csrf-token',
  'secret',
  'secretKey',
  'previousSecretKey',
  'clientSecret',
  'apiKey',
  'api_key',
  'x-api-key',
  'databaseUrl',
  'databaseDirectUrl',
];

const redactedPaths = secretNames.flatMap((name) => {
  const key = `["${name}"]`;
  return [name.includes('-') ? key : name, `*${key}`, `*.*${key}`, `*.*.*${key}`];
});

/** A log that writes to stderr, so that stdout stays free for what a command prints, unless a destination is given. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: '[secret]' },
    },
    destination ?? openDestination({ dest: 2, sync: true }),
  );
}

/** The log of one request or of the job that it caused. */
export function forRequest(log: Log, requestId: string): Log {
  return log.child({ requestId });
}
