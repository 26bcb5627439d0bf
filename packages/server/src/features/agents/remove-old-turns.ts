// Retention of what agents did for pipelines; what they did in chats stays with the chat.
import type { Ctx } from '../../ctx.ts';
import { deleteEndedTaskTurns } from './store-turns.ts';

const sweepBatch = 200;

/** Removes turns of tasks that ended before an instant, in bounded steps; answers how many. */
export async function removeOldTurns(ctx: Pick<Ctx, 'database' | 'signal'>, before: Date): Promise<number> {
  let removed = 0;
  while (!ctx.signal.aborted) {
    const count = await deleteEndedTaskTurns(ctx.database, before, sweepBatch);
    removed += count;
    if (count < sweepBatch) break;
  }
  return removed;
}
