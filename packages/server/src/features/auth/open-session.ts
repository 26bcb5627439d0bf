// A new session. A browser's is behind a random cookie, a program's behind a short access token and a refresh token that works
// once; only their holder ever sees them.
import type { Session, User } from '@gathering/contract/auth';
import type { Actor, Ctx, Tx } from '../../ctx.ts';
import type { Cookie } from '../../platform/http/bind.ts';
import { hashToken, randomToken } from '../../platform/tokens.ts';
import { type AccessToken, signAccessToken } from './access-tokens.ts';
import { makeCookie } from './browser-cookie.ts';
import { tellEnded } from './end-sessions.ts';
import { addDays, earlier, idleDays, mostSessions, type SessionKind, sessionDays } from './rules.ts';
import { readInstanceId, type SigningCtx } from './signing-keys.ts';
import { deleteOldestSessions, insertRefreshToken, insertSession } from './store-sessions.ts';

export type OpenCtx = Pick<Ctx, 'clock' | 'ids' | 'actor' | 'requestId' | 'visit'>;

/** The pair that a program is given, made before the transaction that stores it. */
export interface TokenPair {
  readonly sessionId: string;
  readonly access: AccessToken;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

export async function makeTokens(
  ctx: SigningCtx,
  session: { id: string; userId: string; expiresAt: Date },
): Promise<TokenPair> {
  const { id: sessionId, userId, expiresAt: notAfter } = session;
  const access = await signAccessToken(ctx, { userId, sessionId, notAfter });
  const refreshExpiresAt = earlier(notAfter, addDays(ctx.clock.now(), idleDays));
  return { sessionId, access, refreshToken: randomToken(), refreshExpiresAt };
}

export async function storeTokens(
  tx: Tx,
  { sessionId, access, refreshToken, refreshExpiresAt }: TokenPair,
): Promise<void> {
  await insertRefreshToken(tx, {
    tokenHash: hashToken(refreshToken),
    sessionId,
    expiresAt: refreshExpiresAt,
    jtiHash: access.jtiHash,
    accessExpiresAt: access.expiresAt,
  });
}

export function tellTokens({ access, refreshToken, refreshExpiresAt }: TokenPair, user: User): Session {
  return {
    accessToken: access.accessToken,
    expiresAt: access.expiresAt.toISOString(),
    refreshToken,
    refreshExpiresAt: refreshExpiresAt.toISOString(),
    user,
  };
}

/** What is made of a new session before its transaction, how it is stored, and what its holder is told. */
export interface Opening<T> {
  readonly sessionId: string;
  readonly kind: SessionKind;
  readonly cookieHash: string | null;
  readonly expiresAt: Date;
  store(tx: Tx): Promise<void>;
  tell(user: User): T;
}

export async function prepareForProgram(ctx: SigningCtx, userId: string): Promise<Opening<Session>> {
  const sessionId = ctx.ids.next();
  const expiresAt = addDays(ctx.clock.now(), sessionDays);
  const tokens = await makeTokens(ctx, { id: sessionId, userId, expiresAt });
  return {
    sessionId,
    kind: 'program',
    cookieHash: null,
    expiresAt,
    store: (tx) => storeTokens(tx, tokens),
    tell: (user) => tellTokens(tokens, user),
  };
}

export interface OpenedBrowser {
  readonly user: User;
  readonly cookie: Cookie;
  readonly expiresAt: Date;
}

export async function prepareForBrowser(
  ctx: Pick<Ctx, 'config' | 'database' | 'clock' | 'ids'>,
): Promise<Opening<OpenedBrowser>> {
  const instanceId = await readInstanceId(ctx.database);
  const value = randomToken();
  const expiresAt = addDays(ctx.clock.now(), sessionDays);
  return {
    sessionId: ctx.ids.next(),
    kind: 'browser',
    cookieHash: hashToken(value),
    expiresAt,
    store: async () => undefined,
    tell: (user) => ({ user, cookie: makeCookie(ctx.config, instanceId, value, expiresAt), expiresAt }),
  };
}

/** The time is not prolonged by use, so `expiresAt` is true from the first moment. Answers who the user is from now on. */
export async function openSession(ctx: OpenCtx, tx: Tx, user: User, opening: Opening<unknown>): Promise<Actor> {
  const { sessionId, kind, cookieHash, expiresAt } = opening;
  const now = ctx.clock.now();
  const actor: Actor = {
    ...ctx.actor,
    kind: 'user',
    id: user.id,
    role: user.role,
    credential: kind === 'browser' ? 'cookie' : 'access-token',
    sessionId,
  };
  const crowded = await deleteOldestSessions(tx, user.id, mostSessions - 1, now);
  await tellEnded({ ...ctx, actor }, tx, crowded, 'too many sessions');
  await insertSession(tx, {
    id: sessionId,
    userId: user.id,
    kind,
    tokenHash: cookieHash,
    createdAt: now,
    expiresAt,
    address: ctx.actor.address,
    userAgent: ctx.visit?.userAgent ?? null,
  });
  await opening.store(tx);
  return actor;
}
