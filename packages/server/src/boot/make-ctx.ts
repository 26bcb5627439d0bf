// Makes contexts: what a request, a frame, a job or the system itself carries through the house.
import type { Actor, Ctx, Ground } from '../ctx.ts';
import { forRequest } from '../platform/log.ts';

export interface CtxParts {
  readonly actor: Actor;
  readonly requestId?: string | null;
  readonly signal?: AbortSignal;
}

const never = new AbortController().signal;

export function makeCtx(ground: Ground, { actor, requestId = null, signal = never }: CtxParts): Ctx {
  return {
    ...ground,
    actor,
    requestId,
    signal,
    log: requestId === null ? ground.log : forRequest(ground.log, requestId),
    tx: (run) => ground.database.transaction(run),
    may: (permission, object) => ground.judge(actor, permission, object),
  };
}

/** The system acting on its own: at first start, in jobs, by the clock. */
export function systemActor(name: string): Actor {
  return {
    kind: 'system',
    id: name,
    role: 'owner',
    scopes: null,
    credential: 'internal',
    projects: 'all',
    sessionId: null,
    address: null,
  };
}
