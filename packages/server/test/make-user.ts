// Users for tests: rows as they are after an invitation was accepted, without the way there.
import type { Role } from '@gathering/contract/permissions';
import type { Actor } from '../src/ctx.ts';
import { passwords } from '../src/features/auth/passwords.ts';
import type { Database } from '../src/platform/db/database.ts';
import { newId } from '../src/platform/ids.ts';
import { owner } from './make-ctx.ts';

/** Has this id and role and cannot sign in. Answers the actor that a context needs; it is a member of no project. */
export async function insertUser(
  database: Pick<Database, 'query'>,
  { id = newId(), role = 'member', passwordHash = 'none' }: { id?: string; role?: Role; passwordHash?: string } = {},
): Promise<Actor & { readonly email: string }> {
  const email = `${id}@example.org`;
  await database.query(
    `insert into auth.users (id, email, email_key, name, name_key, role, password_hash, created_at)
     values ($1, $2, lower($2), $3, lower($3), $4, $5, now())`,
    [id, email, `User ${id.slice(-4)}`, role, passwordHash],
  );
  const projects = role === 'admin' || role === 'owner' ? 'all' : new Set<string>();
  return { ...owner, id, role, projects, email };
}

/** The owner that contexts of tests act as. */
export async function insertOwnerOfTests(database: Pick<Database, 'query'>): Promise<void> {
  await database.query(
    `insert into auth.users (id, email, email_key, name, name_key, role, password_hash, created_at)
     values ($1, 'owner-of-tests@example.org', 'owner-of-tests@example.org', 'Owner', 'owner', 'owner', 'none', now()) on conflict do nothing`,
    [owner.id],
  );
}

/** One hash for many users: hashing is made to take its time. */
export function hashOnce(password: string): Promise<string> {
  return passwords.hash(password);
}
