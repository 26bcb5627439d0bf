// What whoever set an agent to work over several turns learns of them: their rows in short, and the steps of one.
import type { Turn } from '@gathering/contract/agents';
import type { Ctx, Tx } from '../../ctx.ts';
import type { Step } from '../../llm/journal.ts';
import type { Database } from '../../platform/db/database.ts';
import { selectSteps, selectTurnsOfTask } from './store-turns.ts';

/** The steps of a turn as its journal has them. Who may see them, the caller has asked. */
export function readSteps(handle: Database | Tx, turnId: string): Promise<Step[]> {
  return selectSteps(handle, turnId);
}

/** The latest turns of a background run, the last one first. Who may see them, the caller has asked. */
export async function listTurnsOfTask(
  ctx: Pick<Ctx, 'database'>,
  taskId: string,
  limit: number,
): Promise<Omit<Turn, 'agentId' | 'agentName' | 'steps'>[]> {
  const rows = await selectTurnsOfTask(ctx.database, taskId, limit);
  return rows.map(({ id, status, stopReason, detail, inputTokens, outputTokens, costUsd, startedAt, endedAt }) => ({
    ...{ id, status, stopReason, detail, inputTokens, outputTokens, costUsd },
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
  }));
}
