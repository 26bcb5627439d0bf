// Ties routes of the contract to the functions that answer them. Whoever writes `features/<x>/routes.ts`:
//   export const projectsRoutes = [answer(listProjectsRoute, listProjects), answer(readProjectRoute, (ctx: Ctx, input) => ...)];
// `input` has `params`, `query`, `body` where the route names them, validated with defaults filled; throw AppError to refuse.
// Invariant: a function runs only for a caller whom `authorize` let in, with an input that fits the contract wholly.

import type {} from '@fastify/cookie';
import { permissions } from '@gathering/contract/permissions';
import { defaultBodyLimit, type InputOf, type Method, type ReplyOf, type Route } from '@gathering/contract/route';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../log.ts';
import type { Counted } from '../rate-limiter.ts';
import { runInRequest } from '../request-scope.ts';
import { watchCaller } from './caller-signal.ts';
import { rawBodyOf } from './json-body.ts';
import { tellRate } from './rate-headers.ts';
import { makeInputReader } from './read-input.ts';
import { sendStream } from './send-stream.ts';

/** A route with its answer; `C` is what the function needs to be given (in features: Ctx). */
export interface BoundRoute<C> {
  readonly route: Route;
  readonly run: (ctx: C, input: never) => Promise<unknown>;
}

/** A cookie that scripts cannot read. `expiresAt` in the past takes it back. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly secure: boolean;
  readonly expiresAt: Date;
}

/** A reply with more than its body: `withStatus(503, body)`, `withCookie(cookie, body)`. */
export class RichReply<R> {
  readonly body: R;
  /** Undefined: the route's own. */
  readonly status: number | undefined;
  readonly cookie: Cookie | undefined;
  constructor(body: R, { status, cookie }: { status?: number; cookie?: Cookie }) {
    this.body = body;
    this.status = status;
    this.cookie = cookie;
  }
}

export function withStatus<R>(status: number, body: R): RichReply<R> {
  return new RichReply(body, { status });
}

export function withCookie<R>(cookie: Cookie, body: R): RichReply<R> {
  return new RichReply(body, { cookie });
}

/**
 * Of a route that answers no body the function may return whatever it likes; nothing is sent. One that answers a stream
 * returns pieces of text, each of whole lines; what it throws before the first is answered as any refusal.
 */
type Answer<T extends Route> = T extends { readonly stream: string }
  ? AsyncIterable<string>
  : undefined extends ReplyOf<T>
    ? unknown
    : ReplyOf<T> | RichReply<ReplyOf<T>>;

/** In an arrow function annotate the first parameter only, `(ctx: Ctx, input) => ...`: the input's type comes from the route. */
export function answer<C, const T extends Route>(
  route: T,
  run: (ctx: C, input: InputOf<T>) => Promise<Answer<T>>,
): BoundRoute<C> {
  return { route, run };
}

/** What a context is made from. */
export interface Caller {
  readonly requestId: string;
  readonly address: string;
  readonly method: string;
  /** Name and port that the caller used for this server. */
  readonly host: string;
  /** Whether an `Authorization` of any form came along: then it decides, and no cookie. */
  readonly hasAuthorization: boolean;
  /** Of `Authorization: Bearer`, not yet checked. */
  readonly bearerToken: string | null;
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** Headers by which a browser tells where a request comes from, and what it is; each as it was sent. */
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly csrfToken: string | undefined;
  readonly userAgent: string | undefined;
  /** Aborted when the caller goes away before the reply, or the server gives up waiting for it. */
  readonly signal: AbortSignal;
  /** Carries the request id. */
  readonly log: Log;
}

/** How `boot` lets requests in. Both refuse by throwing AppError, before any body is read. */
export interface Door<C> {
  /** Authenticates. For a public route it need not, so that health answers while the database does not. */
  makeCtx(caller: Caller, route: Route): Promise<C>;
  /** Counts the request against the route's tier; null: it is not limited. Throws when nobody can count. */
  count?(ctx: C, route: Route): Promise<Counted | null>;
  authorize(ctx: C, route: Route): void;
  /** A request that may change something has come to its end, well or not; its reply is not sent yet. */
  onChange?(): void;
  /** Development and tests: a reply that breaks the contract is a bug. */
  readonly checkReplies: boolean;
  /** Aborts what open requests wait for, when a drain has lasted too long. */
  readonly giveUp?: AbortSignal;
}

/** Throws when two routes share a name or an address, or one names no permission: such a server must not start. */
export function bindRoutes<C>(app: FastifyInstance, routes: readonly BoundRoute<C>[], door: Door<C>): void {
  refuseFaultyRoutes(routes.map(({ route }) => route));
  for (const bound of routes) bindRoute(app, bound, door);
}

function bindRoute<C>(app: FastifyInstance, { route, run }: BoundRoute<C>, door: Door<C>): void {
  const readInput = makeInputReader(route);
  const contexts = new WeakMap<FastifyRequest, C>();
  app.route({
    method: route.method,
    url: `/api${route.path}`,
    bodyLimit: route.bodyLimit ?? defaultBodyLimit,
    config: { routeName: route.name, unlimited: route.rate === 'unlimited', keepsBody: route.rawBody === true },
    // Before the body is read: nobody who may not come in makes the server read and parse one.
    onRequest: async (request, reply) => {
      const ctx = await door.makeCtx(describeCaller(request, reply, door.giveUp), route);
      const counted = await door.count?.(ctx, route);
      if (counted) tellRate(reply, counted);
      door.authorize(ctx, route);
      contexts.set(request, ctx);
    },
    handler: async (request, reply) => {
      const ctx = contexts.get(request);
      if (ctx === undefined) throw new Error(`The route ${route.name} was reached without a context.`);
      const { params, query, headers, body } = request;
      const input = readInput({ params, query, headers, body });
      if (route.rawBody === true) input.rawBody = rawBodyOf(request);
      const result = await runInRequest(request.id, () => run(ctx, input as never)).finally(() => {
        if (route.method !== 'GET') door.onChange?.();
      });
      if (route.stream !== undefined) return sendStream(reply, route, result, door.checkReplies);
      return sendResult(reply, route, result, door.checkReplies);
    },
  });
}

function describeCaller(request: FastifyRequest, reply: FastifyReply, giveUp: AbortSignal | undefined): Caller {
  const { authorization, origin, 'user-agent': userAgent } = request.headers;
  const bearerToken = /^Bearer +([\w.~+/=-]{1,2048})$/i.exec(authorization ?? '')?.[1] ?? null;
  return {
    requestId: request.id,
    address: request.ip,
    method: request.method,
    host: request.host,
    hasAuthorization: authorization !== undefined,
    bearerToken,
    cookies: request.cookies,
    origin,
    fetchSite: oneOf(request.headers['sec-fetch-site']),
    csrfToken: oneOf(request.headers['x-csrf-token']),
    userAgent,
    signal: watchCaller(reply.raw, giveUp),
    log: request.log as Log,
  };
}

/** Of a header that came twice neither is taken. */
function oneOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

function sendResult(reply: FastifyReply, route: Route, result: unknown, check: boolean): FastifyReply {
  const rich = result instanceof RichReply ? result : undefined;
  const body: unknown = rich === undefined ? result : rich.body;
  const status = rich?.status ?? route.status ?? 200;
  if (rich?.cookie !== undefined) setCookie(reply, rich.cookie);
  if (status === 204) return reply.code(204).send();
  if (check) {
    const checked = route.reply.safeParse(body);
    if (!checked.success) {
      throw new Error(`The reply of ${route.name} breaks the contract.`, { cause: checked.error });
    }
  }
  if (route.text !== undefined) {
    if (typeof body !== 'string') throw new Error(`${route.name} answered no text.`);
    return reply.code(status).header('content-type', `${route.text}; charset=utf-8`).send(body);
  }
  // Serialised here: what cannot be is a bug of this request, and fastify has no schema of it to use.
  const text = JSON.stringify(body);
  if (text === undefined) throw new Error(`${route.name} answered nothing.`);
  return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(text);
}

function setCookie(reply: FastifyReply, { name, value, secure, expiresAt }: Cookie): void {
  reply.setCookie(name, value, { path: '/', httpOnly: true, sameSite: 'lax', secure, expires: expiresAt });
}

function refuseFaultyRoutes(routes: readonly Route[]): void {
  const names = new Set<string>();
  const addresses = new Set<string>();
  const known: readonly string[] = permissions;
  for (const route of routes) {
    const address = `${route.method} ${route.path.replace(/:\w+/g, ':')}`;
    if (names.has(route.name)) throw new Error(`Two routes are named ${route.name}.`);
    if (addresses.has(address)) throw new Error(`Two routes answer ${route.method} ${route.path}.`);
    if (!known.includes(route.permission)) throw new Error(`The route ${route.name} names no permission that exists.`);
    names.add(route.name);
    addresses.add(address);
  }
}

/** Why nothing answers here: which methods would be, or null where the address does not exist at all. */
export function methodsAt(routes: readonly Route[], path: string): Method[] {
  const parts = path.split('/');
  return routes
    .filter((route) => {
      const pattern = route.path.split('/');
      return pattern.length === parts.length && pattern.every((part, i) => part.startsWith(':') || part === parts[i]);
    })
    .map(({ method }) => method);
}
