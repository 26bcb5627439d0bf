// A task for an agent, asked by another feature as a library: the turn is made with its first question, in one
// commit, and found again by its id.
import { actorName, type Ctx } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { type RunTurnOptions, runTurn, workOn } from './run-turn.ts';
import { selectAgentWithPersona } from './store-agents.ts';
import { selectTurn, type TurnRow } from './store-turns.ts';
import { refusedOutcome, type TurnOutcome } from './turn-outcome.ts';

export interface AgentTask {
  /** Chosen by the caller: the same id is the same turn, also after a crash. */
  readonly turnId: string;
  /** Id or handle. */
  readonly agentRef: string;
  readonly task: string;
  readonly projectId: string | null;
  readonly outputSchema: { readonly [key: string]: unknown } | null;
  readonly runRef?: { readonly runId: string; readonly nodeId: string };
  /** The background run that it is a turn of. */
  readonly taskId?: string;
}

/** As `runTurn`; an agent that does not exist gives a failed outcome and leaves no turn. */
export async function runAgentTask(ctx: Ctx, task: AgentTask, options: RunTurnOptions = {}): Promise<TurnOutcome> {
  const by = isId(task.agentRef) ? { id: task.agentRef } : { handle: task.agentRef };
  const [begun, known] = await Promise.all([
    selectTurn(ctx.database, task.turnId),
    selectAgentWithPersona(ctx.database, by),
  ]);
  if (begun !== undefined) return runTurn(ctx, task.turnId, options);
  if (known === undefined) return refusedOutcome(`There is no agent ${task.agentRef}.`);
  const { agent } = known;
  const turn: TurnRow = {
    id: task.turnId,
    agentId: agent.id,
    agentName: agent.name,
    chatId: null,
    runId: task.runRef?.runId ?? null,
    taskId: task.taskId ?? null,
    nodeId: task.runRef?.nodeId ?? null,
    projectId: task.projectId,
    actorId: actorName(ctx.actor),
    scopes: ctx.actor.scopes,
    task: task.task,
    outputSchema: task.outputSchema,
    status: 'pending',
    stopReason: null,
    detail: null,
    attempt: 0,
    jobId: null,
    text: null,
    data: null,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    createdAt: ctx.clock.now(),
    startedAt: null,
    endedAt: null,
  };
  return workOn(ctx, turn, 'new', [], { ...options, agent: known });
}
