// Who stands behind what a caller shows: an access token, an API key, the cookie of a browser, or the token of commands on this
// machine. What ended is refused at once where it was ended, and within a second on every instance (`recent-identities.ts`).
// Invariant: when the database cannot answer, this throws; nobody is let in on a guess.
import type { Actor, Ground } from '../../ctx.ts';
import { equalSecrets, hashToken } from '../../platform/tokens.ts';
import { readAccessToken } from './access-tokens.ts';
import type { RecentIdentities } from './recent-identities.ts';
import { addSeconds, type RefusalReason, sessionHasEnded, touchSeconds } from './rules.ts';
import {
  type Account,
  type KeyIdentity,
  projectsOf,
  type SessionIdentity,
  selectApiKeyOfHash,
  selectApiKeysByIds,
  selectSessionOfCookie,
  selectSessionOfToken,
  selectSessionsByIds,
  touchApiKey,
  touchSession,
} from './store-identity.ts';

type Ports = Pick<Ground, 'database' | 'clock'> & { readonly identities: RecentIdentities };

export interface Known {
  readonly actor: Actor;
  /** Null: never. */
  readonly expiresAt: Date | null;
}

export interface Presented {
  /** Network address that the token came from. */
  readonly address: string | null;
  /** Token of commands of the program on this machine, as `writeLocalToken` made it at the start. */
  readonly localToken?: string | null;
}

export const apiKeyStart = 'gk_';

/** A bearer token of any kind: whom it lets in, or why nobody. */
export async function authenticate(
  ports: Ports,
  bearerToken: string,
  { address, localToken = null }: Presented,
): Promise<Known | RefusalReason> {
  if (localToken !== null && equalSecrets(bearerToken, localToken)) {
    return { actor: localActor(address), expiresAt: null };
  }
  if (bearerToken.startsWith(apiKeyStart)) return authenticateKey(ports, bearerToken, address);
  const claims = await readAccessToken(ports, bearerToken);
  if (typeof claims === 'string') return claims;
  return admitSession(ports, `token ${claims.jtiHash}`, () => selectSessionOfToken(ports.database, claims), address);
}

export async function authenticateCookie(
  ports: Ports,
  cookie: string,
  address: string | null,
): Promise<Known | RefusalReason> {
  const tokenHash = hashToken(cookie);
  return admitSession(ports, `cookie ${tokenHash}`, () => selectSessionOfCookie(ports.database, tokenHash), address);
}

async function admitSession(
  { database, clock, identities: { sessions } }: Ports,
  credential: string,
  ask: () => Promise<SessionIdentity | undefined>,
  address: string | null,
): Promise<Known | RefusalReason> {
  const found = await sessions.find(credential, ask);
  const now = clock.now();
  const refusal = judgeSession(found, now);
  if (found === undefined || refusal !== null) return refusal ?? 'ended or unknown';
  if (addSeconds(found.lastSeenAt, touchSeconds) <= now) {
    await touchSession(database, found.sessionId, now, address);
    sessions.forget(credential);
  }
  return { actor: actorOfSession(found, address), expiresAt: found.expiresAt };
}

async function authenticateKey(
  { database, clock, identities: { keys } }: Ports,
  apiKey: string,
  address: string | null,
): Promise<Known | RefusalReason> {
  const keyHash = hashToken(apiKey);
  const found = await keys.find(keyHash, () => selectApiKeyOfHash(database, keyHash));
  const now = clock.now();
  const refusal = judgeKey(found, now);
  if (found === undefined || refusal !== null) return refusal ?? 'ended or unknown';
  const isStale = found.lastUsedAt === null || addSeconds(found.lastUsedAt, touchSeconds) <= now;
  if (isStale) {
    await touchApiKey(database, found.apiKeyId, now);
    keys.forget(keyHash);
  }
  return { actor: actorOfKey(found, address), expiresAt: found.expiresAt };
}

export function judgeSession(found: SessionIdentity | undefined, now: Date): RefusalReason | null {
  if (found === undefined || sessionHasEnded(found, now)) return 'ended or unknown';
  if (found.isRevoked) return 'revoked';
  return found.isDisabled ? 'user disabled' : null;
}

export function judgeKey(found: KeyIdentity | undefined, now: Date): RefusalReason | null {
  if (found === undefined) return 'ended or unknown';
  if (found.expiresAt !== null && found.expiresAt <= now) return 'expired';
  return found.isDisabled ? 'user disabled' : null;
}

/**
 * Those of these actors, which outlived their request, who would be let in now with the same rights. Two statements, however many
 * ask. Changes of rights are told by events, upon which actors are made anew (`reloadActor`); this finds what nobody told.
 */
export async function findStillAdmitted(
  { database, clock }: Pick<Ground, 'database' | 'clock'>,
  actors: readonly Actor[],
): Promise<ReadonlySet<Actor>> {
  const now = clock.now();
  const idsOf = (read: (actor: Actor) => string | null | undefined) => [
    ...new Set(actors.map(read).filter((id) => typeof id === 'string')),
  ];
  const sessions = await selectSessionsByIds(
    database,
    idsOf(({ sessionId }) => sessionId),
  );
  const keys = await selectApiKeysByIds(
    database,
    idsOf(({ apiKeyId }) => apiKeyId),
  );
  const accounts = new Map<string, Account>([
    ...sessions.filter((one) => judgeSession(one, now) === null).map((one) => [one.sessionId, one] as const),
    ...keys.filter((one) => judgeKey(one, now) === null).map((one) => [one.apiKeyId, one] as const),
  ]);
  return new Set(actors.filter((actor) => actor.kind === 'system' || hasSameRights(actor, accounts)));
}

function hasSameRights(actor: Actor, accounts: ReadonlyMap<string, Account>): boolean {
  const found = accounts.get(actor.sessionId ?? actor.apiKeyId ?? '');
  if (found === undefined || found.role !== actor.role) return false;
  const projects = projectsOf(found);
  if (projects === 'all' || actor.projects === 'all') return projects === actor.projects;
  return projects.size === actor.projects.size && projects.isSubsetOf(actor.projects);
}

export function actorOfSession(found: SessionIdentity, address: string | null): Actor {
  return {
    kind: 'user',
    id: found.userId,
    role: found.role,
    scopes: null,
    credential: found.kind === 'browser' ? 'cookie' : 'access-token',
    projects: projectsOf(found),
    sessionId: found.sessionId,
    address,
  };
}

export function actorOfKey(found: KeyIdentity, address: string | null): Actor {
  return {
    kind: 'user',
    id: found.userId,
    role: found.role,
    scopes: found.scopes,
    credential: 'api-key',
    projects: projectsOf(found),
    sessionId: null,
    apiKeyId: found.apiKeyId,
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
