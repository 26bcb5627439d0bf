// Background runs as the API shows them. What the agent told in the turn that runs is shown at once, from its journal.

import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { listTasksRoute, Task, TaskRow } from '@gathering/contract/tasks';
import { type Ctx, sightOf } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { listTurnsOfTask, readSteps } from '../agents/index.ts';
import { requireSeen } from './guard.ts';
import { readTold } from './read-report.ts';
import { isActive, mostNotes } from './rules.ts';
import { selectTask, selectTasks, type TaskRecord, type WholeTask } from './store.ts';
import { selectMessages } from './store-messages.ts';

const mostTurns = 50;

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

export async function listTasks(
  ctx: Pick<Ctx, 'database' | 'actor'>,
  { query: { status, agentId, cursor, limit } }: InputOf<typeof listTasksRoute>,
): Promise<ReplyOf<typeof listTasksRoute>> {
  const before = readPageCursor(cursor, 1, ([id]) => isId(id ?? ''))?.[0] ?? null;
  const rows = await selectTasks(ctx.database, sightOf(ctx.actor), { status, agentId, before, limit: limit + 1 });
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.id]);
  return { items: items.map(toRow), nextCursor };
}

/** Throws AppError `tasks.not-found`, also for one that the actor may not see. */
export async function readTask(ctx: Pick<Ctx, 'database' | 'may'>, id: string): Promise<Task> {
  const task = requireSeen(ctx, await selectTask(ctx.database, id));
  const [turns, messages, live] = await Promise.all([
    listTurnsOfTask(ctx, id, mostTurns),
    selectMessages(ctx.database, id),
    isActive(task.status) ? readSteps(ctx.database, task.turnId) : [],
  ]);
  const told = readTold(live);
  // The current turn may not have begun.
  const latest = turns[0] === undefined || turns[0].id === task.turnId ? task.turns : task.turns - 1;
  const notes = [...task.notes, ...told.notes.map((text) => ({ turn: task.turns, text }))].slice(-mostNotes);
  return {
    ...toRow(task),
    goal: task.goal,
    plan: [...(told.plan ?? task.plan)],
    progress: told.progress ?? task.progress,
    notes,
    ...describeEnd(task),
    activeMs: task.activeMs,
    turnList: turns.map((turn, at) => ({ ...turn, number: latest - at })),
    messages: messages.map(({ id: messageId, text, actorId, turn, createdAt }) => {
      return { id: messageId, text, by: actorId, turn, createdAt: createdAt.toISOString() };
    }),
  };
}

function describeEnd(task: WholeTask): Pick<Task, 'result' | 'detail' | 'question' | 'retryAt' | 'limits'> {
  const { result, detail, question, maxSteps, maxSeconds, maxTokens, maxCostUsd } = task;
  const limits = { maxSteps, maxSeconds, maxTokens, maxCostUsd };
  return { result, detail, question, retryAt: iso(task.retryAt), limits };
}

function toRow(row: TaskRecord): TaskRow {
  const { id, title, agentId, agentName, projectId, status, stopReason, pauseRequested, progress, turns, steps } = row;
  const { inputTokens, outputTokens, costUsd } = row;
  return {
    ...{ id, title, agentId, agentName, projectId, status, stopReason, pauseRequested, progress, turns, steps },
    ...{ inputTokens, outputTokens, costUsd },
    createdAt: row.createdAt.toISOString(),
    startedAt: iso(row.startedAt),
    endedAt: iso(row.endedAt),
  };
}
