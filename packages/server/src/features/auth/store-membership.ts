// All SQL on what people may see: the projects that they are members of, and who somebody is at this moment.
import { type Role, rolesOverAllProjects } from '@gathering/contract/permissions';
import type { Actor } from '../../ctx.ts';
import type { Database, Tx } from '../../platform/db/database.ts';

type Reader = Pick<Database, 'query'> | Pick<Tx, 'query'>;

/** What `Actor.projects` is for this user now. */
export async function selectMembership(
  from: Reader,
  { userId, role }: { readonly userId: string; readonly role: Role },
): Promise<Actor['projects']> {
  if (rolesOverAllProjects.includes(role)) return 'all';
  const { rows } = await from.query<{ id: string }>('select project_id as id from project.members where user_id = $1', [
    userId,
  ]);
  return new Set(rows.map(({ id }) => id));
}

export interface CurrentUser {
  readonly id: string;
  readonly role: Role;
  readonly projects: Actor['projects'];
}

/** Those of them that exist and are not disabled. */
export async function selectCurrentUsers(from: Reader, ids: readonly string[]): Promise<CurrentUser[]> {
  const { rows } = await from.query<{ id: string; role: Role; projects: string[] }>(
    `select account.id, account.role,
       array(select member.project_id from project.members as member where member.user_id = account.id) as projects
     from auth.users as account where account.id = any($1::uuid[]) and account.disabled_at is null`,
    [ids],
  );
  return rows.map(({ id, role, projects }) => ({
    id,
    role,
    projects: rolesOverAllProjects.includes(role) ? 'all' : new Set(projects),
  }));
}
