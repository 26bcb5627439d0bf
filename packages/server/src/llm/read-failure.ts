// What a failed model call means: whether asking again may help, how long to wait, and the sentence for a
// person. Vendors' adapters wrap their errors differently, so the whole chain of causes is looked at.
import type { Verdict } from '../platform/breakers.ts';
import { parseJson } from './check-json.ts';

const networkCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
const busyTypes = /overloaded|rate_limit|server_error|api_error|timeout|unavailable/i;

export interface CallFailure {
  readonly status: number | null;
  readonly retryable: boolean;
  /** What the vendor asked for; null when it said nothing. */
  readonly retryAfterMs: number | null;
  readonly message: string;
}

export function readFailure(error: unknown, now: Date): CallFailure {
  const chain = unrollCauses(error);
  const status = firstOf(chain, (one) => numberAt(one, 'statusCode') ?? numberAt(one, 'status_code'));
  const saidRetryable = firstOf(chain, (one) => (typeof one.isRetryable === 'boolean' ? one.isRetryable : null));
  const network = chain.some((one) => isNetworkFailure(one));
  const busy = chain.some((one) =>
    [one.type, one.code].some((word) => typeof word === 'string' && busyTypes.test(word)),
  );
  const headers = firstOf(chain, (one) => (isObject(one.responseHeaders) ? one.responseHeaders : null));
  return {
    status,
    retryable:
      status === null
        ? (saidRetryable ?? (network || busy))
        : status === 408 || status === 409 || status === 429 || status >= 500,
    retryAfterMs: headers === null ? null : readRetryAfter(headers, now),
    message: writeMessage(chain, status),
  };
}

/** Whether the vendor was there: what it refuses, too many questions too, it has answered. Says nothing of what was asked. */
export function judgeFailure(error: unknown, now: Date): Verdict {
  const { status, retryable } = readFailure(error, now);
  if (status !== null) return status >= 500 ? { failed: `it answered ${status}` } : 'answered';
  const chain = unrollCauses(error);
  const codes = chain.flatMap(({ type, code }) => [type, code]).filter((word) => typeof word === 'string');
  if (codes.some((word) => /rate_limit|quota/i.test(word))) return 'answered';
  if (!retryable) return 'unknown';
  const code = codes.find((word) => networkCodes.has(word));
  if (code !== undefined) return { failed: `the connection failed (${code})` };
  return { failed: 'its answer broke off, or none came' };
}

function isNetworkFailure(one: Record<string, unknown>): boolean {
  if (typeof one.code === 'string' && networkCodes.has(one.code)) return true;
  // What undici says when a stream breaks off.
  return one.message === 'terminated' || one.message === 'fetch failed' || one.message === 'other side closed';
}

function readRetryAfter(headers: Record<string, unknown>, now: Date): number | null {
  const milliseconds = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  const text = headers['retry-after'];
  if (typeof text !== 'string' || text.trim() === '') return null;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? null : Math.max(0, instant - now.getTime());
}

function writeMessage(chain: readonly Record<string, unknown>[], status: number | null): string {
  const words = firstOf(chain, (one) => textIn(one.message));
  const said = firstOf(chain, (one) => readBody(one.responseBody));
  const code = firstOf(chain, (one) => (typeof one.code === 'string' && networkCodes.has(one.code) ? one.code : null));
  const parts = [words ?? 'no reason given'];
  // Some answer errors in a form that their own adapter does not know.
  if (said !== null && words?.includes(said) !== true) parts.push(`(${said})`);
  if (code !== null) parts.push(`(${code})`);
  const text = shorten(parts.join(' '));
  return status === null ? text : `status ${status}: ${text}`;
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function readBody(body: unknown): string | null {
  if (typeof body !== 'string') return null;
  const quoted = /"(?:message|detail|error)"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(body.slice(0, 10_000))?.[1];
  return quoted === undefined ? null : textIn(parseJson(quoted));
}

function shorten(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}...` : text;
}

function unrollCauses(error: unknown): Record<string, unknown>[] {
  const chain: Record<string, unknown>[] = [];
  let at: unknown = typeof error === 'string' ? { message: error } : error;
  while (isObject(at) && chain.length < 8) {
    chain.push(at);
    at = at.cause ?? at.lastError ?? (isObject(at.error) ? at.error : undefined);
  }
  return chain;
}

function firstOf<T>(
  chain: readonly Record<string, unknown>[],
  read: (one: Record<string, unknown>) => T | null,
): T | null {
  for (const one of chain) {
    const value = read(one);
    if (value !== null) return value;
  }
  return null;
}

function numberAt(one: Record<string, unknown>, name: string): number | null {
  const value = one[name];
  return typeof value === 'number' && value >= 100 && value <= 599 ? value : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
