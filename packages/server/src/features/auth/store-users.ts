// All SQL on users: made, found, listed, changed, removed. What belongs to a user goes with it, by foreign keys.
import type { User } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { Role } from '@gathering/contract/permissions';
import type { Database, Tx } from '../../platform/db/database.ts';
import { codeOf } from '../../platform/db/failures.ts';
import { errors } from '../../platform/db/sql-state.ts';
import { normalizeEmail, normalizeText } from './rules.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;
type UserRow = Omit<User, 'createdAt' | 'disabledAt'> & { createdAt: Date; disabledAt: Date | null };

const readUser = (row: UserRow): User => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  disabledAt: row.disabledAt?.toISOString() ?? null,
});

const columns = `account.id, account.email, account.name, account.role, account.created_at as "createdAt",
  account.disabled_at as "disabledAt", factor.confirmed_at is not null as "secondFactor"`;
const source = 'auth.users as account left join auth.second_factors as factor on factor.user_id = account.id';

/** Throws AppError `auth.email-taken`. */
export async function insertUser(tx: Tx, user: User, passwordHash: string): Promise<void> {
  const { id, email, name, role } = user;
  try {
    await tx.query(
      `insert into auth.users (id, email, email_key, name, name_key, role, password_hash, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, email, normalizeEmail(email), name, normalizeText(name), role, passwordHash, new Date(user.createdAt)],
    );
  } catch (error) {
    if (codeOf(error) === errors.uniqueViolation) throw new AppError('auth.email-taken', { cause: error });
    throw error;
  }
}

export interface KnownUser {
  readonly user: User;
  readonly passwordHash: string;
}

export async function selectUserByEmail(from: Reader, email: string): Promise<KnownUser | undefined> {
  const { rows } = await from.query<UserRow & { passwordHash: string }>(
    `select ${columns}, account.password_hash as "passwordHash" from ${source} where account.email_key = $1`,
    [normalizeEmail(email)],
  );
  return readKnown(rows[0]);
}

/** With what proves that it is this user. */
export async function selectUserToProve(from: Reader, id: string): Promise<KnownUser | undefined> {
  const { rows } = await from.query<UserRow & { passwordHash: string }>(
    `select ${columns}, account.password_hash as "passwordHash" from ${source} where account.id = $1`,
    [id],
  );
  return readKnown(rows[0]);
}

function readKnown(row: (UserRow & { passwordHash: string }) | undefined): KnownUser | undefined {
  if (row === undefined) return undefined;
  const { passwordHash, ...user } = row;
  return { user: readUser(user), passwordHash };
}

/** The user with this id; without one the owner who can sign in and was made first. */
export async function selectUser(from: Reader, id: string | null): Promise<User | undefined> {
  const { rows } = await from.query<UserRow>(
    `select ${columns} from ${source} where ($1::uuid is null and account.role = 'owner') or account.id = $1
     order by account.disabled_at is not null, account.created_at limit 1`,
    [id],
  );
  return rows[0] === undefined ? undefined : readUser(rows[0]);
}

export interface UserFilter {
  readonly role?: Role | undefined;
  /** Part of the address or the name. */
  readonly search?: string | undefined;
  /** Address, as it is compared, after which the page begins. */
  readonly after: string | null;
  readonly limit: number;
}

export type ListedUser = User & { readonly emailKey: string };

/** By address. */
export async function selectUsers(from: Reader, { role, search, after, limit }: UserFilter): Promise<ListedUser[]> {
  const { rows } = await from.query<UserRow & { emailKey: string }>(
    `select ${columns}, account.email_key as "emailKey" from ${source}
     where ($1::text is null or account.email_key > $1) and ($2::text is null or account.role = $2)
       and ($3::text is null or account.email_key like $3 escape '!' or account.name_key like $3 escape '!')
     order by account.email_key limit $4`,
    [after, role ?? null, search === undefined ? null : patternOf(search), limit],
  );
  return rows.map(({ emailKey, ...row }) => ({ ...readUser(row), emailKey }));
}

/** Signs of patterns stand for themselves. */
function patternOf(search: string): string {
  return `%${normalizeText(search).replace(/[!%_]/g, (sign) => `!${sign}`)}%`;
}

/** How many owners can sign in, besides this one. */
export async function countOtherOwners(tx: Tx, id: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    `select count(*) as count from auth.users where role = 'owner' and disabled_at is null and id <> $1`,
    [id],
  );
  return rows[0]?.count ?? 0;
}

export async function updateUserRow(tx: Tx, { id, name, role, disabledAt }: User): Promise<void> {
  await tx.query('update auth.users set name = $2, name_key = $3, role = $4, disabled_at = $5 where id = $1', [
    id,
    name,
    normalizeText(name),
    role,
    disabledAt === null ? null : new Date(disabledAt),
  ]);
}

/** False when the password became another one since `before` was read; nothing is changed then. */
export async function replacePasswordHash(tx: Tx, id: string, before: string, after: string): Promise<boolean> {
  const { rowCount } = await tx.query('update auth.users set password_hash = $3 where id = $1 and password_hash = $2', [
    id,
    before,
    after,
  ]);
  return rowCount > 0;
}

export async function setPasswordHash(tx: Tx, id: string, passwordHash: string): Promise<void> {
  await tx.query('update auth.users set password_hash = $2 where id = $1', [id, passwordHash]);
}

export async function deleteUserRow(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from auth.users where id = $1', [id]);
}
