// The one translator on HTTP: whatever was thrown becomes a problem+json of the catalogue.
// Invariant: what is not a refusal of ours leaves as `server.bug` without a word of its cause, which the log keeps whole.
import { AppError, type ErrorCode, errorCatalogue, type Problem } from '@gathering/contract/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DatabaseUnavailable } from '../db/database.ts';
import { CallerGone } from './caller-signal.ts';
import { readToEnd } from './read-to-end.ts';
import './route-config.ts';

/** How long to wait before a second try, where the refusal itself does not say. */
const retryAfterSeconds = 2;

export async function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const refusal = translate(error);
  if (isCallerGone(error, reply)) request.log.debug({ err: error }, 'The caller went away before the reply.');
  else logRefusal(refusal, error, request);
  await readToEnd(request.raw);
  return sendProblem(reply, request.id, refusal);
}

export function problemOf(error: AppError, requestId: string): Problem {
  const { status, title, mend } = errorCatalogue[error.code];
  return {
    type: `/api/docs/errors#${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.detail,
    mend,
    requestId,
    faults: error.faults === undefined ? undefined : [...error.faults],
  };
}

function sendProblem(reply: FastifyReply, requestId: string, error: AppError): FastifyReply {
  const { status, kind } = errorCatalogue[error.code];
  const seconds = error.retryAfterSeconds ?? (kind === 'unavailable' ? retryAfterSeconds : undefined);
  if (seconds !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(seconds))));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(status)
    .header('x-request-id', requestId)
    .header('cache-control', 'no-store')
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problemOf(error, requestId)));
}

/** Any error as a refusal of the catalogue; what is none of ours has the code `server.bug` and the error as its cause. */
export function translate(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof DatabaseUnavailable) return new AppError('database.unavailable', { cause: error });
  const code = codeOf(error);
  const known = code === undefined ? undefined : ofFastify[code];
  if (known !== undefined) return new AppError(known.code, { detail: known.detail, cause: error });
  // A body that broke off, and whatever else fastify finds wrong with a request before a route of ours sees it.
  if ((code === 'ECONNRESET' || code?.startsWith('FST_')) && statusOf(error) === 400)
    return new AppError('request.malformed', { cause: error });
  return new AppError('server.bug', { cause: error });
}

const ofFastify: Record<string, { code: ErrorCode; detail?: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'request.too-large' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'request.unsupported-type' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'request.malformed', detail: 'The body is not as long as it says.' },
  FST_ERR_BAD_URL: { code: 'request.malformed', detail: 'The URL holds a percent sign that encodes nothing.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'request.not-found', detail: 'A part of the path is longer than any that exists.' },
  FST_ERR_NOT_FOUND: { code: 'request.not-found' },
  FST_STATIC_FORBIDDEN_PATH: { code: 'request.not-found' },
};

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function statusOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
}

/** What a library throws when our signal stops it, on a connection that is gone, is no fault of anybody. */
function isCallerGone(error: unknown, { raw }: FastifyReply): boolean {
  if (error instanceof CallerGone) return true;
  return raw.destroyed && !raw.writableFinished && error instanceof Error && error.name === 'AbortError';
}

function logRefusal(refusal: AppError, error: unknown, request: FastifyRequest): void {
  const route = request.routeOptions.config.routeName ?? null;
  const record = { code: refusal.code, route, method: request.method, err: error };
  if (refusal.code === 'server.bug') {
    request.log.error(record, 'A request failed by a fault of this server.');
  } else if (errorCatalogue[refusal.code].kind === 'unavailable') {
    request.log.warn(record, 'A request was refused for now.');
  } else {
    request.log.debug({ ...record, err: undefined, detail: refusal.detail }, 'A request was refused.');
  }
}
