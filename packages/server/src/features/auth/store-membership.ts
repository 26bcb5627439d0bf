// Who people are at this moment, for work that was begun earlier: all SQL on that.
import type { Role } from '@gathering/contract/permissions';
import type { Actor } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { projectsOf } from './store-identity.ts';

export interface CurrentUser {
  readonly id: string;
  readonly role: Role;
  readonly projects: Actor['projects'];
}

/** Those of them that exist and are not disabled. */
export async function selectCurrentUsers(
  from: Pick<Database, 'query'>,
  ids: readonly string[],
): Promise<CurrentUser[]> {
  const { rows } = await from.query<{ id: string; role: Role; projectIds: string[] }>(
    `select account.id, account.role,
       array(select project_id from project.members where user_id = account.id) as "projectIds"
     from auth.users as account where account.id = any($1::uuid[]) and account.disabled_at is null`,
    [ids],
  );
  return rows.map(({ id, role, projectIds }) => ({ id, role, projects: projectsOf({ role, projectIds }) }));
}
