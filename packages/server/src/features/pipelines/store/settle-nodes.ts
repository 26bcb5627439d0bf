// The hot SQL of runs: one statement per kind of change, for any number of nodes of any number of runs.
// Each works under the locks of the runs that it changes, taken in the order of their ids by `lockRuns` or, where nodes
// only end, by `advance` itself: settlements of one run follow each other, so counters never race.
import type { Json } from '@gathering/contract/json';
import type { Permission } from '@gathering/contract/permissions';
import type { WaitingKind } from '@gathering/contract/pipelines';
import type { Tx } from '../../../platform/db/database.ts';
import type { NodePolicy } from '../node-policy.ts';
import type { ParentOf } from '../resume-parents.ts';
import { jsonText } from './json-text.ts';

export function lockRuns(tx: Tx, runIds: readonly string[]) {
  return tx.query('select id from pipeline.runs where id = any($1::uuid[]) order by id for no key update', [
    [...new Set(runIds)],
  ]);
}

export interface EndRow {
  readonly runId: string;
  readonly nodeId: string;
  /** Null: a control or skipped node, which no job owns. */
  readonly jobId: string | null;
  /** Which of the job's attempts it is: a node that a later one took over is left alone. */
  readonly attempt: number;
  /** Its job may go on with the node that it makes ready, if that is the only one. */
  readonly mayGoOn: boolean;
  /** It failed, and its run goes on along its edges all the same. */
  readonly isOvercome: boolean;
  readonly status: string;
  readonly branch: string | null;
  readonly input: Json;
  readonly output: Json;
  readonly error: Json;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
  readonly startedAt: Date | null;
  readonly at: Date;
}

export interface AdvanceRow {
  readonly kind: 'ended' | 'ready' | 'run';
  readonly run_id: string;
  readonly node_id: string | null;
  readonly type: string | null;
  readonly status: string | null;
  readonly live_parents: number | null;
  /** How many it needs; null: all that were not skipped. */
  readonly needs: number | null;
  /** Of a ready node: its own job, or the one that goes on with it. */
  readonly job_id: string | null;
  readonly attempt: number | null;
  readonly policy: NodePolicy | null;
  /** Of a ready node, unless it is large (4 kB): then it is read when its work begins. */
  readonly config: { [key: string]: Json } | null;
  readonly name: string | null;
  readonly turn_id: string | null;
  readonly project_id: string | null;
  readonly actor_id: string;
  /** Of a ready node. */
  readonly scopes: readonly Permission[] | null;
  readonly run_started_at: Date | null;
  readonly open_nodes: number | null;
  readonly pipeline_id: string | null;
  /** Of a ready node: that of its run. */
  readonly priority: number | null;
  /** Of a ready node: its run is paused, so it has no job yet. */
  readonly parked: boolean | null;
  /** Of a run. */
  readonly deadline_job_id: string | null;
  readonly concurrency_group: string | null;
  /** Of a run: what began it; null: it is no sub-run. */
  readonly parent: ParentOf | null;
}

const advanceText = `with change as (
      select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[], $8::jsonb[],
        $9::bigint[], $10::bigint[], $11::float8[], $12::timestamptz[], $13::timestamptz[], $14::int[], $15::boolean[], $16::boolean[])
        as c(run_id, node_id, job_id, status, branch, input, output, error, input_tokens, output_tokens, cost_usd, started_at, at, attempt, may_go_on, is_overcome)
    ), run as materialized (
      select r.id, r.pipeline_id, r.project_id, r.actor_id, r.scopes, r.started_at, r.priority, r.status = 'paused' as is_paused
        from pipeline.runs r
       where r.id = any($1::uuid[]) and r.status in ('pending', 'running', 'waiting', 'paused')
       order by r.id for no key update
    ), ended as (
      update pipeline.node_runs n
         set status = c.status, branch = c.branch, input = coalesce(c.input, n.input), output = c.output, error = c.error,
             input_tokens = c.input_tokens, output_tokens = c.output_tokens, cost_usd = c.cost_usd,
             started_at = coalesce(n.started_at, c.started_at), ended_at = c.at,
             waiting_kind = null, question = null
        from change c join run r on r.id = c.run_id
       where n.run_id = c.run_id and n.node_id = c.node_id and n.status in ('pending', 'running', 'waiting')
         and (c.job_id is null or (n.job_id = c.job_id and n.attempt = c.attempt))
      returning n.run_id, n.node_id, n.type, n.status, n.branch, n.children, n.child_when, n.input_tokens, n.output_tokens, n.cost_usd, r.pipeline_id, r.project_id, r.actor_id,
                n.job_id, n.attempt, n.uncounted, n.inline_queue, c.may_go_on, (n.status = 'completed' or c.is_overcome) as goes_on
    ), edge as (
      select e.run_id, e.child, e.is_live, case when e.is_live and e.may_go_on and e.live_edges = 1 then e.job_id end as owner, e.attempt, e.inline_queue
        from (
          select ended.run_id, ended.job_id, ended.attempt, ended.inline_queue, ended.may_go_on, edge.child, taken.is_live,
                 count(*) filter (where taken.is_live) over (partition by ended.run_id, ended.node_id) as live_edges
            from ended cross join lateral unnest(ended.children, ended.child_when) as edge(child, taken_when)
           cross join lateral (select ended.goes_on and case when edge.taken_when is null then ended.branch is distinct from 'error' else edge.taken_when = ended.branch end as is_live) as taken
           where ended.goes_on or ended.status = 'skipped'
        ) e
    ), arrival as (
      select run_id, child, count(*)::int as arrived, (count(*) filter (where is_live))::int as live,
             (array_agg(owner order by owner) filter (where owner is not null))[1] as owner,
             (array_agg(attempt order by owner) filter (where owner is not null))[1] as attempt,
             (array_agg(inline_queue order by owner) filter (where owner is not null))[1] as inline_queue
        from edge group by run_id, child
    ), child as (
      update pipeline.node_runs n
         set waiting_for = n.waiting_for - a.arrived, live_parents = n.live_parents + a.live,
             job_id = case when n.waiting_for = a.arrived and n.inline_queue = a.inline_queue and not r.is_paused then a.owner else n.job_id end,
             attempt = case when n.waiting_for = a.arrived and n.inline_queue = a.inline_queue and not r.is_paused then a.attempt else n.attempt end,
             parked = n.waiting_for = a.arrived and r.is_paused
        from arrival a join run r on r.id = a.run_id
       where n.run_id = a.run_id and n.node_id = a.child and n.status = 'pending'
      returning n.run_id, n.node_id, n.type, n.name, n.waiting_for, n.live_parents, n.needs, n.job_id, n.attempt, n.policy, n.turn_id, r.pipeline_id, r.project_id, r.actor_id, r.scopes, r.started_at as run_started_at, r.priority, n.parked,
                case when n.type = 'delay' or pg_column_size(n.config) < 4096 then n.config end as config
    ), tally as (
      update pipeline.runs r
         set open_nodes = r.open_nodes - t.ended, nodes_done = r.nodes_done + t.ended,
             input_tokens = r.input_tokens + t.input_tokens, output_tokens = r.output_tokens + t.output_tokens,
             cost_usd = case when t.cost_usd is null then r.cost_usd else coalesce(r.cost_usd, 0) + t.cost_usd end
        from (select run_id, count(*)::int + sum(uncounted)::int as ended, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens, sum(cost_usd) as cost_usd
                from ended group by run_id) t
       where r.id = t.run_id
      returning r.id, r.open_nodes, r.pipeline_id, r.project_id, r.actor_id, r.deadline_job_id, r.concurrency_group,
                case when r.parent_run_id is not null then jsonb_build_object('runId', r.parent_run_id, 'nodeId', r.parent_node_id, 'item', r.parent_item, 'jobId', r.parent_job_id) end as parent
    )
    select 'ended' as kind, run_id, node_id, type, status, null::int as live_parents, null::uuid as job_id, null::int as attempt, null::jsonb as policy, null::jsonb as config, null::text as name,
           null::uuid as turn_id, project_id, actor_id, null::text[] as scopes, null::timestamptz as run_started_at, null::int as open_nodes, pipeline_id, null::int as needs, null::jsonb as parent,
           null::int as priority, null::boolean as parked, null::uuid as deadline_job_id, null::text as concurrency_group from ended
    union all select 'ready', run_id, node_id, type, null, live_parents, job_id, attempt, policy, config, name, turn_id, project_id, actor_id, scopes, run_started_at, null, pipeline_id, needs, null, priority, parked, null, null from child
               where case when needs is null then waiting_for = 0 else live_parents >= needs or live_parents + waiting_for < needs end
    union all select 'run', id, null, null, null, null, null, null, null, null, null, null, project_id, actor_id, null, null, open_nodes, pipeline_id, null, parent, null, null, deadline_job_id, concurrency_group from tally`;

/**
 * Ends nodes, counts their children down and tells what became ready and how many nodes each run has left.
 * Nodes whose run is over, that have ended, or that another job or a later attempt owns are left as they are. A job that
 * may go on becomes the owner of the one node that its node makes ready; in a paused run nobody does. Whoever waits here for
 * another settlement of a run goes on with the rows as that one left them: rows that are locked or updated are read
 * anew, and nothing else of a run is read. Alternatives measured: a statement a node is five times slower at 64 runs; counters kept in memory do not survive.
 */
export function advance(tx: Tx, rows: readonly EndRow[]) {
  return tx.query<AdvanceRow>(advanceText, endColumns(rows));
}

function endColumns(rows: readonly EndRow[]): unknown[] {
  const column = <K extends keyof EndRow>(key: K) => rows.map((row) => row[key]);
  return [
    column('runId'),
    column('nodeId'),
    column('jobId'),
    column('status'),
    column('branch'),
    rows.map((row) => jsonText(row.input)),
    rows.map((row) => jsonText(row.output)),
    rows.map((row) => jsonText(row.error)),
    column('inputTokens'),
    column('outputTokens'),
    column('costUsd'),
    column('startedAt'),
    column('at'),
    column('attempt'),
    column('mayGoOn'),
    column('isOvercome'),
  ];
}

export interface StartRow {
  readonly runId: string;
  readonly nodeId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly input: Json;
  readonly intendedKey: string | null;
  readonly at: Date;
}

/** A node that changed, with what its event needs of its run. */
export interface ChangedNode {
  readonly run_id: string;
  readonly node_id: string;
  readonly pipeline_id: string | null;
  readonly project_id: string | null;
  readonly actor_id: string;
}

/** A person's word to repeat holds for one time: cut off again, the node asks again. */
export function startNodes(tx: Tx, rows: readonly StartRow[]) {
  return tx.query<ChangedNode>(
    `update pipeline.node_runs n
        set status = 'running', input = c.input, intended_key = coalesce(c.intended_key, n.intended_key),
            started_at = coalesce(n.started_at, c.at), waiting_kind = null, waiting_until = null, question = null, decision = null
       from unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::jsonb[], $6::text[], $7::timestamptz[]) as c(run_id, node_id, job_id, attempt, input, intended_key, at)
       join pipeline.runs r on r.id = c.run_id and r.status in ('pending', 'running', 'waiting', 'paused')
      where n.run_id = c.run_id and n.node_id = c.node_id and n.job_id = c.job_id and n.attempt = c.attempt and n.status in ('pending', 'running', 'waiting')
      returning n.run_id, n.node_id, r.pipeline_id, r.project_id, r.actor_id`,
    [
      rows.map((row) => row.runId),
      rows.map((row) => row.nodeId),
      rows.map((row) => row.jobId),
      rows.map((row) => row.attempt),
      rows.map((row) => jsonText(row.input)),
      rows.map((row) => row.intendedKey),
      rows.map((row) => row.at),
    ],
  );
}

export interface WaitRow {
  readonly runId: string;
  readonly nodeId: string;
  /** Null: a delay that just became ready, which its own job goes on with. */
  readonly jobId: string | null;
  readonly attempt: number;
  readonly nextJobId: string | null;
  readonly waitingKind: WaitingKind;
  /** Of another try: why the last one failed, and the turn that the next one takes. */
  readonly error?: Json;
  readonly nextTurnId?: string | null;
  readonly until: Date | null;
  readonly question: string | null;
  readonly input: Json;
  /** When the try began that failed. */
  readonly triedAt?: Date;
  readonly at: Date;
}

export interface HeldNode extends ChangedNode {
  /** Its run is paused: no job goes on with it yet. */
  readonly parked: boolean;
  readonly priority: number;
}

/** Makes nodes wait, and runs `waiting` that a person must help on. */
export function holdNodes(tx: Tx, rows: readonly WaitRow[]) {
  return tx.query<HeldNode>(
    `with held as (
      update pipeline.node_runs n
         set status = 'waiting', waiting_kind = c.waiting_kind, waiting_until = c.until, question = c.question,
             job_id = coalesce(c.next_job_id, n.job_id), attempt = case when c.next_job_id is null then n.attempt else 0 end,
             input = coalesce(c.input, n.input), started_at = coalesce(n.started_at, c.at), error = c.error, turn_id = coalesce(c.next_turn_id, n.turn_id),
             tries = n.tries + (c.waiting_kind = 'retry')::int, parked = r.status = 'paused' and c.waiting_kind in ('time', 'retry'),
             history = case when c.waiting_kind not in ('retry', 'decision') or jsonb_array_length(n.history) >= 50 then n.history
                            when c.waiting_kind = 'retry' then n.history || jsonb_build_object('kind', 'try', 'from', c.tried_at, 'to', c.at, 'code', c.error ->> 'code', 'until', c.until)
                            else n.history || jsonb_build_object('kind', 'decision', 'from', c.at) end,
             intended_key = case when c.waiting_kind <> 'retry' then n.intended_key end
        from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[], $8::jsonb[], $9::timestamptz[], $10::int[], $11::jsonb[], $12::uuid[], $13::timestamptz[])
          as c(run_id, node_id, job_id, next_job_id, waiting_kind, until, question, input, at, attempt, error, next_turn_id, tried_at)
        join pipeline.runs r on r.id = c.run_id and r.status in ('pending', 'running', 'waiting', 'paused')
       where n.run_id = c.run_id and n.node_id = c.node_id and n.status in ('pending', 'running', 'waiting') and (c.job_id is null or (n.job_id = c.job_id and n.attempt = c.attempt))
      returning n.run_id, n.node_id, n.waiting_kind, n.parked, r.priority, r.pipeline_id, r.project_id, r.actor_id
    ), counted as (
      update pipeline.runs r set undecided_nodes = r.undecided_nodes + u.held, status = case when r.status = 'paused' then r.status else 'waiting' end
        from (select run_id, count(*)::int as held from held where waiting_kind in ('decision', 'approval') group by run_id) u
       where r.id = u.run_id
      returning r.id
    )
    select run_id, node_id, parked, priority, pipeline_id, project_id, actor_id from held`,
    [
      rows.map((row) => row.runId),
      rows.map((row) => row.nodeId),
      rows.map((row) => row.jobId),
      rows.map((row) => row.nextJobId),
      rows.map((row) => row.waitingKind),
      rows.map((row) => row.until),
      rows.map((row) => row.question),
      rows.map((row) => jsonText(row.input)),
      rows.map((row) => row.at),
      rows.map((row) => row.attempt),
      rows.map((row) => jsonText(row.error ?? null)),
      rows.map((row) => row.nextTurnId ?? null),
      rows.map((row) => row.triedAt ?? row.at),
    ],
  );
}

/** Ends runs whose last node has ended; their output are the outputs of the nodes that lead nowhere. */
export function completeRuns(tx: Tx, runIds: readonly string[], at: Date) {
  return tx.query(
    `with done as (
      update pipeline.runs set status = 'completed', ended_at = $2, paused_at = null where id = any($1::uuid[]) and status in ('pending', 'running', 'waiting', 'paused') returning id
    )
    update pipeline.run_bodies b
       set output = (select jsonb_object_agg(n.node_id, n.output) from pipeline.node_runs n where n.run_id = b.run_id and n.children = '{}' and n.status = 'completed')
      from done where b.run_id = done.id`,
    [runIds, at],
  );
}

export interface StoppedNode extends ChangedNode {
  readonly type: string;
  readonly job_id: string;
  readonly turn_id: string | null;
}

export interface StoppedRun {
  readonly id: string;
  readonly status: string;
  readonly pipeline_id: string | null;
  readonly pipeline_name: string;
  readonly project_id: string | null;
  readonly actor_id: string;
  readonly deadline_job_id: string | null;
  /** The group whose turn it had; null: it has none, or waited for its turn. */
  readonly left_group: string | null;
  /** The group in whose line it stood; null: it has none, or had its turn. */
  readonly left_line: string | null;
  readonly parent: ParentOf | null;
}

/** Ends runs before their time: what has not ended is cancelled. Tells the nodes that were stopped. */
export async function stopRuns(
  tx: Tx,
  ends: readonly { runId: string; status: 'failed' | 'cancelled' | 'timed_out'; error: Json }[],
  at: Date,
): Promise<{ stopped: StoppedNode[]; runs: StoppedRun[] }> {
  const runs = tx.query<StoppedRun>(
    `with ending as (
      update pipeline.runs r set status = c.status, ended_at = $4, undecided_nodes = 0, paused_at = null,
             nodes_done = r.nodes_done + (select coalesce(sum(n.uncounted), 0) from pipeline.node_runs n where n.run_id = r.id and n.status in ('pending', 'running', 'waiting'))
        from unnest($1::uuid[], $2::text[]) as c(run_id, status) join pipeline.runs before on before.id = c.run_id
       where r.id = c.run_id and r.status in ('pending', 'running', 'waiting', 'paused')
      returning r.id, r.status, r.pipeline_id, r.pipeline_name, r.project_id, r.actor_id, r.deadline_job_id,
                case when before.status <> 'pending' then r.concurrency_group end as left_group, case when before.status = 'pending' then r.concurrency_group end as left_line,
                case when r.parent_run_id is not null then jsonb_build_object('runId', r.parent_run_id, 'nodeId', r.parent_node_id, 'item', r.parent_item, 'jobId', r.parent_job_id) end as parent
    ), told as (
      update pipeline.run_bodies b set error = c.error from unnest($1::uuid[], $3::jsonb[]) as c(run_id, error), ending
       where b.run_id = c.run_id and ending.id = c.run_id
      returning b.run_id
    )
    select id, status, pipeline_id, pipeline_name, project_id, actor_id, deadline_job_id, left_group, left_line, parent from ending`,
    [ends.map((end) => end.runId), ends.map((end) => end.status), ends.map((end) => jsonText(end.error)), at],
  );
  const stopped = tx.query<StoppedNode>(
    `update pipeline.node_runs n set status = 'cancelled', ended_at = $2, waiting_kind = null, question = null, parked = false
       from pipeline.runs r
      where r.id = n.run_id and n.run_id = any($1::uuid[]) and n.status in ('pending', 'running', 'waiting') and r.status not in ('pending', 'running', 'waiting', 'paused')
      returning n.run_id, n.node_id, n.type, n.job_id, n.turn_id, r.pipeline_id, r.project_id, r.actor_id`,
    [ends.map((end) => end.runId), at],
  );
  const [ended, nodes] = await Promise.all([runs, stopped]);
  return { stopped: nodes.rows, runs: ended.rows };
}

/** Sub-runs of these runs, or of one node of them, that have not ended. */
export async function listOpenSubRuns(tx: Tx, runIds: readonly string[], nodeId: string | null): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from pipeline.runs where parent_run_id = any($1::uuid[]) and ($2::text is null or parent_node_id = $2)
       and status in ('pending', 'running', 'waiting', 'paused')`,
    [runIds, nodeId],
  );
  return rows.map(({ id }) => id);
}

/** A node no more waits for a person: its run is not `waiting` for it. */
export function leaveUndecided(tx: Tx, runId: string) {
  return tx.query(
    `update pipeline.runs
        set undecided_nodes = undecided_nodes - 1, status = case when undecided_nodes > 1 or status = 'paused' then status else 'running' end
      where id = $1 and status in ('running', 'waiting', 'paused') and undecided_nodes > 0`,
    [runId],
  );
}
