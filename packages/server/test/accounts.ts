// Accounts for tests of who may do what: made straight in the database, with a password that can be used, and contexts
// that act as them.
import type { User } from '@gathering/contract/auth';
import type { Role } from '@gathering/contract/permissions';
import type { Actor, Ctx } from '../src/ctx.ts';
import { openSession, prepareForBrowser } from '../src/features/auth/open-session.ts';
import { passwords } from '../src/features/auth/passwords.ts';
import { insertUser, selectUser } from '../src/features/auth/store-users.ts';
import type { Database } from '../src/platform/db/database.ts';
import { systemIds } from '../src/platform/ids.ts';

export const accountPassword = 'a sentence for every account';
let hash: Promise<string> | undefined;

export async function makeAccount(database: Database, role: Role, name: string = role): Promise<User> {
  hash ??= passwords.hash(accountPassword);
  const user: User = {
    id: systemIds.next(),
    email: `${name.toLowerCase().replaceAll(/\W/g, '.')}@example.org`,
    name,
    role,
    createdAt: new Date().toISOString(),
    disabledAt: null,
    secondFactor: false,
  };
  const passwordHash = await hash;
  await database.transaction((tx) => insertUser(tx, user, passwordHash));
  return user;
}

type Acting = Parameters<typeof prepareForBrowser>[0] & Pick<Ctx, 'tx' | 'actor' | 'requestId'>;

/** The same context with a signed-in user. */
export function actingAs<C extends { readonly actor: Actor }>(ctx: C, user: User, sessionId: string | null = null): C {
  return { ...ctx, actor: { ...ctx.actor, kind: 'user', id: user.id, role: user.role, sessionId } };
}

/** The same context with a command on this machine, which may do what an owner may. */
export function actingLocally<C extends { readonly actor: Actor }>(ctx: C): C {
  return { ...ctx, actor: { ...ctx.actor, kind: 'system', id: 'local-command', role: 'owner', sessionId: null } };
}

/** The same context with somebody who has not signed in. */
export function actingUnknown<C extends { readonly actor: Actor }>(ctx: C): C {
  return { ...ctx, actor: { ...ctx.actor, kind: 'system', id: 'anonymous', role: null, sessionId: null } };
}

/** Answers the id of the session. */
export async function openSessionOf(ctx: Acting, user: User): Promise<string> {
  const opening = await prepareForBrowser(ctx);
  await ctx.tx((tx) => openSession(ctx, tx, user, opening));
  return opening.sessionId;
}

export async function sessionsOf(database: Database, user: User): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>('select id from auth.sessions where user_id = $1 order by id', [
    user.id,
  ]);
  return rows.map(({ id }) => id);
}

export function readAccount(database: Database, { id }: Pick<User, 'id'>): Promise<User | undefined> {
  return selectUser(database, id);
}

/** `done`, or the code of the refusal. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
    throw error;
  }
}

export async function auditRows(database: Database) {
  const { rows } = await database.query<{ action: string; result: string; actor: string; object: string | null }>(
    'select action, result, actor, object, details from audit.entries order by id',
  );
  return rows;
}

/** Everything that is stored of accounts, of what they did and of what was told, as one text. */
export async function storedText(database: Database): Promise<string> {
  const { rows } = await database.query<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_tables where schemaname in ('auth', 'audit', 'event')`,
  );
  const texts: string[] = [];
  for (const { name } of rows) texts.push(JSON.stringify((await database.query(`select * from ${name}`)).rows));
  return texts.join('\n');
}
