// Who stands behind a bearer token. Nothing is cached: a session that ended is refused at once, on every instance.
// Invariant: when the database cannot answer, this throws; nobody is let in on a guess.
import type { Actor, Ground } from '../../ctx.ts';
import { equalSecrets, hashToken } from '../../platform/tokens.ts';
import { type LiveSession, selectIsLive, selectSession } from './store.ts';
import { selectMembership } from './store-membership.ts';

export interface Presented {
  /** Network address that the token came from. */
  readonly address: string | null;
  /** Token of commands of the program on this machine, as `writeLocalToken` made it at the start. */
  readonly localToken?: string | null;
}

/** Null: the token is unknown, ended or expired. */
export async function authenticate(
  ground: Pick<Ground, 'database' | 'clock'>,
  bearerToken: string,
  { address, localToken = null }: Presented,
): Promise<Actor | null> {
  if (localToken !== null && equalSecrets(bearerToken, localToken)) return localActor(address);
  const session = await selectSession(ground.database, hashToken(bearerToken), ground.clock.now());
  return session === undefined
    ? null
    : actorOfSession(session, await selectMembership(ground.database, session), address);
}

/** For what outlives the request that it began with, such as a socket. */
export function sessionIsLive(ground: Pick<Ground, 'database' | 'clock'>, sessionId: string): Promise<boolean> {
  return selectIsLive(ground.database, sessionId, ground.clock.now());
}

export function actorOfSession(
  { userId, role, sessionId }: LiveSession,
  projects: Actor['projects'],
  address: string | null,
): Actor {
  return {
    kind: 'user',
    id: userId,
    role,
    scopes: null,
    credential: 'access-token',
    projects,
    sessionId,
    address,
  };
}

/** Whoever can read the data folder may do what its owner may. */
export function localActor(address: string | null): Actor {
  return {
    kind: 'system',
    id: 'local-command',
    role: 'owner',
    scopes: null,
    credential: 'local-token',
    projects: 'all',
    sessionId: null,
    address,
  };
}
