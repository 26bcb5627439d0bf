// The address /ws: who may open a socket here, before the hub takes it over.
import websocket from '@fastify/websocket';
import { AppError } from '@gathering/contract/errors';
import type { FastifyInstance } from 'fastify';
import { networkOf } from '../network-of.ts';
import { isOriginAllowed } from './check-origin.ts';
import type { Hub } from './hub.ts';
import { defaultLimits } from './limits.ts';

export interface SocketOptions {
  /** Origins besides the server's own whose pages may connect. */
  readonly origins: readonly string[];
}

/** A client that does not answer its close is cut after this. */
const closeTimeoutMs = 5_000;

/** Closing the app drains the hub. */
export async function serveSocket<A, C>(app: FastifyInstance, hub: Hub<A, C>, options: SocketOptions): Promise<void> {
  await app.register(websocket, {
    // The hub closes with a code of ours what is too large; what is far too large is not even read.
    options: { maxPayload: 2 * defaultLimits.maxFrameBytes, ...{ closeTimeout: closeTimeoutMs } },
    errorHandler: (error, socket, request) => {
      request.log.debug({ err: error }, 'A socket broke.');
      socket.terminate();
    },
    preClose: async () => {
      await hub.drain();
    },
  });
  app.route<{ Querystring: { ticket?: unknown } }>({
    method: 'GET',
    url: '/ws',
    onRequest: async (request) => {
      if (!isOriginAllowed(request.headers.origin, request.host, options.origins)) {
        throw new AppError('auth.forbidden', { detail: `Pages of ${request.headers.origin} may not connect here.` });
      }
      hub.refuseIfFull(networkOf(request.ip));
    },
    handler: async () => {
      throw new AppError('request.not-found', { detail: 'This address speaks WebSocket only; see docs/frames.md.' });
    },
    wsHandler: (socket, request) => {
      const { ticket } = request.query as { ticket?: unknown };
      const given = typeof ticket === 'string' ? ticket.slice(0, 500) : '';
      hub.accept(socket, request.raw.socket, given, request.ip);
    },
  });
}
