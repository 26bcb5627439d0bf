// All SQL on sessions, set-up links and socket tickets. Tokens arrive here as hashes.
import type { Role } from '@gathering/contract/permissions';
import type { Database, Tx } from '../../platform/db/database.ts';

export { insertUser, selectUser, selectUserByEmail } from './store-users.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;

export async function ownerExists(from: Reader): Promise<boolean> {
  const { rows } = await from.query<{ found: boolean }>(
    `select exists (select 1 from auth.users where role = 'owner') as found`,
  );
  return rows[0]?.found === true;
}

/**
 * Whoever makes the first user, or changes who may do what, holds this until its transaction ends; reading goes on
 * meanwhile. It comes first in a transaction, so that no two wait for each other.
 */
export async function lockUsers(tx: Tx): Promise<void> {
  await tx.query('lock table auth.users in share row exclusive mode');
}

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export async function insertSession(tx: Tx, session: NewSession): Promise<void> {
  await tx.query(
    'insert into auth.sessions (id, user_id, token_hash, created_at, expires_at) values ($1, $2, $3, $4, $5)',
    [session.id, session.userId, session.tokenHash, session.createdAt, session.expiresAt],
  );
}

export interface LiveSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly role: Role;
}

// Hot: before every request.
const selectSessionText = `
select session.id as "sessionId", session.user_id as "userId", account.role
from auth.sessions as session join auth.users as account on account.id = session.user_id
where session.token_hash = $1 and session.expires_at > $2`;

export async function selectSession(from: Reader, tokenHash: string, now: Date): Promise<LiveSession | undefined> {
  const { rows } = await from.query<LiveSession>(selectSessionText, [tokenHash, now]);
  return rows[0];
}

export async function selectIsLive(from: Reader, sessionId: string, now: Date): Promise<boolean> {
  const { rows } = await from.query('select 1 from auth.sessions where id = $1 and expires_at > $2', [sessionId, now]);
  return rows.length > 0;
}

/** Its socket tickets go with it. False when it had ended already. */
export async function deleteSession(tx: Tx, sessionId: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from auth.sessions where id = $1', [sessionId]);
  return rowCount > 0;
}

export async function deleteExpiredSessions(tx: Tx, now: Date): Promise<void> {
  await tx.query('delete from auth.sessions where expires_at <= $1', [now]);
}

export async function replaceSetupLink(tx: Tx, tokenHash: string, at: Date): Promise<void> {
  await deleteSetupLinks(tx);
  await tx.query('insert into auth.setup_links (token_hash, created_at) values ($1, $2)', [tokenHash, at]);
}

export async function deleteSetupLinks(tx: Tx): Promise<void> {
  await tx.query('delete from auth.setup_links');
}

export async function selectIsSetupLink(from: Reader, tokenHash: string): Promise<boolean> {
  const { rows } = await from.query('select 1 from auth.setup_links where token_hash = $1', [tokenHash]);
  return rows.length > 0;
}

/** Also removes those that nobody redeemed in time. */
export async function insertTicket(
  tx: Tx,
  ticket: { tokenHash: string; sessionId: string | null; expiresAt: Date; now: Date },
): Promise<void> {
  await tx.query('delete from auth.socket_tickets where expires_at <= $1', [ticket.now]);
  await tx.query('insert into auth.socket_tickets (token_hash, session_id, expires_at) values ($1, $2, $3)', [
    ticket.tokenHash,
    ticket.sessionId,
    ticket.expiresAt,
  ]);
}

export type TakenTicket = { readonly kind: 'session'; readonly session: LiveSession } | { readonly kind: 'local' };

/** Removes the ticket, so that of two that come with it at once one gets nothing. */
export async function takeTicket(from: Reader, tokenHash: string, now: Date): Promise<TakenTicket | undefined> {
  const { rows } = await from.query<{ ofSession: boolean } & { [K in keyof LiveSession]: LiveSession[K] | null }>(
    `with taken as (
       delete from auth.socket_tickets where token_hash = $1 returning session_id, expires_at
     )
     select taken.session_id is not null as "ofSession", session.id as "sessionId", session.user_id as "userId", account.role
     from taken
       left join auth.sessions as session on session.id = taken.session_id and session.expires_at > $2
       left join auth.users as account on account.id = session.user_id
     where taken.expires_at > $2`,
    [tokenHash, now],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  if (!row.ofSession) return { kind: 'local' };
  const { sessionId, userId, role } = row;
  if (sessionId === null || userId === null || role === null) return undefined;
  return { kind: 'session', session: { sessionId, userId, role } };
}
