// All SQL on sessions, their refresh tokens, and access tokens that are void before their time. Tokens arrive here as hashes.
import type { Database, Tx } from '../../platform/db/database.ts';
import type { SessionKind } from './rules.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly kind: SessionKind;
  /** Of a browser's cookie; null: a program's. */
  readonly tokenHash: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly address: string | null;
  readonly userAgent: string | null;
}

export async function insertSession(tx: Tx, session: NewSession): Promise<void> {
  await tx.query(
    `insert into auth.sessions (id, user_id, kind, token_hash, created_at, last_seen_at, expires_at, address, user_agent)
     values ($1, $2, $3, $4, $5, $5, $6, $7, $8)`,
    [
      session.id,
      session.userId,
      session.kind,
      session.tokenHash,
      session.createdAt,
      session.expiresAt,
      session.address,
      session.userAgent,
    ],
  );
}

export interface SessionRow {
  readonly id: string;
  readonly kind: SessionKind;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** Those that last, the one used last first. */
export async function selectSessions(
  from: Reader,
  userId: string,
  { now, usedSince, limit }: { now: Date; usedSince: Date; limit: number },
): Promise<SessionRow[]> {
  const { rows } = await from.query<SessionRow>(
    `select id, kind, created_at as "createdAt", last_seen_at as "lastSeenAt", expires_at as "expiresAt", address,
       user_agent as "userAgent"
     from auth.sessions where user_id = $1 and expires_at > $2 and last_seen_at > $3
     order by last_seen_at desc, id desc limit $4`,
    [userId, now, usedSince, limit],
  );
  return rows;
}

export interface EndedSession {
  readonly id: string;
  readonly userId: string;
}

/** Their access tokens that still run go on the list of void ones; refresh tokens and socket tickets go with the session. */
const endSessionsText = `
  , revoked as (
    insert into auth.token_blacklist (jti_hash, expires_at)
    select access_jti_hash, access_expires_at from auth.refresh_tokens
    where session_id in (select id from ended) and access_expires_at > $1
    on conflict do nothing
  )
  delete from auth.sessions where id in (select id from ended) returning id, user_id as "userId"`;

export interface WhichSessions {
  readonly userId?: string;
  readonly id?: string;
  /** All but this one. */
  readonly exceptId?: string;
}

const endChosenText = `
  with ended as (
    select id from auth.sessions
    where ($2::uuid is null or user_id = $2) and ($3::uuid is null or id = $3) and ($4::uuid is null or id <> $4)
    for update
  ) ${endSessionsText}`;

export async function deleteSessions(
  tx: Tx,
  { userId, id, exceptId }: WhichSessions,
  now: Date,
): Promise<EndedSession[]> {
  if (userId === undefined && id === undefined) return [];
  const { rows } = await tx.query<EndedSession>(endChosenText, [now, userId ?? null, id ?? null, exceptId ?? null]);
  return rows;
}

const endOldestText = `
  with ended as (
    select id from auth.sessions where user_id = $2 order by last_seen_at desc, id desc offset $3 for update
  ) ${endSessionsText}`;

/** Those of a user that were used longest ago, so that `most` stay. */
export async function deleteOldestSessions(tx: Tx, userId: string, most: number, now: Date): Promise<EndedSession[]> {
  const { rows } = await tx.query<EndedSession>(endOldestText, [now, userId, most]);
  return rows;
}

const endExpiredText = `
  with ended as (
    select id from auth.sessions where expires_at <= $1 or last_seen_at <= $2 limit $3 for update skip locked
  ) ${endSessionsText}`;

export async function deleteExpiredSessions(
  tx: Tx,
  { now, usedBefore, limit }: { now: Date; usedBefore: Date; limit: number },
): Promise<EndedSession[]> {
  const { rows } = await tx.query<EndedSession>(endExpiredText, [now, usedBefore, limit]);
  return rows;
}

export interface NewRefreshToken {
  readonly tokenHash: string;
  readonly sessionId: string;
  readonly expiresAt: Date;
  /** Of the access token that is given out with it. */
  readonly jtiHash: string;
  readonly accessExpiresAt: Date;
}

export async function insertRefreshToken(tx: Tx, token: NewRefreshToken): Promise<void> {
  await tx.query(
    `insert into auth.refresh_tokens (token_hash, session_id, expires_at, access_jti_hash, access_expires_at)
     values ($1, $2, $3, $4, $5)`,
    [token.tokenHash, token.sessionId, token.expiresAt, token.jtiHash, token.accessExpiresAt],
  );
}

export interface RefreshToken {
  readonly sessionId: string;
  readonly userId: string;
  readonly isUsed: boolean;
  readonly sessionExpiresAt: Date;
}

/** Undefined also when its session has ended. */
export async function selectRefreshToken(from: Reader, tokenHash: string): Promise<RefreshToken | undefined> {
  const { rows } = await from.query<RefreshToken>(
    `select session.id as "sessionId", session.user_id as "userId", token.used_at is not null as "isUsed",
       session.expires_at as "sessionExpiresAt"
     from auth.refresh_tokens as token join auth.sessions as session on session.id = token.session_id
     where token.token_hash = $1`,
    [tokenHash],
  );
  return rows[0];
}

/** False when it was used or has expired, its session has ended, or its user may not sign in. Of two at once one gets true. */
export async function useRefreshToken(tx: Tx, tokenHash: string, now: Date, usedSince: Date): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update auth.refresh_tokens as token set used_at = $2
     from auth.sessions as session join auth.users as account on account.id = session.user_id
     where token.token_hash = $1 and token.used_at is null and token.expires_at > $2
       and session.id = token.session_id and session.expires_at > $2 and session.last_seen_at > $3
       and account.disabled_at is null`,
    [tokenHash, now, usedSince],
  );
  return rowCount > 0;
}

/** What holds for no token any more: refresh tokens, tokens on the list of void ones, tickets, keys that sign nothing. */
export async function deleteExpiredTokens(tx: Tx, now: Date): Promise<number> {
  const counts = await Promise.all([
    tx.query('delete from auth.refresh_tokens where expires_at <= $1', [now]),
    tx.query('delete from auth.token_blacklist where expires_at <= $1', [now]),
    tx.query('delete from auth.socket_tickets where expires_at <= $1', [now]),
    tx.query('delete from auth.signing_keys where verifies_until <= $1', [now]),
  ]);
  return counts.reduce((sum, { rowCount }) => sum + rowCount, 0);
}
