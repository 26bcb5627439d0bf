// Calls an HTTP API for an action node, through the SSRF guard, with a deadline and a size limit.
import { isWithinDepth, type Json } from '@gathering/contract/json';
import type { ActionConfig, NodeErrorKind } from '@gathering/contract/pipeline-definition';
import { makeStorable, storableText } from '@gathering/contract/storable';
import type { Ctx } from '../../../ctx.ts';
import type { ToolEffect } from '../../../llm/tool.ts';
import { hostTarget } from '../../../platform/breaker-rules.ts';
import { BreakerOpen } from '../../../platform/breakers.ts';
import { EgressRefused, type EgressReply } from '../../../platform/egress.ts';
import { judgeReply } from '../../../platform/judge-reply.ts';
import { NodeFailure, type NodeWork } from './node-kind.ts';

type CallApi = Extract<ActionConfig, { kind: 'callApi' }>;

const maxReplyBytes = 1024 * 1024;

/**
 * What a repetition of this call would do (RFC 9110, 9.2.2). A call that brings its own Idempotency-Key says
 * that its server knows repetitions.
 */
export function effectOfCall(config: CallApi): ToolEffect {
  const method = config.method ?? 'GET';
  if (method === 'GET' || method === 'HEAD') return 'none';
  if (method === 'PUT' || method === 'DELETE') return 'idempotent';
  return Object.keys(config.headers ?? {}).some((name) => name.toLowerCase() === 'idempotency-key')
    ? 'keyed'
    : 'unsafe';
}

export async function callApi({ ctx }: NodeWork<'action'>, config: CallApi, idempotencyKey: string): Promise<Json> {
  const method = config.method ?? 'GET';
  checkFilled(config);
  const reply = await send(ctx, config, writeBody(config.body), idempotencyKey);
  const isAccepted = accepts(config, reply.status);
  const body = parseBody(reply.headers['content-type'] ?? '', reply.text);
  const output = { status: reply.status, headers: reply.headers, body };
  if (isAccepted) return output;
  throw new NodeFailure('pipelines.api-status', `${method} ${withoutQuery(config.url)} answered ${reply.status}.`, {
    next: 'Look at the answer under output; list the status under acceptStatus if it is fine.',
    kind: comesAndGoes(reply.status) ? 'unavailable' : 'refused',
    output,
  });
}

const accepts = ({ acceptStatus }: CallApi, status: number): boolean =>
  acceptStatus?.includes(status) ?? (status >= 200 && status < 300);

/** Too many requests, or a server that cannot answer now (RFC 9110, 15.6; RFC 6585, 4). */
const comesAndGoes = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500;

const kindOfRefusal: Readonly<Record<string, NodeErrorKind>> = {
  'egress.timeout': 'timeout',
  'egress.refused': 'refused',
};

/** A template keeps the type of its value: what was text in the definition may be a list by now. */
function checkFilled(config: CallApi): void {
  const refuse = (what: string, value: unknown) => {
    const shown = JSON.stringify(value)?.slice(0, 100) ?? 'nothing';
    throw new NodeFailure('pipelines.api-config', `${what} became ${shown}, which is no text.`, {
      next: 'Look at what its template refers to; string(...) makes text of a number.',
    });
  };
  if (typeof config.url !== 'string') refuse('The address', config.url);
  for (const [name, value] of Object.entries(config.headers ?? {}))
    if (value === null || typeof value === 'object') refuse(`The header "${name}"`, value);
}

async function send(ctx: Ctx, config: CallApi, body: string | undefined, idempotencyKey: string): Promise<EgressReply> {
  const headers = writeHeaders(ctx, config, body !== undefined, idempotencyKey);
  const timeoutMs = (config.timeoutSeconds ?? 30) * 1000;
  const { signal } = ctx;
  const options = { method: config.method ?? 'GET', headers, body, signal, timeoutMs, maxBytes: maxReplyBytes };
  const call = () => ctx.egress.fetch(config.url, options);
  const target = hostTarget(config.url);
  try {
    if (target === null) return await call();
    return await ctx.breakers
      .of(target)
      .run(call, (outcome) => judgeReply(outcome, (status) => accepts(config, status)));
  } catch (cause) {
    if (cause instanceof BreakerOpen) throw leftAlone(cause);
    if (!(cause instanceof EgressRefused)) throw cause;
    const isRefused = cause.code === 'egress.refused';
    const next = isRefused
      ? 'Allow the address with GATHERING_EGRESS_ALLOW=host:port if it is meant to be called.'
      : 'Check that the address answers, then run again.';
    // biome-ignore lint/style/useErrorCause: it is passed, beside the code
    throw new NodeFailure(cause.code, cause.message, {
      status: cause.code === 'egress.timeout' ? 'timed_out' : 'failed',
      kind: kindOfRefusal[cause.code] ?? 'unavailable',
      next,
      cause,
    });
  }
}

function leftAlone(cause: BreakerOpen): NodeFailure {
  return new NodeFailure(cause.code, cause.message, {
    kind: 'unavailable',
    notBefore: cause.retryAt,
    next: 'Wait until it is tried again, or let an admin reset it on the Breakers page once it works.',
    cause,
  });
}

function writeHeaders(ctx: Ctx, config: CallApi, hasBody: boolean, idempotencyKey: string): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json, text/*;q=0.9',
    'user-agent': `GatheRing/${ctx.version}`,
  };
  if (effectOfCall(config) !== 'none') headers['idempotency-key'] = idempotencyKey;
  if (hasBody)
    headers['content-type'] = typeof config.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  for (const [name, value] of Object.entries(config.headers ?? {})) headers[name.toLowerCase()] = String(value);
  return headers;
}

function writeBody(body: CallApi['body']): string | undefined {
  if (body === undefined || body === null) return undefined;
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** Addresses carry secrets in their query now and then; messages and audit rows need none. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/]*@/i, '$1//');
}

/** What the server says is JSON and is not, or is nested too deeply to be kept as JSON, is text. */
function parseBody(type: string, text: string): Json {
  const value = /\bjson\b/i.test(type) ? parseJson(text) : undefined;
  return value === undefined || !isWithinDepth(value) ? storableText(text) : makeStorable(value);
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
