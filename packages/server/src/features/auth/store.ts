// All SQL on the first owner, set-up links, socket tickets and what signing in locks. Tokens arrive here as hashes.
import { AppError } from '@gathering/contract/errors';
import type { Database, Tx } from '../../platform/db/database.ts';
import { codeOf } from '../../platform/db/failures.ts';
import { errors } from '../../platform/db/sql-state.ts';

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

/** Whether the password that was checked is still theirs and they may still sign in; no change comes between until the transaction ends. */
export async function lockSignIn(tx: Tx, userId: string, passwordHash: string): Promise<boolean> {
  const { rows } = await tx.query(
    'select 1 from auth.users where id = $1 and password_hash = $2 and disabled_at is null for share',
    [userId, passwordHash],
  );
  return rows.length > 0;
}

/** Whoever changes what a sign-in of this user must show holds this until its transaction ends; it waits for `lockSignIn`. */
export async function lockUser(tx: Tx, userId: string): Promise<void> {
  await tx.query('select 1 from auth.users where id = $1 for no key update', [userId]);
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

/**
 * Without a session and a key: of a command of the program on this machine. Throws AppError `auth.required` where the
 * session or key ended since the request began.
 */
export async function insertTicket(
  tx: Tx,
  ticket: { tokenHash: string; sessionId: string | null; apiKeyId: string | null; expiresAt: Date },
): Promise<void> {
  try {
    await tx.query(
      'insert into auth.socket_tickets (token_hash, session_id, api_key_id, expires_at) values ($1, $2, $3, $4)',
      [ticket.tokenHash, ticket.sessionId, ticket.apiKeyId, ticket.expiresAt],
    );
  } catch (error) {
    if (codeOf(error) === errors.foreignKeyViolation) throw new AppError('auth.required', { cause: error });
    throw error;
  }
}

/** Removes the ticket, so that of two that come with it at once one gets nothing. */
export async function takeTicket(
  from: Reader,
  tokenHash: string,
  now: Date,
): Promise<{ sessionId: string | null; apiKeyId: string | null } | undefined> {
  const { rows } = await from.query<{ sessionId: string | null; apiKeyId: string | null }>(
    `with taken as (
       delete from auth.socket_tickets where token_hash = $1 returning session_id, api_key_id, expires_at
     )
     select session_id as "sessionId", api_key_id as "apiKeyId" from taken where expires_at > $2`,
    [tokenHash, now],
  );
  return rows[0];
}
