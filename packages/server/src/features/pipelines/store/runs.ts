// SQL of runs outside of the hot path: starting, reading, listing, deciding, cleaning up.
import type { Json } from '@gathering/contract/json';
import type { Permission } from '@gathering/contract/permissions';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { RunStatus, WaitingKind } from '@gathering/contract/pipelines';
import type { Sight } from '../../../ctx.ts';
import type { Database, Tx } from '../../../platform/db/database.ts';
import type { NodePolicy } from '../node-policy.ts';

export interface RunRowRecord {
  readonly id: string;
  readonly pipeline_id: string | null;
  readonly pipeline_name: string;
  readonly pipeline_version: number | null;
  readonly trigger_id: string | null;
  readonly project_id: string | null;
  readonly actor_id: string;
  readonly parent_run_id: string | null;
  readonly parent_node_id: string | null;
  readonly parent_item: number | null;
  readonly status: string;
  readonly nodes_total: number;
  readonly nodes_done: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_usd: number | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}
// A node that goes on in the job of those before it has yet to have them counted by its run.
const runColumns = `r.id, r.pipeline_id, r.pipeline_name, r.pipeline_version, r.trigger_id, r.project_id, r.actor_id, r.parent_run_id, r.parent_node_id, r.parent_item, r.status, r.nodes_total, r.input_tokens, r.output_tokens, r.cost_usd, r.created_at, r.started_at, r.ended_at,
  r.nodes_done + case when r.ended_at is null then (select coalesce(sum(n.uncounted), 0) from pipeline.node_runs n where n.run_id = r.id and n.status in ('pending', 'running', 'waiting')) else 0 end as nodes_done`;

/** What a worker needs of a node to do its work. */
export interface NodeWorkRow {
  readonly run_id: string;
  readonly node_id: string;
  readonly type: string;
  readonly name: string;
  readonly config: { [key: string]: Json };
  readonly status: string;
  readonly job_id: string;
  readonly attempt: number;
  readonly turn_id: string | null;
  readonly intended_key: string | null;
  readonly decision: 'repeat' | 'skip' | null;
  readonly waiting_kind: WaitingKind | null;
  readonly waiting_until: Date | null;
  readonly started_at: Date | null;
  readonly policy: NodePolicy | null;
  readonly tries: number;
  /** Nodes that ended before it in the same job, and that the run has yet to count. */
  readonly uncounted: number;
  /** Of the run, as its jobs are queued with. */
  readonly priority: number;
  readonly run_status: string;
  readonly run_started_at: Date | null;
  readonly pipeline_id: string | null;
  readonly project_id: string | null;
  readonly actor_id: string;
  /** What the API key that started the run was confined to; null: all that its user may. */
  readonly scopes: readonly Permission[] | null;
}

const workColumns =
  'n.run_id, n.node_id, n.type, n.name, n.config, n.status, n.job_id, n.attempt, n.turn_id, n.intended_key, n.decision, n.waiting_kind, n.waiting_until, n.started_at, n.policy, n.tries, n.uncounted, r.priority, r.status as run_status, r.started_at as run_started_at, r.pipeline_id, r.project_id, r.actor_id, r.scopes';

/** Many nodes at once; those that do not exist are left out. */
export async function readNodeWork(
  database: Database,
  keys: readonly { runId: string; nodeId: string }[],
): Promise<NodeWorkRow[]> {
  const { rows } = await database.query<NodeWorkRow>(
    `select ${workColumns}
       from unnest($1::uuid[], $2::text[]) as k(run_id, node_id)
       join pipeline.node_runs n on n.run_id = k.run_id and n.node_id = k.node_id
       join pipeline.runs r on r.id = n.run_id`,
    [keys.map((key) => key.runId), keys.map((key) => key.nodeId)],
  );
  return rows;
}

/**
 * The open node that this job owns, which belongs to this attempt from now on. Null: it owns none any more. Whoever asks
 * holds the lock on the run.
 */
export async function takeOverNode(
  tx: Tx,
  runId: string,
  job: { id: string; attempt: number },
): Promise<NodeWorkRow | null> {
  const { rows } = await tx.query<NodeWorkRow>(
    `update pipeline.node_runs n set attempt = $3 from pipeline.runs r
      where r.id = n.run_id and n.run_id = $1 and n.job_id = $2 and n.attempt <= $3 and n.status in ('pending', 'running', 'waiting')
      returning ${workColumns}`,
    [runId, job.id, job.attempt],
  );
  return rows[0] ?? null;
}

export async function readOwnedNode(database: Database, runId: string, jobId: string): Promise<NodeWorkRow | null> {
  const { rows } = await database.query<NodeWorkRow>(
    `select ${workColumns} from pipeline.node_runs n join pipeline.runs r on r.id = n.run_id
      where n.run_id = $1 and n.job_id = $2 and n.status in ('pending', 'running', 'waiting')`,
    [runId, jobId],
  );
  return rows[0] ?? null;
}

export async function readRunInput(database: Database, runId: string): Promise<Json> {
  const { rows } = await database.query<{ input: Json }>('select input from pipeline.run_bodies where run_id = $1', [
    runId,
  ]);
  return rows[0]?.input ?? null;
}

export async function readRunInputs(tx: Tx, runIds: readonly string[]): Promise<Map<string, Json>> {
  const { rows } = await tx.query<{ run_id: string; input: Json }>(
    'select run_id, input from pipeline.run_bodies where run_id = any($1::uuid[])',
    [runIds],
  );
  return new Map(rows.map((row) => [row.run_id, row.input]));
}

/** Outputs of ended nodes, and what a trial was given; of these ids, or of all. */
export async function readOutputs(
  database: Database,
  runId: string,
  nodeIds: readonly string[] | null,
): Promise<{ node_id: string; status: string; output: Json }[]> {
  const { rows } = await database.query<{ node_id: string; status: string; output: Json }>(
    `select node_id, status, output from pipeline.node_runs
      where run_id = $1 and ended_at is not null and ($2::text[] is null or node_id = any($2))
     union all
     select given.key, given.value ->> 'status', given.value -> 'output'
       from pipeline.run_bodies b cross join lateral jsonb_each(b.scope) as given
      where b.run_id = $1 and b.scope is not null and ($2::text[] is null or given.key = any($2))`,
    [runId, nodeIds],
  );
  return rows;
}

export interface RunBodyRecord extends RunRowRecord {
  readonly definition: PipelineDefinition;
  readonly input: Json;
  readonly output: Json;
  readonly error: Json;
  readonly priority: number;
  readonly timeout_seconds: number | null;
  readonly deadline_at: Date | null;
  readonly paused_at: Date | null;
  readonly concurrency_key: string | null;
  readonly concurrency_limit: number | null;
  readonly retries: number;
  readonly forked_from_run: string | null;
  readonly forked_from_node: string | null;
  readonly only_node: string | null;
}

const controlColumns =
  'r.priority, r.timeout_seconds, r.deadline_at, r.paused_at, r.concurrency_key, r.concurrency_limit, r.retries, r.forked_from_run, r.forked_from_node, r.only_node';

/** Runs that were forked from this one, latest first. */
export async function listForks(
  database: Database,
  sight: Sight,
  runId: string,
): Promise<{ id: string; node_id: string; status: string }[]> {
  const { rows } = await database.query<{ id: string; node_id: string; status: string }>(
    `select id, forked_from_node as node_id, status from pipeline.runs
      where forked_from_run = $1
        and auth.may_see(case when project_id is null then owner_id end, project_id, project_id is null, $2, $3, $4)
      order by id desc limit 20`,
    [runId, sight.userId, sight.projects, sight.isOperator],
  );
  return rows;
}

export async function findRun(handle: Database | Tx, id: string): Promise<RunBodyRecord | null> {
  const { rows } = await handle.query<RunBodyRecord>(
    `select ${runColumns}, ${controlColumns}, b.definition, b.input, b.output, b.error from pipeline.runs r join pipeline.run_bodies b on b.run_id = r.id where r.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

export interface LockedRun {
  readonly id: string;
  readonly status: string;
  readonly pipeline_id: string | null;
  readonly project_id: string | null;
  readonly actor_id: string;
  readonly parent_run_id: string | null;
  readonly deadline_job_id: string | null;
}

export async function lockRun(tx: Tx, id: string): Promise<LockedRun | null> {
  const { rows } = await tx.query<LockedRun>(
    'select id, status, pipeline_id, project_id, actor_id, parent_run_id, deadline_job_id from pipeline.runs where id = $1 for no key update',
    [id],
  );
  return rows[0] ?? null;
}

/** Those that the reader may see, latest first; sub-runs only where they, or runs of one pipeline, are asked for. */
export async function listRuns(
  database: Database,
  sight: Sight,
  filter: {
    pipelineId?: string;
    status?: string;
    parentRunId?: string;
    parentNodeId?: string;
    before: string | null;
    limit: number;
  },
): Promise<RunRowRecord[]> {
  const { rows } = await database.query<RunRowRecord>(
    `select ${runColumns} from pipeline.runs r
      where ($1::uuid is null or r.id < $1) and ($2::uuid is null or r.pipeline_id = $2) and ($3::text is null or r.status = $3)
        and auth.may_see(case when r.project_id is null then r.owner_id end, r.project_id, r.project_id is null, $5, $6, $7)
        and (r.parent_run_id = $8 or ($8::uuid is null and ($2 is not null or r.parent_run_id is null)))
        and ($9::text is null or r.parent_node_id = $9)
      order by r.id desc limit $4`,
    [
      filter.before,
      filter.pipelineId ?? null,
      filter.status ?? null,
      filter.limit,
      sight.userId,
      sight.projects,
      sight.isOperator,
      filter.parentRunId ?? null,
      filter.parentNodeId ?? null,
    ],
  );
  return rows;
}

export interface NodeRunRecord {
  readonly node_id: string;
  readonly type: string;
  readonly name: string;
  readonly status: string;
  readonly attempt: number;
  readonly input: Json;
  readonly output: Json;
  readonly error: Json;
  readonly branch: string | null;
  readonly turn_id: string | null;
  readonly waiting_kind: WaitingKind | null;
  readonly waiting_until: Date | null;
  readonly question: string | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_usd: number | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly copied: boolean;
  readonly tries: number;
  readonly history: readonly NodeSpanRecord[];
}

/** As the database writes instants into JSON. */
export interface NodeSpanRecord {
  readonly kind: 'try' | 'decision';
  readonly from: string;
  readonly to?: string;
  readonly code?: string | null;
  readonly until?: string | null;
}

export async function listNodeRuns(handle: Database | Tx, runId: string): Promise<NodeRunRecord[]> {
  const { rows } = await handle.query<NodeRunRecord>(
    `select node_id, type, name, status, attempt, tries, input, output, error, branch, turn_id, waiting_kind, waiting_until, question, input_tokens, output_tokens, cost_usd, started_at, ended_at, copied, history
       from pipeline.node_runs where run_id = $1 order by position`,
    [runId],
  );
  return rows;
}

export async function countActiveRuns(
  handle: Database | Tx,
  where: { pipelineId?: string; projectId?: string },
): Promise<number> {
  const { rows } = await handle.query<{ count: number }>(
    `select count(*)::int as count from pipeline.runs
      where status in ('pending', 'running', 'waiting', 'paused') and ($1::uuid is null or pipeline_id = $1) and ($2::uuid is null or project_id = $2)`,
    [where.pipelineId ?? null, where.projectId ?? null],
  );
  return rows[0]?.count ?? 0;
}

export async function selectStatuses(
  handle: Database | Tx,
  ids: readonly string[],
): Promise<{ id: string; status: RunStatus; ended_at: Date | null }[]> {
  const { rows } = await handle.query<{ id: string; status: RunStatus; ended_at: Date | null }>(
    'select id, status, ended_at from pipeline.runs where id = any($1::uuid[])',
    [ids],
  );
  return rows;
}

export async function findActiveByFingerprint(database: Database, fingerprint: string): Promise<string | null> {
  const { rows } = await database.query<{ id: string }>(
    "select id from pipeline.runs where status in ('pending', 'running', 'waiting', 'paused') and fingerprint = $1 order by id desc limit 1",
    [fingerprint],
  );
  return rows[0]?.id ?? null;
}

interface ResumedNode {
  readonly priority: number;
  /** Its job is made when the run goes on. */
  readonly is_paused: boolean;
  readonly run_id: string;
  readonly node_id: string;
  readonly type: string;
  readonly pipeline_id: string | null;
  readonly project_id: string | null;
  readonly actor_id: string;
}

/** The node of a decision, if it waits for one; it then has a new job and the run goes on. */
export async function resumeNode(
  tx: Tx,
  where: { runId: string; nodeId: string } | { turnId: string },
  next: { jobId: string; decision: 'repeat' | 'skip' | null; at: Date },
): Promise<ResumedNode | null> {
  const byTurn = 'turnId' in where;
  const { rows } = await tx.query<ResumedNode>(
    `with resumed as (
      update pipeline.node_runs set status = 'pending', job_id = $4, attempt = 0, decision = $5, waiting_kind = null, question = null,
             history = case when jsonb_array_length(history) = 0 then history else jsonb_set(history, '{-1,to}', to_jsonb($6::timestamptz)) end
       where status = 'waiting' and waiting_kind = 'decision'
         and (($1::uuid is not null and turn_id = $1) or ($1::uuid is null and run_id = $2 and node_id = $3))
      returning run_id, node_id, type
    ), run as (
      update pipeline.runs r set undecided_nodes = r.undecided_nodes - 1, status = case when r.undecided_nodes > 1 or r.status = 'paused' then r.status else 'running' end
        from resumed where r.id = resumed.run_id and r.status in ('running', 'waiting', 'paused')
      returning r.id, r.pipeline_id, r.project_id, r.actor_id, r.priority, r.status = 'paused' as is_paused
    )
    select resumed.run_id, resumed.node_id, resumed.type, run.pipeline_id, run.project_id, run.actor_id, run.priority, run.is_paused from resumed join run on run.id = resumed.run_id`,
    [
      byTurn ? where.turnId : null,
      byTurn ? null : where.runId,
      byTurn ? null : where.nodeId,
      next.jobId,
      next.decision,
      next.at,
    ],
  );
  return rows[0] ?? null;
}

/** Of nodes whose run is paused: they are due when it goes on. */
export async function parkNodes(tx: Tx, runId: string, jobIds: readonly string[]): Promise<void> {
  await tx.query('update pipeline.node_runs set parked = true where run_id = $1 and job_id = any($2::uuid[])', [
    runId,
    jobIds,
  ]);
}

/**
 * Removes ended runs older than `before`, at most `limit`; tells how many went. Sub-runs stay as long as the run at the top is
 * under way: a list that is paused has yet to see how they ended.
 */
export async function deleteOldRuns(tx: Tx, before: Date, limit: number): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from pipeline.runs r
      where ended_at < $1
        and not exists (select from pipeline.runs root where root.id = r.root_run_id and root.ended_at is null)
      order by ended_at limit $2 for update skip locked`,
    [before, limit],
  );
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return 0;
  await tx.query('delete from pipeline.node_runs where run_id = any($1::uuid[])', [ids]);
  await tx.query('delete from pipeline.runs where id = any($1::uuid[])', [ids]);
  return ids.length;
}

/** Ended runs that the reader may see since an instant, by how they ended. */
export async function countEndedSince(
  database: Database,
  sight: Sight,
  since: Date,
): Promise<{ completed: number; failed: number }> {
  const { rows } = await database.query<{ completed: number; failed: number }>(
    `select (count(*) filter (where status = 'completed'))::int as completed, (count(*) filter (where status in ('failed', 'timed_out')))::int as failed
       from pipeline.runs
      where ended_at >= $1
        and auth.may_see(case when project_id is null then owner_id end, project_id, project_id is null, $2, $3, $4)`,
    [since, sight.userId, sight.projects, sight.isOperator],
  );
  return rows[0] ?? { completed: 0, failed: 0 };
}
