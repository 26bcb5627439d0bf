// The SQL that runs before every request: one statement, always of the same text, tells all that decides who the caller is.
// Tokens arrive here as hashes.
import type { Permission, Role } from '@gathering/contract/permissions';
import { rolesOverAllProjects } from '@gathering/contract/permissions';
import type { Database, Tx } from '../../platform/db/database.ts';
import type { SessionKind } from './rules.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;

export interface Account {
  readonly userId: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  readonly projectIds: readonly string[];
}

export interface SessionIdentity extends Account {
  readonly sessionId: string;
  readonly kind: SessionKind;
  readonly expiresAt: Date;
  readonly lastSeenAt: Date;
  /** The token that was shown was revoked by itself. */
  readonly isRevoked: boolean;
}

export interface KeyIdentity extends Account {
  readonly apiKeyId: string;
  readonly scopes: readonly Permission[] | null;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

const membership = 'array(select project_id from project.members where user_id = account.id) as "projectIds"';
const account = `account.id as "userId", account.role, account.disabled_at is not null as "isDisabled", ${membership}`;
const session = `session.id as "sessionId", session.kind, session.expires_at as "expiresAt",
  session.last_seen_at as "lastSeenAt"`;
const key = `key.id as "apiKeyId", key.scopes, key.expires_at as "expiresAt", key.last_used_at as "lastUsedAt"`;

/** Of the role and the projects of the account: what `Actor.projects` is. */
export function projectsOf({ role, projectIds }: Pick<Account, 'role' | 'projectIds'>): ReadonlySet<string> | 'all' {
  return rolesOverAllProjects.includes(role) ? 'all' : new Set(projectIds);
}

const sessionByIdText = `
select ${session}, ${account},
  exists (select 1 from auth.token_blacklist where jti_hash = $3) as "isRevoked"
from auth.sessions as session join auth.users as account on account.id = session.user_id
where session.id = $1 and session.user_id = $2 and session.kind = 'program'`;

/** Of an access token. */
export async function selectSessionOfToken(
  from: Reader,
  token: { sessionId: string; userId: string; jtiHash: string },
): Promise<SessionIdentity | undefined> {
  const { rows } = await from.query<SessionIdentity>(sessionByIdText, [token.sessionId, token.userId, token.jtiHash]);
  return rows[0];
}

const sessionByCookieText = `
select ${session}, ${account}, false as "isRevoked"
from auth.sessions as session join auth.users as account on account.id = session.user_id
where session.token_hash = $1`;

export async function selectSessionOfCookie(from: Reader, tokenHash: string): Promise<SessionIdentity | undefined> {
  const { rows } = await from.query<SessionIdentity>(sessionByCookieText, [tokenHash]);
  return rows[0];
}

const keyByHashText = `
select ${key}, ${account}
from auth.api_keys as key join auth.users as account on account.id = key.user_id
where key.key_hash = $1`;

export async function selectApiKeyOfHash(from: Reader, keyHash: string): Promise<KeyIdentity | undefined> {
  const { rows } = await from.query<KeyIdentity>(keyByHashText, [keyHash]);
  return rows[0];
}

const sessionsByIdsText = `
select ${session}, ${account}, false as "isRevoked"
from auth.sessions as session join auth.users as account on account.id = session.user_id
where session.id = any($1::uuid[])`;

const keysByIdsText = `
select ${key}, ${account}
from auth.api_keys as key join auth.users as account on account.id = key.user_id
where key.id = any($1::uuid[])`;

/** Of what outlives the request that it began with, such as sockets. */
export async function selectSessionsByIds(from: Reader, ids: readonly string[]): Promise<SessionIdentity[]> {
  if (ids.length === 0) return [];
  return (await from.query<SessionIdentity>(sessionsByIdsText, [ids])).rows;
}

export async function selectApiKeysByIds(from: Reader, ids: readonly string[]): Promise<KeyIdentity[]> {
  if (ids.length === 0) return [];
  return (await from.query<KeyIdentity>(keysByIdsText, [ids])).rows;
}

export async function touchSession(from: Reader, id: string, now: Date, address: string | null): Promise<void> {
  await from.query('update auth.sessions set last_seen_at = $2, address = $3 where id = $1 and last_seen_at < $2', [
    id,
    now,
    address,
  ]);
}

export async function touchApiKey(from: Reader, id: string, now: Date): Promise<void> {
  await from.query(
    'update auth.api_keys set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)',
    [id, now],
  );
}
