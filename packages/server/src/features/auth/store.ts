// All SQL on users, set-up links and socket tickets. Tokens arrive here as hashes.
import type { User } from '@gathering/contract/auth';
import type { Database, Tx } from '../../platform/db/database.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;
type UserRow = Omit<User, 'createdAt' | 'disabledAt' | 'secondFactor'> & { createdAt: Date; disabledAt: Date | null };

const readUser = (row: UserRow): User => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  disabledAt: row.disabledAt?.toISOString() ?? null,
  secondFactor: false,
});

export async function ownerExists(from: Reader): Promise<boolean> {
  const { rows } = await from.query<{ found: boolean }>(
    `select exists (select 1 from auth.users where role = 'owner') as found`,
  );
  return rows[0]?.found === true;
}

/** Whoever makes the first user holds this until its transaction ends; reading goes on meanwhile. */
export async function lockUsers(tx: Tx): Promise<void> {
  await tx.query('lock table auth.users in share row exclusive mode');
}

export async function insertUser(tx: Tx, user: User, passwordHash: string): Promise<void> {
  await tx.query(
    'insert into auth.users (id, email, name, role, password_hash, created_at) values ($1, $2, $3, $4, $5, $6)',
    [user.id, user.email, user.name, user.role, passwordHash, new Date(user.createdAt)],
  );
}

export async function selectUserByEmail(
  from: Reader,
  email: string,
): Promise<{ user: User; passwordHash: string } | undefined> {
  const { rows } = await from.query<UserRow & { passwordHash: string }>(
    `select id, email, name, role, created_at as "createdAt", disabled_at as "disabledAt", password_hash as "passwordHash"
     from auth.users where lower(email) = lower($1)`,
    [email],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { passwordHash, ...user } = row;
  return { user: readUser(user), passwordHash };
}

/** The user with this id; without one the owner that was made first. */
export async function selectUser(from: Reader, id: string | null): Promise<User | undefined> {
  const { rows } = await from.query<UserRow>(
    `select id, email, name, role, created_at as "createdAt", disabled_at as "disabledAt" from auth.users
     where ($1::uuid is null and role = 'owner') or id = $1 order by created_at limit 1`,
    [id],
  );
  return rows[0] === undefined ? undefined : readUser(rows[0]);
}

/** Whether the password that was checked is still theirs and they may still sign in; no change comes between until the transaction ends. */
export async function lockSignIn(tx: Tx, userId: string, passwordHash: string): Promise<boolean> {
  const { rows } = await tx.query(
    'select 1 from auth.users where id = $1 and password_hash = $2 and disabled_at is null for share',
    [userId, passwordHash],
  );
  return rows.length > 0;
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

/** Without a session and a key: of a command of the program on this machine. */
export async function insertTicket(
  tx: Tx,
  ticket: { tokenHash: string; sessionId: string | null; apiKeyId: string | null; expiresAt: Date },
): Promise<void> {
  await tx.query(
    'insert into auth.socket_tickets (token_hash, session_id, api_key_id, expires_at) values ($1, $2, $3, $4)',
    [ticket.tokenHash, ticket.sessionId, ticket.apiKeyId, ticket.expiresAt],
  );
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
