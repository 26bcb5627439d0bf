// All SQL of approvals. A request is changed only while its row is locked, and only while it is open.
import type { ApprovalState } from '@gathering/contract/approvals';
import type { Json } from '@gathering/contract/json';
import { type Role, roleGrants, roles, rolesOverAllProjects, rolesThatOperate } from '@gathering/contract/permissions';
import type { Sight } from '../../ctx.ts';
import type { Database, Tx } from '../../platform/db/database.ts';
import type { Asked } from './rules.ts';

export interface RequestRow extends Asked {
  readonly id: string;
  readonly subject: string;
  readonly place: string;
  readonly source: string;
  readonly title: string;
  readonly body: string;
  readonly arguments: { [key: string]: Json } | null;
  readonly shown: string;
  readonly requestedBy: string;
  readonly quorum: number;
  readonly approvals: number;
  readonly state: ApprovalState;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly decidedAt: Date | null;
  readonly jobName: string;
  readonly jobId: string;
  readonly jobPayload: { [key: string]: Json };
  readonly jobPriority: number;
  readonly expiryJobId: string | null;
  readonly notificationIds: readonly string[];
}

const columns = `r.id, r.subject, r.place, r.source, r.title, r.body, r.arguments, r.shown, r.requested_by as "requestedBy",
  r.owner_id as "ownerId", r.project_id as "projectId", r.roles, r.user_ids as "userIds", r.excluded_id as "excludedId",
  r.quorum, r.approvals, r.state, r.expires_at as "expiresAt", r.created_at as "createdAt", r.decided_at as "decidedAt",
  r.job_name as "jobName", r.job_id as "jobId", r.job_payload as "jobPayload", r.job_priority as "jobPriority", r.expiry_job_id as "expiryJobId",
  r.notification_ids as "notificationIds"`;

export type NewRequest = Omit<RequestRow, 'approvals' | 'state' | 'decidedAt'>;

export async function insertRequest(tx: Tx, row: NewRequest): Promise<void> {
  await tx.query(
    `insert into approval.requests (id, subject, place, source, title, body, arguments, shown, requested_by, owner_id, project_id,
       roles, user_ids, excluded_id, quorum, state, expires_at, created_at, job_name, job_id, job_payload, job_priority, expiry_job_id, notification_ids)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'open', $16, $17, $18, $19, $20, $21, $22, $23)`,
    [
      ...[row.id, row.subject, row.place, row.source, row.title, row.body],
      row.arguments === null ? null : JSON.stringify(row.arguments),
      ...[row.shown, row.requestedBy, row.ownerId, row.projectId, row.roles, row.userIds, row.excludedId, row.quorum],
      ...[row.expiresAt, row.createdAt, row.jobName, row.jobId, JSON.stringify(row.jobPayload)],
      ...[row.jobPriority, row.expiryJobId, row.notificationIds],
    ],
  );
}

export async function lockRequest(tx: Tx, id: string): Promise<RequestRow | null> {
  const { rows } = await tx.query<RequestRow>(`select ${columns} from approval.requests r where r.id = $1 for update`, [
    id,
  ]);
  return rows[0] ?? null;
}

export async function findRequest(database: Database, id: string): Promise<RequestRow | null> {
  const { rows } = await database.query<RequestRow>(`select ${columns} from approval.requests r where r.id = $1`, [id]);
  return rows[0] ?? null;
}

export async function findRequestOfJob(database: Database, jobId: string): Promise<RequestRow | null> {
  const { rows } = await database.query<RequestRow>(`select ${columns} from approval.requests r where r.job_id = $1`, [
    jobId,
  ]);
  return rows[0] ?? null;
}

export async function saveState(
  tx: Tx,
  id: string,
  change: { readonly state: ApprovalState; readonly approvals: number; readonly decidedAt: Date | null },
): Promise<void> {
  await tx.query('update approval.requests set state = $2, approvals = $3, decided_at = $4 where id = $1', [
    id,
    change.state,
    change.approvals,
    change.decidedAt,
  ]);
}

/** Those that are still open among the requests that would go on with these jobs; they are locked, in order. */
export async function lockOpenOfJobs(tx: Tx, jobIds: readonly string[]): Promise<RequestRow[]> {
  const { rows } = await tx.query<RequestRow>(
    `select ${columns} from approval.requests r where r.job_id = any($1::uuid[]) and r.state = 'open' order by r.id for update`,
    [jobIds],
  );
  return rows;
}

export interface VoteRow {
  readonly requestId: string;
  readonly userId: string;
  readonly userName: string | null;
  readonly decision: 'approve' | 'reject';
  readonly comment: string;
  readonly at: Date;
}

/** False: this person has voted on it. */
export async function insertVote(
  tx: Tx,
  vote: Omit<VoteRow, 'userName'> & { readonly shown: string },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into approval.votes (request_id, user_id, decision, comment, shown, voted_at) values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing`,
    [vote.requestId, vote.userId, vote.decision, vote.comment, vote.shown, vote.at],
  );
  return rowCount === 1;
}

/** In the order in which they were cast; of users their names are read. */
export async function selectVotes(database: Database, requestIds: readonly string[]): Promise<VoteRow[]> {
  const { rows } = await database.query<VoteRow>(
    `select v.request_id as "requestId", v.user_id as "userId", account.name as "userName", v.decision, v.comment, v.voted_at as at
       from approval.votes v left join auth.users account on account.id = v.user_id
      where v.request_id = any($1::uuid[]) order by v.voted_at, v.user_id`,
    [requestIds],
  );
  return rows;
}

export interface RequestFilter {
  readonly show: 'mine' | 'open' | 'decided' | undefined;
  readonly subject: string | undefined;
  readonly before: string | null;
  readonly limit: number;
}

// The same rule as `isDecider` and `ctx.may`; approvals.db.test.ts compares them.
const deciding = `($5::uuid is not null and r.excluded_id is distinct from $5 and case
    when r.roles is null and r.user_ids is null
      then auth.may_see(r.owner_id, r.project_id, r.project_id is null, $5, $6, $7)
    else ($8::text = any(coalesce(r.roles, '{}')) or $5 = any(coalesce(r.user_ids, '{}')))
      and (r.project_id is null or $6::uuid[] is null or r.project_id = any($6))
  end)`;

/** Those that the reader sees, or may decide, latest first. */
export async function listRequests(
  database: Database,
  sight: Sight,
  role: Role | null,
  { show, subject, before, limit }: RequestFilter,
): Promise<RequestRow[]> {
  const { rows } = await database.query<RequestRow>(
    `select ${columns} from approval.requests r
      where ($1::uuid is null or r.id < $1) and ($2::text is null or r.subject = $2)
        and case $3::text
          when 'mine' then r.state = 'open' and ${deciding}
            and not exists (select from approval.votes v where v.request_id = r.id and v.user_id = $5)
          when 'open' then r.state = 'open'
          when 'decided' then r.state <> 'open'
          else true
        end
        and (auth.may_see(r.owner_id, r.project_id, r.project_id is null, $5, $6, $7) or ${deciding})
      order by r.id desc limit $4`,
    [before, subject ?? null, show ?? null, limit, sight.userId, sight.projects, sight.isOperator, role],
  );
  return rows;
}

const decidingRoles = roles.filter((role) => roleGrants(role, 'approvals.decide'));

/** Users who may decide now, at most `limit`. Of users and members it reads who they are, and changes nothing. */
export async function selectDeciders(database: Database, asked: Asked, limit: number): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select account.id from auth.users account
      where account.disabled_at is null and account.role = any($1::text[]) and account.id is distinct from $2::uuid
        and ($3::uuid is null or account.role = any($4::text[])
          or exists (select from project.members m where m.project_id = $3 and m.user_id = account.id))
        and case when $5::text[] is null and $6::uuid[] is null
          then $3::uuid is not null or account.id = $7::uuid or account.role = any($8::text[])
          else account.role = any(coalesce($5, '{}')) or account.id = any(coalesce($6, '{}')) end
      order by account.id limit $9`,
    [
      ...[decidingRoles, asked.excludedId, asked.projectId, rolesOverAllProjects],
      ...[asked.roles, asked.userIds, asked.ownerId, rolesThatOperate, limit],
    ],
  );
  return rows.map(({ id }) => id);
}

/** Removes what was decided before an instant, at most `limit`; tells how many went. */
export async function deleteDecided(database: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await database.query(
    `delete from approval.requests where id in (
       select id from approval.requests where decided_at < $1 order by decided_at limit $2)`,
    [before, limit],
  );
  return rowCount;
}
