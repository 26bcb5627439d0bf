// SQL of what is done with a run besides its nodes' work: pausing, going on, taking turns, beginning again.
// Whoever calls these holds the lock on the run (`lockRun`), save for `listPending` and `beginRuns`, which are ordered by the
// locks on their groups.
import type { Json } from '@gathering/contract/json';
import type { NodeStatus } from '@gathering/contract/pipelines';
import type { Database, Tx } from '../../../platform/db/database.ts';
import type { NodePolicy } from '../node-policy.ts';

export async function pauseRow(tx: Tx, runId: string, at: Date): Promise<void> {
  await tx.query(`update pipeline.runs set status = 'paused', paused_at = $2, deadline_job_id = null where id = $1`, [
    runId,
    at,
  ]);
}

/** Nodes whose job may not have begun: those that are ready, and those that wait for a time. */
export async function listDueNodes(tx: Tx, runId: string): Promise<{ type: string; job_id: string }[]> {
  const { rows } = await tx.query<{ type: string; job_id: string }>(
    `select type, job_id from pipeline.node_runs
      where run_id = $1 and not parked
        and ((status = 'pending' and waiting_for = 0) or (status = 'waiting' and waiting_kind in ('time', 'retry')))`,
    [runId],
  );
  return rows;
}

/** Lists of this run that are worked on, as the payload of the job that takes them further. */
export async function listMapJobs(tx: Tx, runId: string): Promise<{ runId: string; nodeId: string; jobId: string }[]> {
  const { rows } = await tx.query<{ runId: string; nodeId: string; jobId: string }>(
    'select run_id as "runId", node_id as "nodeId", job_id as "jobId" from pipeline.maps where run_id = $1 and not is_done',
    [runId],
  );
  return rows;
}

/** A run whose clock runs on. */
export interface BegunRun {
  readonly id: string;
  readonly status: string;
  readonly pipeline_id: string | null;
  readonly project_id: string | null;
  readonly actor_id: string;
  readonly deadline_at: Date | null;
  readonly deadline_job_id: string | null;
}

/** The time for which it was paused does not count towards its limit. */
export async function resumeRow(tx: Tx, runId: string, deadlineJobId: string, at: Date): Promise<BegunRun | null> {
  const { rows } = await tx.query<BegunRun>(
    `update pipeline.runs
        set status = case when undecided_nodes > 0 then 'waiting' else 'running' end, paused_at = null,
            deadline_at = deadline_at + ($3 - paused_at), deadline_job_id = case when deadline_at is not null then $2::uuid end
      where id = $1 and status = 'paused'
      returning id, status, pipeline_id, project_id, actor_id, deadline_at, deadline_job_id`,
    [runId, deadlineJobId, at],
  );
  return rows[0] ?? null;
}

/** In seconds; null: it has no limit. */
export async function readTimeout(tx: Tx, runId: string): Promise<number | null> {
  const { rows } = await tx.query<{ timeout_seconds: number | null }>(
    'select timeout_seconds from pipeline.runs where id = $1',
    [runId],
  );
  return rows[0]?.timeout_seconds ?? null;
}

export interface ParkedNode {
  readonly run_id: string;
  readonly node_id: string;
  readonly type: string;
  readonly status: string;
  readonly waiting_until: Date | null;
  /** Of a delay. */
  readonly config: { [key: string]: Json } | null;
  readonly pipeline_id: string | null;
  readonly project_id: string | null;
  readonly actor_id: string;
  readonly priority: number;
}

export async function listParked(tx: Tx, runIds: readonly string[]): Promise<ParkedNode[]> {
  const { rows } = await tx.query<ParkedNode>(
    `select n.run_id, n.node_id, n.type, n.status, n.waiting_until, case when n.type = 'delay' then n.config end as config,
            r.pipeline_id, r.project_id, r.actor_id, r.priority
       from pipeline.node_runs n join pipeline.runs r on r.id = n.run_id
      where n.run_id = any($1::uuid[]) and n.parked and n.status in ('pending', 'running', 'waiting')
      order by n.run_id, n.position`,
    [runIds],
  );
  return rows;
}

/** Each has a new job from now on, whatever an earlier one still does. */
export async function unparkNodes(
  tx: Tx,
  nodes: readonly { run_id: string; node_id: string; job_id: string }[],
): Promise<void> {
  await tx.query(
    `update pipeline.node_runs n set parked = false, job_id = c.job_id, attempt = 0
       from unnest($1::uuid[], $2::text[], $3::uuid[]) as c(run_id, node_id, job_id)
      where n.run_id = c.run_id and n.node_id = c.node_id`,
    [nodes.map((node) => node.run_id), nodes.map((node) => node.node_id), nodes.map((node) => node.job_id)],
  );
}

/** A node whose job began in a paused run; `parked` is false where the run goes on by now. */
export interface ParkRow {
  readonly runId: string;
  readonly nodeId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly nextJobId: string;
}

export function parkBegun(tx: Tx, rows: readonly ParkRow[]) {
  return tx.query<{ run_id: string; node_id: string; type: string; parked: boolean; priority: number }>(
    `update pipeline.node_runs n set parked = r.status = 'paused', job_id = c.next_job_id, attempt = 0
       from unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::uuid[]) as c(run_id, node_id, job_id, attempt, next_job_id)
       join pipeline.runs r on r.id = c.run_id and r.status in ('running', 'waiting', 'paused')
      where n.run_id = c.run_id and n.node_id = c.node_id and n.job_id = c.job_id and n.attempt = c.attempt
        and n.status in ('pending', 'running', 'waiting')
      returning n.run_id, n.node_id, n.type, n.parked, r.priority`,
    [
      rows.map((row) => row.runId),
      rows.map((row) => row.nodeId),
      rows.map((row) => row.jobId),
      rows.map((row) => row.attempt),
      rows.map((row) => row.nextJobId),
    ],
  );
}

/** Orders whoever counts or changes who has the turn in these groups, until the transaction ends. */
export async function lockGroups(tx: Tx, groups: readonly string[]): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended('pipelines ' || g, 0))
       from (select distinct g from unnest($1::text[]) as given(g) order by g offset 0) as ordered`,
    [groups],
  );
}

export interface GroupCount {
  /** Those that have their turn, paused ones too. */
  readonly holding: number;
  /** Whether anybody stands in line. */
  readonly hasLine: boolean;
}

export async function countGroups(tx: Tx, groups: readonly string[]): Promise<Map<string, GroupCount>> {
  const { rows } = await tx.query<GroupCount & { name: string }>(
    `select g.name,
            (select count(*)::int from pipeline.runs where concurrency_group = g.name and status in ('running', 'waiting', 'paused')) as holding,
            exists (select from pipeline.runs where concurrency_group = g.name and status = 'pending') as "hasLine"
       from (select distinct name from unnest($1::text[]) as given (name)) g`,
    [groups],
  );
  return new Map(rows.map(({ name, ...counts }) => [name, counts]));
}

/** Runs that wait for their turn, in the order in which they get it; of each group as many as may matter at once. */
export async function listPending(
  tx: Tx,
  groups: readonly string[],
): Promise<{ id: string; concurrency_group: string; concurrency_limit: number }[]> {
  const { rows } = await tx.query<{ id: string; concurrency_group: string; concurrency_limit: number }>(
    `select p.id, p.concurrency_group, p.concurrency_limit
       from unnest($1::text[]) as g(name)
      cross join lateral (
        select id, concurrency_group, coalesce(concurrency_limit, 1) as concurrency_limit from pipeline.runs
         where concurrency_group = g.name and status = 'pending' order by id limit 100
      ) p order by p.id`,
    [groups],
  );
  return rows;
}

/** Those that are still there to begin. */
export async function beginRuns(
  tx: Tx,
  runs: readonly { id: string; deadlineJobId: string }[],
  at: Date,
): Promise<BegunRun[]> {
  const { rows } = await tx.query<BegunRun>(
    `update pipeline.runs r
        set status = 'running', started_at = coalesce(r.started_at, $3), deadline_at = $3 + r.timeout_seconds * interval '1 second',
            deadline_job_id = case when r.timeout_seconds is not null then c.job_id end
       from unnest($1::uuid[], $2::uuid[]) as c(id, job_id)
      where r.id = c.id and r.status = 'pending'
      returning r.id, r.status, r.pipeline_id, r.project_id, r.actor_id, r.deadline_at, r.deadline_job_id`,
    [runs.map((run) => run.id), runs.map((run) => run.deadlineJobId), at],
  );
  return rows;
}

export interface GraphNodeRow {
  readonly node_id: string;
  readonly type: string;
  readonly status: NodeStatus;
  readonly children: readonly string[];
  readonly child_when: readonly (string | null)[];
  readonly branch: string | null;
  readonly needs: number | null;
  readonly policy: NodePolicy | null;
}

/** The graph of a run as far as it has come. */
export async function readGraph(tx: Database | Tx, runId: string): Promise<GraphNodeRow[]> {
  const { rows } = await tx.query<GraphNodeRow>(
    `select node_id, type, status, children, child_when, branch, needs, policy from pipeline.node_runs
      where run_id = $1 order by position`,
    [runId],
  );
  return rows;
}

export interface ReopenedNode {
  readonly nodeId: string;
  readonly waitingFor: number;
  readonly liveParents: number;
  readonly jobId: string;
  /** Another run of an agent is another turn. */
  readonly turnId: string | null;
  readonly parked: boolean;
}

/**
 * Nodes as if they had not begun. What was cut off in the middle of an effect keeps its mark, so that it asks before it is
 * done again; how the last time went stays in its history.
 */
export async function reopenNodes(tx: Tx, runId: string, nodes: readonly ReopenedNode[]): Promise<void> {
  await tx.query(
    `update pipeline.node_runs n
        set status = 'pending', waiting_for = c.waiting_for, live_parents = c.live_parents, job_id = c.job_id, attempt = 0, uncounted = 0,
            turn_id = coalesce(c.turn_id, n.turn_id), parked = c.parked, tries = 0, decision = null,
            intended_key = case when n.status = 'cancelled' then n.intended_key end,
            history = case when n.started_at is null or jsonb_array_length(n.history) >= 50 then n.history
                           else n.history || jsonb_build_object('kind', 'try', 'from', n.started_at, 'to', n.ended_at, 'code', coalesce(n.error ->> 'code', 'pipelines.cancelled')) end,
            waiting_kind = null, waiting_until = null, question = null, input = null, output = null, error = null, branch = null,
            input_tokens = 0, output_tokens = 0, cost_usd = null, started_at = null, ended_at = null
       from unnest($2::text[], $3::int[], $4::int[], $5::uuid[], $6::uuid[], $7::boolean[]) as c(node_id, waiting_for, live_parents, job_id, turn_id, parked)
      where n.run_id = $1 and n.node_id = c.node_id`,
    [
      runId,
      nodes.map((node) => node.nodeId),
      nodes.map((node) => node.waitingFor),
      nodes.map((node) => node.liveParents),
      nodes.map((node) => node.jobId),
      nodes.map((node) => node.turnId),
      nodes.map((node) => node.parked),
    ],
  );
}

/** It waits for its turn until it is begun (`beginRuns`). Answers its group and limit. */
export async function reopenRun(
  tx: Tx,
  runId: string,
  openNodes: number,
): Promise<{ concurrency_group: string | null; concurrency_limit: number | null }> {
  const { rows } = await tx.query<{ concurrency_group: string | null; concurrency_limit: number | null }>(
    `with reopened as (
      update pipeline.runs set status = 'pending', ended_at = null, open_nodes = $2, nodes_done = nodes_total - $2, undecided_nodes = 0,
             retries = retries + 1, deadline_at = null, deadline_job_id = null
       where id = $1
      returning id, concurrency_group, concurrency_limit
    ), emptied as (
      update pipeline.run_bodies b set output = null, error = null from reopened where b.run_id = reopened.id
    )
    select concurrency_group, concurrency_limit from reopened`,
    [runId, openNodes],
  );
  return rows[0] ?? { concurrency_group: null, concurrency_limit: null };
}

/** Of runs, by their ids; those that are gone have none. */
export async function readPriorities(tx: Tx, runIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ id: string; priority: number }>(
    'select id, priority from pipeline.runs where id = any($1::uuid[])',
    [[...new Set(runIds)]],
  );
  return new Map(rows.map(({ id, priority }) => [id, priority]));
}
