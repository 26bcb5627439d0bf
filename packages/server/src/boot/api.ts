// The role that answers people: HTTP, the socket and the dashboard.
import { doorPerMinute } from '@gathering/contract/rates';
import type { FastifyInstance } from 'fastify';
import { type Actor, actorName, type Ctx } from '../ctx.ts';
import { registerAgentFrames } from '../features/agents/index.ts';
import {
  actorMay,
  authorize,
  findStillAdmitted,
  letIn,
  RecentIdentities,
  redeemTicket,
  reloadActor,
} from '../features/auth/index.ts';
import type { Caller, Door } from '../platform/http/bind.ts';
import { closeServer, type Drain } from '../platform/http/drain.ts';
import { createServer } from '../platform/http/server.ts';
import { networkOf } from '../platform/network-of.ts';
import { Hub } from '../platform/ws/hub.ts';
import { defaultLimits, type HubLimits } from '../platform/ws/limits.ts';
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

/** Told by triggers of the tables that decide: what ended or whose user changed, and what else somebody may. */
const credentialsChannel = 'gathering_credentials';
const rightsChannel = 'gathering_rights';

/** Addresses that mean all of this machine's, and how to reach it from itself. */
const localNames: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

export async function openApi({ open, drain, localToken, dashboard, checkReplies }: ApiOptions): Promise<Api> {
  const { ground, feed } = open;
  const { config, log, version } = ground;
  const identities = new RecentIdentities();
  const doorPorts = { ...ground, identities, localToken };
  const door: Door<Ctx> = {
    checkReplies,
    makeCtx: async (caller: Caller, route) => {
      const { actor, visit } = await letIn(doorPorts, caller, route);
      const { requestId, signal } = caller;
      return { ...makeCtx(ground, { actor, requestId, signal }), visit, log: caller.log };
    },
    count: async ({ actor, rates }, { rate }) => (rate === 'unlimited' ? null : rates.count(rate, callerKey(actor))),
    authorize: (ctx, route) => authorize(ctx.actor, route.permission),
    onChange: () => identities.clear(),
  };
  const app = await createServer<Ctx>({
    log,
    version,
    door,
    drain,
    dashboard,
    routes: allBoundRoutes,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    perMinute: config.rateFactor === null ? undefined : Math.ceil(doorPerMinute * config.rateFactor),
    https: config.publicUrl?.startsWith('https:') ?? false,
  });
  const hub = new Hub<Actor, Ctx>({
    source: feed,
    onDelta: (run) => ground.deltas.subscribe(run),
    redeemTicket: (ticket, address) => redeemTicket(ground, ticket, address),
    findStillAdmitted: (actors) => findStillAdmitted(ground, actors),
    reload: (actor) => reloadActor(ground, actor),
    may: actorMay,
    sees: (actor, audience) => actorMay(actor, 'events.read', audience),
    changesRights: (actor, event) => event.subject === actorName(actor) && changesRights(event),
    userOf: actorName,
    ...(config.rateFactor === null ? {} : { limits: scaleConnections(config.rateFactor) }),
    makeCtx: (actor, signal) => makeCtx(ground, { actor, signal }),
    version,
    log,
  });
  registerAgentFrames(hub);
  // The end of a session or key, on whatever instance, ends its sockets here at once; a check every second finds what expired.
  const stopListening = await ground.database.listen(
    credentialsChannel,
    () => {
      identities.clear();
      void hub.closeEndedSessions();
    },
    () => {
      identities.setHearing(true);
      void hub.closeEndedSessions();
    },
    () => identities.setHearing(false),
  );
  const stopHearing = await ground.database.listen(rightsChannel, () => identities.clear());
  // Both channels are heard on one connection, or neither is.
  identities.setHearing(true);
  app.addHook('onClose', async () => {
    await stopListening();
    await stopHearing();
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

/** Whom a request is counted for. Programs with a key are counted apart from their person, who can go on working. */
function callerKey(actor: Actor): string {
  if (actor.role === null) return `address/${networkOf(actor.address ?? '')}`;
  return actor.apiKeyId === undefined ? actorName(actor) : `api-keys/${actor.apiKeyId}`;
}

/** Never fewer than a person needs for the dashboard. */
function scaleConnections(factor: number): Pick<HubLimits, 'maxPerUser' | 'maxPerNetwork'> {
  const { maxPerUser, maxPerNetwork } = defaultLimits;
  const scale = (most: number): number => Math.max(5, Math.round(most * factor));
  return { maxPerUser: scale(maxPerUser), maxPerNetwork: scale(maxPerNetwork) };
}
