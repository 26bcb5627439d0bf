// All SQL on turns and on the steps of their journal. Invariant: a row of a turn is written only by whoever
// holds its latest attempt, or by one who ends or cancels it.
import type { StopReason } from '@gathering/contract/agents';
import { AppError } from '@gathering/contract/errors';
import type { Permission } from '@gathering/contract/permissions';
import type { ModelAnswer, ModelStep, Step, ToolStep } from '../../llm/journal.ts';
import type { Database, SqlResult, SqlValues, Tx } from '../../platform/db/database.ts';
import { codeOf } from '../../platform/db/failures.ts';
import { errors } from '../../platform/db/sql-state.ts';

export type TurnStatus = 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';

export interface TurnRow {
  readonly id: string;
  readonly agentId: string;
  readonly agentName: string;
  readonly chatId: string | null;
  readonly runId: string | null;
  /** The background run that it is a turn of. */
  readonly taskId: string | null;
  readonly nodeId: string | null;
  readonly projectId: string | null;
  /** `users/<id>` or `system/<name>`: who set the agent to work, and with whose rights it acts. */
  readonly actorId: string;
  /** What the API key of whoever set it to work was confined to; null: all that they may. */
  readonly scopes: readonly Permission[] | null;
  readonly task: string | null;
  readonly outputSchema: { readonly [key: string]: unknown } | null;
  readonly status: TurnStatus;
  readonly stopReason: StopReason | null;
  readonly detail: string | null;
  readonly attempt: number;
  readonly jobId: string | null;
  readonly text: string | null;
  readonly data: unknown;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

interface Reader {
  query<R>(text: string, values?: SqlValues): Promise<SqlResult<R>>;
}

const turnColumns = `id, agent_id as "agentId", agent_name as "agentName", chat_id as "chatId", run_id as "runId", task_id as "taskId", node_id as "nodeId",
  project_id as "projectId", actor_id as "actorId", scopes, task, output_schema as "outputSchema", status, stop_reason as "stopReason", detail, attempt,
  job_id as "jobId", text, data, input_tokens as "inputTokens", output_tokens as "outputTokens", cost_usd as "costUsd",
  created_at as "createdAt", started_at as "startedAt", ended_at as "endedAt"`;

export async function selectTurn(database: Database, id: string): Promise<TurnRow | undefined> {
  const { rows } = await database.query<TurnRow>(`select ${turnColumns} from agent.turns where id = $1`, [id]);
  return rows[0];
}

export async function selectOpenTurnOfChat(reader: Reader, chatId: string): Promise<TurnRow | undefined> {
  const { rows } = await reader.query<TurnRow>(
    `select ${turnColumns} from agent.turns where chat_id = $1 and status in ('pending', 'running', 'waiting')`,
    [chatId],
  );
  return rows[0];
}

export async function lockTurn(tx: Tx, id: string): Promise<TurnRow | undefined> {
  const { rows } = await tx.query<TurnRow>(`select ${turnColumns} from agent.turns where id = $1 for update`, [id]);
  return rows[0];
}

/** In the order of their ids, so that two who cancel the same turns do not wait for each other in a circle. */
export async function lockOpenTurns(tx: Tx, ids: readonly string[]): Promise<TurnRow[]> {
  const { rows } = await tx.query<TurnRow>(
    `select ${turnColumns} from agent.turns where id = any($1::uuid[]) and status in ('pending', 'running', 'waiting')
     order by id for update`,
    [ids],
  );
  return rows;
}

export async function selectOpenTurnIdsOfAgentsChats(tx: Tx, agentId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select t.id from agent.turns t join agent.chats c on c.id = t.chat_id
     where c.agent_id = $1 and t.status in ('pending', 'running', 'waiting')`,
    [agentId],
  );
  return rows.map((row) => row.id);
}

/** False when the turn is there already. Throws AppError `agents.turn-running` or `agents.chat-not-found` for its chat. */
export async function insertTurn(tx: Tx, row: TurnRow): Promise<boolean> {
  try {
    const { rowCount } = await tx.query(
      `insert into agent.turns (id, agent_id, agent_name, chat_id, run_id, node_id, project_id, task, output_schema, status,
         attempt, job_id, input_tokens, output_tokens, cost_usd, created_at, started_at, actor_id, scopes, task_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, $13, $14, $15, $16, $17) on conflict (id) do nothing`,
      [
        row.id,
        row.agentId,
        row.agentName,
        row.chatId,
        row.runId,
        row.nodeId,
        row.projectId,
        row.task,
        row.outputSchema === null ? null : JSON.stringify(row.outputSchema),
        row.status,
        row.attempt,
        row.jobId,
        row.createdAt,
        row.startedAt,
        row.actorId,
        row.scopes,
        row.taskId,
      ],
    );
    return rowCount === 1;
  } catch (error) {
    if (codeOf(error) === errors.uniqueViolation) throw new AppError('agents.turn-running', { cause: error });
    if (codeOf(error) === errors.foreignKeyViolation) throw new AppError('agents.chat-not-found', { cause: error });
    throw error;
  }
}

export interface TurnChange {
  readonly id: string;
  /** The attempt that writes; the row must be at it. */
  readonly from: number;
  /** The attempt that it is at afterwards. */
  readonly to: number;
  readonly status: TurnStatus;
  readonly startedAt: Date;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null: a price was not known. */
  readonly costUsd: number | null;
  readonly end: { stopReason: StopReason; detail: string | null; text: string; data: unknown; endedAt: Date } | null;
}

/**
 * False when the turn was ended or taken over meanwhile: then nothing else may be written. Hot: beside it a statement
 * a step, sent together; one statement with all in common table expressions took longer to plan than they to run.
 */
export async function advanceTurn(tx: Tx, change: TurnChange): Promise<boolean> {
  const { end } = change;
  const { rowCount } = await tx.query(
    `update agent.turns set status = $3, attempt = $4, started_at = coalesce(started_at, $5),
       input_tokens = input_tokens + $6, output_tokens = output_tokens + $7, cost_usd = cost_usd + $8,
       stop_reason = $9, detail = $10, text = $11, data = $12, ended_at = $13
     where id = $1 and attempt = $2 and status in ('pending', 'running')`,
    [
      change.id,
      change.from,
      change.status,
      change.to,
      change.startedAt,
      change.inputTokens,
      change.outputTokens,
      change.costUsd,
      end?.stopReason ?? null,
      end?.detail ?? null,
      end?.text ?? null,
      end === null ? null : JSON.stringify(end.data ?? null),
      end?.endedAt ?? null,
    ],
  );
  return rowCount === 1;
}

/** Makes every earlier attempt stale. Undefined when the turn has ended or waits. */
export async function takeTurnOver(tx: Tx, id: string): Promise<TurnRow | undefined> {
  const { rows } = await tx.query<TurnRow>(
    `update agent.turns set attempt = attempt + 1, status = 'running'
     where id = $1 and status in ('pending', 'running') returning ${turnColumns}`,
    [id],
  );
  return rows[0];
}

export async function reopenTurn(tx: Tx, id: string, jobId: string | null): Promise<void> {
  await tx.query("update agent.turns set status = 'pending', job_id = $2 where id = $1", [id, jobId]);
}

export async function cancelTurn(tx: Tx, id: string, text: string, endedAt: Date): Promise<void> {
  await tx.query(
    `update agent.turns set status = 'cancelled', stop_reason = 'cancelled', text = $2, ended_at = $3 where id = $1`,
    [id, text, endedAt],
  );
}

interface StepRow {
  index: number;
  kind: 'model' | 'tool';
  state: Step['state'];
  tool: string | null;
  callId: string | null;
  effect: ToolStep['effect'] | null;
  idempotencyKey: string | null;
  decision: 'repeat' | null;
  input: unknown;
  output: unknown;
  provider: string | null;
  model: string | null;
  costUsd: number | null;
  startedAt: Date;
  endedAt: Date | null;
}

const stepsText = `select index, kind, state, tool, call_id as "callId", effect, idempotency_key as "idempotencyKey", decision, input,
  output, provider, model, cost_usd as "costUsd", started_at as "startedAt", ended_at as "endedAt"
  from agent.steps where turn_id = $1 order by index`;

export async function selectSteps(reader: Reader, turnId: string): Promise<Step[]> {
  const { rows } = await reader.query<StepRow>(stepsText, [turnId]);
  return rows.map(readStep);
}

function readStep(row: StepRow): Step {
  const { index, startedAt, endedAt } = row;
  if (row.kind === 'model') {
    return {
      kind: 'model',
      index,
      state: row.state === 'waiting' ? 'intended' : row.state,
      input: row.input as ModelStep['input'],
      output: row.output as ModelAnswer | null,
      provider: row.provider ?? '',
      model: row.model ?? '',
      costUsd: row.costUsd,
      startedAt,
      endedAt,
    };
  }
  return {
    kind: 'tool',
    index,
    state: row.state,
    tool: row.tool ?? '',
    callId: row.callId ?? '',
    effect: row.effect ?? 'unsafe',
    idempotencyKey: row.idempotencyKey ?? '',
    decision: row.decision,
    input: row.input,
    output: row.output as ToolStep['output'],
    startedAt,
    endedAt,
  };
}

export function insertStep(tx: Tx, turnId: string, step: Step): Promise<unknown> {
  const tool = step.kind === 'tool' ? step : null;
  const model = step.kind === 'model' ? step : null;
  return tx.query(
    `insert into agent.steps (turn_id, index, kind, state, tool, call_id, effect, idempotency_key, input, provider, model,
       started_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      turnId,
      step.index,
      step.kind,
      step.state,
      tool?.tool ?? null,
      tool?.callId ?? null,
      tool?.effect ?? null,
      tool?.idempotencyKey ?? null,
      JSON.stringify(step.input ?? null),
      model?.provider ?? null,
      model?.model ?? null,
      step.startedAt,
    ],
  );
}

/** Everything about a step that changes after it was intended. */
export function updateStep(tx: Tx, turnId: string, step: Step): Promise<unknown> {
  const model = step.kind === 'model' ? step : null;
  const usage = model?.output?.usage;
  return tx.query(
    `update agent.steps set state = $3, decision = $4, output = $5, provider = $6, model = $7, input_tokens = $8,
       output_tokens = $9, cost_usd = $10, started_at = $11, ended_at = $12
     where turn_id = $1 and index = $2`,
    [
      turnId,
      step.index,
      step.state,
      step.kind === 'tool' ? step.decision : null,
      step.output === null ? null : JSON.stringify(step.output),
      model?.provider ?? null,
      model?.model ?? null,
      usage?.inputTokens ?? null,
      usage?.outputTokens ?? null,
      model?.costUsd ?? null,
      step.startedAt,
      step.endedAt,
    ],
  );
}

/** The latest turns of a background run, the last one first. */
export async function selectTurnsOfTask(database: Database, taskId: string, limit: number): Promise<TurnRow[]> {
  const { rows } = await database.query<TurnRow>(
    `select ${turnColumns} from agent.turns where task_id = $1 order by id desc limit $2`,
    [taskId, limit],
  );
  return rows;
}

/** Removes turns of tasks that ended before an instant, with their steps; at most `limit`. Those of chats go with their chat. */
export async function deleteEndedTaskTurns(handle: Database | Tx, before: Date, limit: number): Promise<number> {
  const { rowCount } = await handle.query(
    `delete from agent.turns where id in (
       select id from agent.turns where chat_id is null and ended_at < $1 order by ended_at limit $2)`,
    [before, limit],
  );
  return rowCount;
}
