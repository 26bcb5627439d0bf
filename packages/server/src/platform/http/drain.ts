// The end of a server: it stops being ready, refuses what would change something, and lets open requests finish.
// Invariant: a request that was let in is answered, unless it outlasts the time that the drain is given.
import { AppError } from '@gathering/contract/errors';
import type { FastifyInstance } from 'fastify';

export class ServerEnding extends Error {
  override readonly name = 'ServerEnding';
  constructor() {
    super('The server ends and cannot wait longer.');
  }
}

export class Drain {
  readonly #giveUp = new AbortController();
  #draining = false;

  /** Readiness says so, and writes are refused from now on. */
  begin(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Aborts what open requests wait for. */
  abandon(): void {
    this.begin();
    this.#giveUp.abort(new ServerEnding());
  }

  get giveUp(): AbortSignal {
    return this.#giveUp.signal;
  }
}

const reads = new Set(['GET', 'HEAD', 'OPTIONS']);

export function refuseWhileDraining(app: FastifyInstance, drain: Drain): void {
  app.addHook('onRequest', async (request) => {
    if (drain.draining && !reads.has(request.method)) throw new AppError('server.draining');
  });
  // Also where the drain began while the request was open: a kept connection would keep the server from closing.
  app.addHook('onSend', async (_, reply) => {
    if (drain.draining) reply.header('connection', 'close');
  });
}

/** Resolves when every open request was answered, or a moment after `withinMs` at the latest. */
export async function closeServer(app: FastifyInstance, drain: Drain, withinMs: number): Promise<void> {
  drain.begin();
  const abandon = setTimeout(() => drain.abandon(), withinMs);
  const cut = setTimeout(() => app.server.closeAllConnections(), withinMs + 1_000);
  try {
    await app.close();
  } finally {
    clearTimeout(abandon);
    clearTimeout(cut);
  }
}
