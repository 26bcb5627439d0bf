// Who somebody is at this moment, for work that was begun earlier: jobs of runs and turns, open sockets. Nothing is kept:
// those who are asked for together are read with one query, so that a burst of jobs costs one round trip.
import type { Permission } from '@gathering/contract/permissions';
import { type Actor, type Ground, userOf } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { type CurrentUser, selectCurrentUsers } from './store-membership.ts';

interface Asked {
  readonly id: string;
  readonly resolve: (user: CurrentUser | null) => void;
  readonly reject: (error: unknown) => void;
}

const waiting = new WeakMap<Database, Asked[]>();

/** As `Ground.findActor`. */
export async function findActor(
  database: Database,
  name: string,
  scopes: readonly Permission[] | null,
): Promise<Actor | null> {
  const rest = { scopes, credential: 'internal', sessionId: null, address: null } as const;
  if (!name.startsWith('users/')) {
    const id = name.slice(name.indexOf('/') + 1);
    return { kind: 'system', id, role: 'owner', projects: 'all', ...rest };
  }
  const userId = userOf(name);
  const user = userId === null ? null : await findUser(database, userId);
  return user === null ? null : { kind: 'user', id: user.id, role: user.role, projects: user.projects, ...rest };
}

/** Whoever came in earlier, with the role and projects of this moment; null: gone or disabled. */
export async function reloadActor(ground: Pick<Ground, 'database'>, actor: Actor): Promise<Actor | null> {
  if (actor.kind === 'system') return actor;
  const user = await findUser(ground.database, actor.id);
  return user === null ? null : { ...actor, role: user.role, projects: user.projects };
}

function findUser(database: Database, id: string): Promise<CurrentUser | null> {
  return new Promise((resolve, reject) => {
    const asked = waiting.get(database);
    const one = { id, resolve, reject };
    if (asked) {
      asked.push(one);
      return;
    }
    waiting.set(database, [one]);
    setImmediate(() => void answer(database));
  });
}

async function answer(database: Database): Promise<void> {
  const asked = waiting.get(database) ?? [];
  waiting.delete(database);
  try {
    const users = await selectCurrentUsers(database, [...new Set(asked.map(({ id }) => id))]);
    const byId = new Map(users.map((user) => [user.id, user]));
    for (const one of asked) one.resolve(byId.get(one.id) ?? null);
  } catch (error) {
    for (const one of asked) one.reject(error);
  }
}
