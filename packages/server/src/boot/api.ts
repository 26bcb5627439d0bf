// The role that answers people: HTTP, the socket and the dashboard.
import { logoutRoute } from '@gathering/contract/auth';
import type { FastifyInstance } from 'fastify';
import { type Actor, actorName, type Ctx } from '../ctx.ts';
import { registerAgentFrames } from '../features/agents/index.ts';
import {
  actorMay,
  anonymousActor,
  authenticate,
  authorize,
  redeemTicket,
  reloadActor,
  sessionIsLive,
} from '../features/auth/index.ts';
import type { Caller, Door } from '../platform/http/bind.ts';
import { closeServer, type Drain } from '../platform/http/drain.ts';
import { createServer } from '../platform/http/server.ts';
import { Hub } from '../platform/ws/hub.ts';
import { serveSocket } from '../platform/ws/serve-socket.ts';
import { makeCtx } from './make-ctx.ts';
import type { OpenGround } from './open-ground.ts';
import { changesRights } from './reactions.ts';
import { allBoundRoutes } from './routes.ts';

export interface Api {
  readonly app: FastifyInstance;
  readonly drain: Drain;
  /** Listens and answers the address on this machine. */
  listen(): Promise<string>;
  close(withinMs: number): Promise<void>;
}

export interface ApiOptions {
  readonly open: OpenGround;
  readonly drain: Drain;
  /** Token of commands on this machine; null: none are let in. */
  readonly localToken: string | null;
  /** Folder of the built dashboard; undefined: none is served. */
  readonly dashboard: string | undefined;
  readonly checkReplies: boolean;
}

/** Addresses that mean all of this machine's, and how to reach it from itself. */
const localNames: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

export async function openApi({ open, drain, localToken, dashboard, checkReplies }: ApiOptions): Promise<Api> {
  const { ground, feed } = open;
  const { config, log, version } = ground;
  const door: Door<Ctx> = {
    checkReplies,
    makeCtx: async (caller: Caller, route) => {
      const actor = route.permission === 'public' ? null : await identify(caller);
      return {
        ...makeCtx(ground, {
          actor: actor ?? anonymousActor(caller.address),
          requestId: caller.requestId,
          signal: caller.signal,
        }),
        log: caller.log,
      };
    },
    authorize: (ctx, route) => authorize(ctx.actor, route.permission),
  };
  const identify = async ({ bearerToken, address }: Caller): Promise<Actor | null> =>
    bearerToken === null ? null : authenticate(ground, bearerToken, { address, localToken });
  const app = await createServer<Ctx>({
    log,
    version,
    door,
    drain,
    dashboard,
    routes: allBoundRoutes,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    https: config.publicUrl?.startsWith('https:') ?? false,
  });
  const hub = new Hub<Actor, Ctx>({
    source: feed,
    onDelta: (run) => ground.deltas.subscribe(run),
    redeemTicket: (ticket) => redeemTicket(ground, ticket, null),
    isSessionAlive: async (actor) => actor.sessionId === null || sessionIsLive(ground, actor.sessionId),
    reload: (actor) => reloadActor(ground, actor),
    may: actorMay,
    sees: (actor, audience) => actorMay(actor, 'events.read', audience),
    changesRights: (actor, event) => event.subject === actorName(actor) && changesRights(event),
    makeCtx: (actor, signal) => makeCtx(ground, { actor, signal }),
    version,
    log,
  });
  registerAgentFrames(hub);
  // A sign-out ends the sockets of its session here at once; other instances find out at their next check.
  app.addHook('onResponse', async (request) => {
    if (request.routeOptions.config.routeName === logoutRoute.name) await hub.closeEndedSessions();
  });
  await serveSocket(app, hub, {
    origins: [...config.corsOrigins, ...(config.publicUrl === undefined ? [] : [config.publicUrl])],
  });
  return {
    app,
    drain,
    listen: async () => {
      await app.listen({ host: config.host, port: config.port });
      const address = app.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : config.port;
      const host = localNames[config.host] ?? (config.host.includes(':') ? `[${config.host}]` : config.host);
      return `http://${host}:${port}`;
    },
    close: (withinMs) => closeServer(app, drain, withinMs),
  };
}
