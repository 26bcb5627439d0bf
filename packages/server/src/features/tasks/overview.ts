// Small questions that others ask about background runs: guards of other features, the Home page, retention.
import { type Ctx, sightOf, type Tx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { isId } from '../../platform/ids.ts';
import {
  countActiveTasksOfProject,
  deleteEndedTasks,
  selectActiveTitlesOfAgent,
  selectEndsOf,
  selectTasks,
} from './store.ts';

const mostOnHome = 20;

export async function readHomeTasks(ctx: Ctx) {
  const page = (status: string) =>
    selectTasks(ctx.database, sightOf(ctx.actor), { status, before: null, limit: mostOnHome });
  const found = await Promise.all(['running', 'pending', 'waiting'].map(page));
  return found
    .flat()
    .slice(0, mostOnHome)
    .map(({ id, title, agentName, status, progress, turns, startedAt }) => {
      return { taskId: id, title, agentName, status, progress, turns, startedAt: startedAt?.toISOString() ?? null };
    });
}

export async function tasksOfProjectAreActive(handle: Database | Tx, projectId: string): Promise<boolean> {
  return (await countActiveTasksOfProject(handle, projectId)) > 0;
}

/** What an agent, named by its id among `refs`, has not ended. */
export async function listActiveTasksOfAgent(handle: Database | Tx, refs: readonly string[]): Promise<string[]> {
  const id = refs.find(isId);
  if (id === undefined) return [];
  return (await selectActiveTitlesOfAgent(handle, id)).map((title) => `the background run "${title}"`);
}

const sweepBatch = 200;

/** Removes what ended before an instant, in bounded steps; answers how many. */
export async function removeOldTasks(ctx: Pick<Ctx, 'database' | 'signal'>, before: Date): Promise<number> {
  let removed = 0;
  while (!ctx.signal.aborted) {
    const count = await deleteEndedTasks(ctx.database, before, sweepBatch);
    removed += count;
    if (count < sweepBatch) break;
  }
  return removed;
}

/** How those of these background runs ended that have. */
export async function readTaskEnds(
  handle: Database | Tx,
  ids: readonly string[],
): Promise<Map<string, { outcome: 'completed' | 'failed' | 'cancelled'; endedAt: Date | null }>> {
  const rows = await selectEndsOf(handle, ids);
  return new Map(rows.map(({ id, status, endedAt }) => [id, { outcome: outcomeOf(status), endedAt }]));
}

function outcomeOf(status: string): 'completed' | 'failed' | 'cancelled' {
  return status === 'completed' || status === 'cancelled' ? status : 'failed';
}
