// SQL of nodes that wait for an event or a call. A wait ends by one guarded update: whoever makes it enqueues the job
// that goes on.
import type { EventType } from '@gathering/contract/events';
import type { Json } from '@gathering/contract/json';
import type { Permission } from '@gathering/contract/permissions';
import type { Sight } from '../../../ctx.ts';
import type { CursorParts } from '../../../platform/cursor.ts';
import type { Database, Tx } from '../../../platform/db/database.ts';

export interface NewWait {
  readonly jobId: string;
  readonly runId: string;
  readonly nodeId: string;
  readonly kind: 'event' | 'signal';
  readonly eventType: string | null;
  readonly match: string | null;
  readonly key: Json;
  /** Events at or before it are not looked at. */
  readonly since: CursorParts | null;
  readonly timeoutJobId: string | null;
  readonly createdAt: Date;
}

/** Holds the position still, so that whoever compares events next knows this wait. */
export async function insertWait(tx: Tx, wait: NewWait): Promise<void> {
  if (wait.kind === 'event') await tx.query('select 1 from pipeline.event_position for share');
  await tx.query(
    `insert into pipeline.waits (job_id, run_id, node_id, kind, event_type, match, key, since_xid, since_id, status, timeout_job_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8::xid8, $9::bigint, 'open', $10, $11)`,
    [
      ...[wait.jobId, wait.runId, wait.nodeId, wait.kind, wait.eventType, wait.match],
      ...[wait.key === null ? null : JSON.stringify(wait.key), wait.since?.xid ?? null, wait.since?.id ?? null],
      ...[wait.timeoutJobId, wait.createdAt],
    ],
  );
}

export interface WaitRow {
  readonly status: 'open' | 'arrived' | 'timed_out' | 'closed';
  readonly payload: Json;
}

export async function findWait(database: Database, jobId: string): Promise<WaitRow | null> {
  const { rows } = await database.query<WaitRow>('select status, payload from pipeline.waits where job_id = $1', [
    jobId,
  ]);
  return rows[0] ?? null;
}

export interface EndedWait {
  readonly jobId: string;
  readonly runId: string;
  readonly nodeId: string;
  readonly timeoutJobId: string | null;
  readonly pipeline_id: string | null;
  readonly project_id: string | null;
  readonly actor_id: string;
  readonly priority: number;
}

/** Null: it has ended already. */
export async function endWait(
  tx: Tx,
  jobId: string,
  status: 'arrived' | 'timed_out',
  payload: Json,
): Promise<EndedWait | null> {
  const { rows } = await tx.query<EndedWait>(
    `update pipeline.waits w set status = $2, payload = $3 from pipeline.runs r
      where w.job_id = $1 and w.status = 'open' and r.id = w.run_id
      returning w.job_id as "jobId", w.run_id as "runId", w.node_id as "nodeId", w.timeout_job_id as "timeoutJobId",
                r.pipeline_id, r.project_id, r.actor_id, r.priority`,
    [jobId, status, JSON.stringify(payload)],
  );
  return rows[0] ?? null;
}

/** Nobody waits any more. Tells the jobs that would have ended the waits at their time. */
export async function closeWaits(tx: Tx, jobIds: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ id: string | null }>(
    `update pipeline.waits set status = 'closed' where job_id = any($1::uuid[]) and status = 'open' returning timeout_job_id as id`,
    [jobIds],
  );
  return rows.flatMap(({ id }) => (id === null ? [] : [id]));
}

export interface OpenSignal {
  readonly jobId: string;
  readonly key: Json;
}

export async function findSignalOfNode(database: Database, runId: string, nodeId: string): Promise<OpenSignal | null> {
  const { rows } = await database.query<OpenSignal>(
    `select job_id as "jobId", key from pipeline.waits where run_id = $1 and node_id = $2 and status = 'open' and kind = 'signal'`,
    [runId, nodeId],
  );
  return rows[0] ?? null;
}

/** Of runs that the reader may see, the oldest first. */
export async function listSignalsOfKey(
  database: Database,
  sight: Sight,
  key: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await database.query<{ jobId: string }>(
    `select w.job_id as "jobId" from pipeline.waits w join pipeline.runs r on r.id = w.run_id
      where w.status = 'open' and w.kind = 'signal' and w.key = to_jsonb($1::text)
        and auth.may_see(case when r.project_id is null then r.owner_id end, r.project_id, r.project_id is null, $2, $3, $4)
      order by w.created_at, w.job_id limit $5`,
    [key, sight.userId, sight.projects, sight.isOperator, limit],
  );
  return rows.map(({ jobId }) => jobId);
}

export interface EventWait {
  readonly jobId: string;
  readonly eventType: EventType;
  readonly match: string | null;
  readonly key: Json;
  readonly since: string;
  readonly actorId: string;
  readonly scopes: readonly Permission[] | null;
}

/** Open ones for these types, after one of them, in order. */
export async function listEventWaits(
  database: Database,
  types: readonly string[],
  after: string | null,
  limit: number,
): Promise<EventWait[]> {
  const { rows } = await database.query<EventWait>(
    `select w.job_id as "jobId", w.event_type as "eventType", w.match, w.key, w.since_xid::text || '-' || w.since_id::text as since,
            r.actor_id as "actorId", r.scopes
       from pipeline.waits w join pipeline.runs r on r.id = w.run_id
      where w.status = 'open' and w.kind = 'event' and w.event_type = any($1::text[]) and ($2::uuid is null or w.job_id > $2)
      order by w.job_id limit $3`,
    [types, after, limit],
  );
  return rows;
}

/** Where the oldest open wait begins to look; null: nobody waits for events. */
export async function findOldestWait(database: Database): Promise<string | null> {
  const { rows } = await database.query<{ since: string }>(
    `select since_xid::text || '-' || since_id::text as since from pipeline.waits
      where status = 'open' and kind = 'event' order by since_xid, since_id limit 1`,
  );
  return rows[0]?.since ?? null;
}

export async function readEventPosition(database: Database): Promise<string> {
  const { rows } = await database.query<{ position: string }>(
    `select xid::text || '-' || id::text as position from pipeline.event_position`,
  );
  return rows[0]?.position ?? '0-0';
}

/** Locks the position. False: somebody else has moved it since it was read. */
export async function lockEventPosition(tx: Tx, expected: string): Promise<boolean> {
  const { rows } = await tx.query<{ position: string }>(
    `select xid::text || '-' || id::text as position from pipeline.event_position for update`,
  );
  return rows[0]?.position === expected;
}

/** Whether somebody waits for one of these types who is not among the known. */
export async function hasOtherWaits(tx: Tx, types: readonly string[], known: readonly string[]): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select 1 from pipeline.waits where status = 'open' and kind = 'event' and event_type = any($1::text[]) and job_id <> all($2::uuid[]) limit 1`,
    [types, known],
  );
  return rowCount > 0;
}

export async function moveEventPosition(tx: Tx, { xid, id }: CursorParts): Promise<void> {
  await tx.query('update pipeline.event_position set xid = $1::xid8, id = $2::bigint', [xid, id]);
}
