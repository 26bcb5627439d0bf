// All SQL on background runs. Invariant: what a turn leaves is written only where the row still has that turn and job and
// runs; an ended row is never changed again.
import type { Permission } from '@gathering/contract/permissions';
import type { PlanStep, TaskLimits, TaskStatus, TaskStopReason } from '@gathering/contract/tasks';
import type { Sight } from '../../ctx.ts';
import type { Database, Tx } from '../../platform/db/database.ts';

export interface TaskRecord {
  readonly id: string;
  readonly title: string;
  readonly agentId: string;
  readonly agentName: string;
  readonly projectId: string | null;
  readonly actorId: string;
  readonly scopes: readonly Permission[] | null;
  readonly status: TaskStatus;
  readonly stopReason: TaskStopReason | null;
  readonly pauseRequested: boolean;
  readonly working: boolean;
  readonly progress: number | null;
  readonly turns: number;
  readonly turnId: string;
  readonly jobId: string | null;
  readonly failures: number;
  readonly barren: number;
  readonly maxSteps: number;
  readonly maxSeconds: number;
  readonly maxTokens: number;
  readonly maxCostUsd: number | null;
  readonly steps: number;
  readonly activeMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
  readonly retryAt: Date | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

export interface WholeTask extends TaskRecord {
  readonly goal: string;
  readonly plan: readonly PlanStep[];
  readonly notes: readonly { readonly turn: number; readonly text: string }[];
  readonly lastWords: string;
  readonly turnTask: string | null;
  readonly seen: readonly string[];
  readonly question: string | null;
  readonly result: string | null;
  readonly detail: string | null;
}

const columns = `t.id, t.title, t.agent_id as "agentId", t.agent_name as "agentName", t.project_id as "projectId", t.actor_id as "actorId",
  t.scopes, t.status, t.stop_reason as "stopReason", t.pause_requested as "pauseRequested", t.working, t.progress, t.turns,
  t.turn_id as "turnId", t.job_id as "jobId", t.failures, t.barren, t.max_steps as "maxSteps", t.max_seconds as "maxSeconds",
  t.max_tokens as "maxTokens", t.max_cost_usd as "maxCostUsd", t.steps, t.active_ms as "activeMs", t.input_tokens as "inputTokens",
  t.output_tokens as "outputTokens", t.cost_usd as "costUsd", t.retry_at as "retryAt", t.created_at as "createdAt",
  t.started_at as "startedAt", t.ended_at as "endedAt"`;
const wholeText = `select ${columns}, b.goal, b.plan, b.notes, b.last_words as "lastWords", b.turn_task as "turnTask", b.seen, b.question,
  b.result, b.detail from task.tasks t join task.bodies b on b.task_id = t.id`;

export interface NewTask {
  readonly id: string;
  readonly title: string;
  readonly goal: string;
  readonly agentId: string;
  readonly agentName: string;
  readonly projectId: string | null;
  readonly actorId: string;
  readonly scopes: readonly Permission[] | null;
  readonly limits: TaskLimits;
  readonly turnId: string;
  readonly jobId: string;
  readonly createdAt: Date;
}

export async function insertTask(tx: Tx, task: NewTask): Promise<void> {
  const { limits } = task;
  await tx.query(
    `insert into task.tasks (id, title, agent_id, agent_name, project_id, actor_id, scopes, status, turn_id, job_id, max_steps,
       max_seconds, max_tokens, max_cost_usd, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $11, $12, $13, $14)`,
    [
      task.id,
      task.title,
      task.agentId,
      task.agentName,
      task.projectId,
      task.actorId,
      task.scopes,
      task.turnId,
      task.jobId,
      limits.maxSteps,
      limits.maxSeconds,
      limits.maxTokens,
      limits.maxCostUsd,
      task.createdAt,
    ],
  );
  await tx.query('insert into task.bodies (task_id, goal) values ($1, $2)', [task.id, task.goal]);
}

export async function selectTask(handle: Database | Tx, id: string): Promise<WholeTask | undefined> {
  const { rows } = await handle.query<WholeTask>(`${wholeText} where t.id = $1`, [id]);
  return rows[0];
}

/** Nobody else changes it until the transaction ends. */
export async function lockTask(tx: Tx, id: string): Promise<WholeTask | undefined> {
  const { rows } = await tx.query<WholeTask>(`${wholeText} where t.id = $1 for no key update of t`, [id]);
  return rows[0];
}

/** In the order of their ids, so that two who settle the same ones do not wait for each other in a circle. */
export async function lockTasks(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.query('select id from task.tasks where id = any($1::uuid[]) order by id for no key update', [ids]);
}

export async function mayTaskGoOn(database: Database, id: string, jobId: string): Promise<boolean> {
  const { rowCount } = await database.query(
    "select 1 from task.tasks where id = $1 and job_id = $2 and status = 'running' and not pause_requested",
    [id, jobId],
  );
  return rowCount === 1;
}

/** Those that the reader may see, latest first. */
export async function selectTasks(
  database: Database,
  sight: Sight,
  filter: { status?: string | undefined; agentId?: string | undefined; before: string | null; limit: number },
): Promise<TaskRecord[]> {
  const { rows } = await database.query<TaskRecord>(
    `select ${columns} from task.tasks t
      where ($1::uuid is null or t.id < $1) and ($2::uuid is null or t.agent_id = $2) and ($3::text is null or t.status = $3)
        and auth.may_see(case when t.project_id is null then t.owner_id end, t.project_id, t.project_id is null, $5, $6, $7)
      order by t.id desc limit $4`,
    [
      filter.before,
      filter.agentId ?? null,
      filter.status ?? null,
      filter.limit,
      sight.userId,
      sight.projects,
      sight.isOperator,
    ],
  );
  return rows;
}

/** A worker takes up the turn. `turnTask` is what it is asked from now on, whoever takes it up again. */
export async function beginTurn(tx: Tx, id: string, turnTask: string, at: Date): Promise<void> {
  await tx.query(
    `update task.tasks set status = 'running', working = true, retry_at = null, started_at = coalesce(started_at, $2) where id = $1`,
    [id, at],
  );
  await tx.query('update task.bodies set turn_task = coalesce(turn_task, $2) where task_id = $1', [id, turnTask]);
}

export async function requestPause(tx: Tx, id: string): Promise<void> {
  await tx.query('update task.tasks set pause_requested = true where id = $1', [id]);
}

export async function withdrawPause(tx: Tx, id: string): Promise<void> {
  await tx.query('update task.tasks set pause_requested = false where id = $1', [id]);
}

export async function pauseTask(tx: Tx, id: string): Promise<void> {
  await tx.query(
    `update task.tasks set status = 'paused', pause_requested = false, working = false, job_id = null, retry_at = null where id = $1`,
    [id],
  );
}

/** It has a new job for the turn that it is at. */
export async function requeueTask(tx: Tx, id: string, jobId: string): Promise<void> {
  await tx.query(
    `update task.tasks set status = case when started_at is null then 'pending' else 'running' end, job_id = $2 where id = $1`,
    [id, jobId],
  );
  await tx.query('update task.bodies set question = null where task_id = $1', [id]);
}

/** Turns without news before this moment are not counted any more. */
export async function forgiveTask(tx: Tx, id: string): Promise<void> {
  await tx.query('update task.tasks set barren = 0 where id = $1', [id]);
}

export async function holdTask(tx: Tx, id: string, question: string): Promise<void> {
  await tx.query(
    `update task.tasks set status = 'waiting', pause_requested = false, working = false, job_id = null where id = $1`,
    [id],
  );
  await tx.query('update task.bodies set question = $2 where task_id = $1', [id, question]);
}

/** The task whose current turn this is, if it waits for a person. */
export async function lockWaitingTaskOfTurn(tx: Tx, turnId: string): Promise<TaskRecord | undefined> {
  const { rows } = await tx.query<TaskRecord>(
    `select ${columns} from task.tasks t where t.turn_id = $1 and t.status = 'waiting' for no key update`,
    [turnId],
  );
  return rows[0];
}

export interface TurnLeft {
  readonly progress: number | null;
  readonly plan: readonly PlanStep[];
  readonly notes: readonly { readonly turn: number; readonly text: string }[];
  readonly lastWords: string;
  readonly seen: readonly string[];
  readonly steps: number;
  readonly activeMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
}

/** What an ended turn left; counted once, since only the current turn is settled. */
export async function addTurn(tx: Tx, id: string, left: TurnLeft): Promise<void> {
  await tx.query(
    `update task.tasks set progress = $2, steps = steps + $3, active_ms = active_ms + $4, input_tokens = input_tokens + $5,
       output_tokens = output_tokens + $6, cost_usd = cost_usd + $7, working = false where id = $1`,
    [id, left.progress, left.steps, Math.round(left.activeMs), left.inputTokens, left.outputTokens, left.costUsd],
  );
  await tx.query('update task.bodies set plan = $2, notes = $3, last_words = $4, seen = $5 where task_id = $1', [
    id,
    JSON.stringify(left.plan),
    JSON.stringify(left.notes),
    left.lastWords,
    JSON.stringify(left.seen),
  ]);
}

export interface NextTurn {
  readonly turnId: string;
  /** Null: it is paused, and resuming makes the job. */
  readonly jobId: string | null;
  readonly failures: number;
  readonly barren: number;
  readonly retryAt: Date | null;
}

export async function moveToNextTurn(tx: Tx, id: string, next: NextTurn): Promise<void> {
  await tx.query(
    `update task.tasks set turns = turns + 1, turn_id = $2, job_id = $3, failures = $4, barren = $5, retry_at = $6,
       pause_requested = false, status = case when $3::uuid is null then 'paused' else status end
     where id = $1`,
    [id, next.turnId, next.jobId, next.failures, next.barren, next.retryAt],
  );
  await tx.query('update task.bodies set turn_task = null where task_id = $1', [id]);
}

export interface TaskEnd {
  readonly status: 'completed' | 'failed' | 'cancelled' | 'timed_out';
  readonly stopReason: TaskStopReason;
  readonly result: string | null;
  readonly detail: string | null;
  readonly endedAt: Date;
}

export async function endTask(tx: Tx, id: string, end: TaskEnd): Promise<void> {
  await tx.query(
    `update task.tasks set status = $2, stop_reason = $3, ended_at = $4, job_id = null, working = false, pause_requested = false,
       retry_at = null where id = $1`,
    [id, end.status, end.stopReason, end.endedAt],
  );
  await tx.query('update task.bodies set result = $2, detail = $3, question = null where task_id = $1', [
    id,
    end.result,
    end.detail,
  ]);
}

export async function countActiveTasksOfProject(handle: Database | Tx, projectId: string): Promise<number> {
  const { rows } = await handle.query<{ count: number }>(
    'select count(*)::int as count from task.tasks where project_id = $1 and ended_at is null',
    [projectId],
  );
  return rows[0]?.count ?? 0;
}

/** Titles of what this agent has not ended. */
export async function selectActiveTitlesOfAgent(handle: Database | Tx, agentId: string): Promise<string[]> {
  const { rows } = await handle.query<{ title: string }>(
    'select title from task.tasks where agent_id = $1 and ended_at is null order by id desc limit 5',
    [agentId],
  );
  return rows.map(({ title }) => title);
}

/** Removes what ended before an instant, with its messages; at most `limit`. */
export async function deleteEndedTasks(handle: Database | Tx, before: Date, limit: number): Promise<number> {
  const { rowCount } = await handle.query(
    `delete from task.tasks where id in (
       select id from task.tasks where ended_at < $1 order by ended_at limit $2)`,
    [before, limit],
  );
  return rowCount;
}

export async function selectEndsOf(
  handle: Database | Tx,
  ids: readonly string[],
): Promise<{ id: string; status: string; endedAt: Date | null }[]> {
  const { rows } = await handle.query<{ id: string; status: string; endedAt: Date | null }>(
    'select id, status, ended_at as "endedAt" from task.tasks where id = any($1::uuid[]) and ended_at is not null',
    [ids],
  );
  return rows;
}
