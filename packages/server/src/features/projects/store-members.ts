// All SQL on members of projects. Of users it reads how they are called, and changes nothing.
import type { ProjectMember } from '@gathering/contract/projects';
import type { Database, Tx } from '../../platform/db/database.ts';

type MemberRow = Omit<ProjectMember, 'addedAt'> & { readonly addedAt: Date };

const memberColumns = `account.id as "userId", account.name, account.email, account.role, member.added_at as "addedAt",
  member.added_by as "addedBy"`;

const readMember = ({ addedAt, ...row }: MemberRow): ProjectMember => ({ ...row, addedAt: addedAt.toISOString() });

/** By e-mail. */
export async function selectMembers(database: Database, projectId: string): Promise<ProjectMember[]> {
  const { rows } = await database.query<MemberRow>(
    `select ${memberColumns} from project.members as member join auth.users as account on account.id = member.user_id
     where member.project_id = $1 order by lower(account.email)`,
    [projectId],
  );
  return rows.map(readMember);
}

export async function selectMember(tx: Tx, projectId: string, userId: string): Promise<ProjectMember | undefined> {
  const { rows } = await tx.query<MemberRow>(
    `select ${memberColumns} from project.members as member join auth.users as account on account.id = member.user_id
     where member.project_id = $1 and member.user_id = $2`,
    [projectId, userId],
  );
  return rows.map(readMember)[0];
}

export async function selectMemberIds(tx: Tx, projectId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    'select user_id as id from project.members where project_id = $1 order by user_id',
    [projectId],
  );
  return rows.map(({ id }) => id);
}

/** False: there is no such user, or they are a member already. */
export async function insertMember(
  tx: Tx,
  member: { readonly projectId: string; readonly userId: string; readonly addedAt: Date; readonly addedBy: string },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into project.members (project_id, user_id, added_at, added_by)
     select $1, id, $3, $4 from auth.users where id = $2 on conflict do nothing`,
    [member.projectId, member.userId, member.addedAt, member.addedBy],
  );
  return rowCount === 1;
}

export async function deleteMember(tx: Tx, projectId: string, userId: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from project.members where project_id = $1 and user_id = $2', [
    projectId,
    userId,
  ]);
  return rowCount === 1;
}

export type CandidateRow = Omit<ProjectMember, 'addedAt' | 'addedBy'>;

/** Users who are no members and may sign in, by e-mail; `search` is part of the e-mail or the name. */
export async function selectCandidates(
  database: Database,
  { projectId, search, limit }: { projectId: string; search: string; limit: number },
): Promise<CandidateRow[]> {
  const { rows } = await database.query<CandidateRow>(
    `select account.id as "userId", account.name, account.email, account.role from auth.users as account
     where account.disabled_at is null
       and not exists (select from project.members where project_id = $1 and user_id = account.id)
       and (strpos(lower(account.email), lower($2)) > 0 or strpos(lower(account.name), lower($2)) > 0)
     order by lower(account.email) limit $3`,
    [projectId, search, limit],
  );
  return rows;
}
