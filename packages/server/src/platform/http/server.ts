// Makes the HTTP server: limits, headers, request ids, the API below /api with its documentation, the dashboard beside it.
// It knows no feature: routes and the door to them come from `boot`.

import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import serveStatic from '@fastify/static';
import underPressure from '@fastify/under-pressure';
import { AppError } from '@gathering/contract/errors';
import { defaultBodyLimit } from '@gathering/contract/route';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { newId } from '../ids.ts';
import type { Log } from '../log.ts';
import { bareHeaders } from './bare-headers.ts';
import { type BoundRoute, bindRoutes, type Door, methodsAt } from './bind.ts';
import { answerBrokenConnection } from './broken-connection.ts';
import { serveDocumentation } from './documentation.ts';
import { type Drain, refuseWhileDraining } from './drain.ts';
import { answerError } from './error-handler.ts';
import { guardDoor } from './guard-door.ts';
import { acceptJsonOnly } from './json-body.ts';
import { makeOverloadJudge } from './overload.ts';
import { serveDashboard } from './static.ts';
import './route-config.ts';

export interface ServerOptions<C> {
  readonly log: Log;
  readonly version: string;
  readonly routes: readonly BoundRoute<C>[];
  readonly door: Door<C>;
  readonly drain: Drain;
  /** Origins whose pages may call the API from a browser; none by default. */
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  /** What one network may send in a minute, to whatever address; left out: as much as it likes. */
  readonly perMinute?: number | undefined;
  /** People reach this server by https only, through a proxy. */
  readonly https: boolean;
  /** How long a request may take to arrive; left out: as a person on a bad line needs. */
  readonly patience?: Patience | undefined;
  /** Folder of the built dashboard; undefined: none is served. */
  readonly dashboard?: string | undefined;
}

export interface Patience {
  readonly headersMs: number;
  /** Headers and body together. */
  readonly requestMs: number;
  /** How often connections are looked at: one that is too slow lives for so much longer. */
  readonly checkMs: number;
}

const defaultPatience: Patience = { headersMs: 20_000, requestMs: 60_000, checkMs: 5_000 };
/** Of one process, sockets included. More are not accepted, so that slow ones cannot use up what files and the database need. */
const mostConnections = 5_000;

/** Longest event loop delay, on average over a second, with which new requests are still taken. */
const longestLoopDelayMs = 2_000;
const requestIdForm = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/** The server before it listens, so that `boot` can add the socket. */
export async function createServer<C>(options: ServerOptions<C>): Promise<FastifyInstance> {
  const app = openFastify(options);
  acceptJsonOnly(app);
  app.setErrorHandler(answerError);
  addRequestHooks(app);
  if (options.perMinute !== undefined) guardDoor(app, options.perMinute);
  await addProtection(app, options);
  await app.register(cookie);
  refuseWhileDraining(app, options.drain);
  const routes = options.routes.map(({ route }) => route);
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = path.startsWith('/api/') ? methodsAt(routes, path.slice('/api'.length)) : [];
    if (methods.length > 0) reply.header('allow', methods.join(', '));
    const detail =
      methods.length > 0 ? `This address answers ${methods.join(' and ')}, not ${request.method}.` : undefined;
    return answerError(new AppError('request.not-found', { detail }), request, reply);
  });
  bindRoutes(app, options.routes, { giveUp: options.drain.giveUp, ...options.door });
  await app.register(serveStatic, { serve: false, cacheControl: false, acceptRanges: false, index: false });
  serveDocumentation(app, options.version);
  if (options.dashboard !== undefined) serveDashboard(app, options.dashboard);
  return app;
}

function openFastify<C>({ log, trustedProxies, patience = defaultPatience }: ServerOptions<C>): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = log;
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && requestIdForm.test(given) ? given : newId();
    },
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: defaultBodyLimit,
    requestTimeout: patience.requestMs,
    keepAliveTimeout: 72_000,
    // Requests on open connections are answered to the end; refusing is left to the drain.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 500 },
    http: {
      headersTimeout: patience.headersMs,
      connectionsCheckingInterval: patience.checkMs,
      maxHeaderSize: 16 * 1024,
    },
    frameworkErrors: (error, request, reply) => {
      void answerError(error, request, reply.headers(bareHeaders));
    },
    clientErrorHandler: answerBrokenConnection,
  });
  app.server.maxConnections = mostConnections;
  return app;
}

function addRequestHooks(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, ip } = request;
    const ms = Math.round(reply.elapsedTime);
    request.log.debug(
      { method, route: routeOptions.config.routeName ?? null, status: reply.statusCode, ms, address: ip },
      'Answered.',
    );
  });
}

/** What a page of ours, or a script in it, may not ask of the browser. Copying is the one thing that it does. */
const permissionsPolicy = [
  'accelerometer',
  'autoplay',
  'camera',
  'clipboard-read',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'usb',
  'web-share',
  'xr-spatial-tracking',
]
  .map((feature) => `${feature}=()`)
  .concat('clipboard-write=(self)')
  .join(', ');

async function addProtection<C>(app: FastifyInstance, { corsOrigins, https }: ServerOptions<C>): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        // Libraries of the dashboard put style sheets of their own into the page, some without a nonce; styles that come
        // with markup, and scripts, are never inline.
        styleSrc: ["'self'"],
        styleSrcElem: ["'self'", "'unsafe-inline'"],
        styleSrcAttr: ["'none'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        ...(https ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
    // A plain http address on a name that also serves https must stay reachable.
    hsts: https ? { maxAge: 15_552_000 } : false,
  });
  app.addHook('onRequest', async (_, reply) => {
    reply.header('permissions-policy', permissionsPolicy);
  });
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...corsOrigins],
      methods: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'x-request-id'],
      exposedHeaders: ['x-request-id', 'retry-after', 'ratelimit', 'ratelimit-policy'],
      maxAge: 600,
    });
  }
  const isOverloaded = makeOverloadJudge();
  await app.register(underPressure, {
    maxEventLoopDelay: longestLoopDelayMs,
    pressureHandler: async (request) => {
      // Whoever watches over this process must still learn that it lives.
      if (!request.url.startsWith('/api/health/') && isOverloaded())
        throw new AppError('server.overloaded', { retryAfterSeconds: 5 });
    },
  });
}
