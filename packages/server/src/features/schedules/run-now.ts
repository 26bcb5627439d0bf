// Does a schedule's work at once because somebody wants it: beside its instants, with the rights of whoever asks.
import { AppError } from '@gathering/contract/errors';
import type { Receipt } from '@gathering/contract/schedules';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { tellFired } from './account-due.ts';
import { fire } from './fire.ts';
import { requireSeen } from './guard.ts';
import { asRefusal, prepareWork, WorkRefused } from './prepare-work.ts';
import { findSeen } from './service.ts';
import { insertReceipts } from './store/receipts.ts';
import { lockSchedule, selectSpecs } from './store/schedules.ts';
import { toReceipt } from './to-schedule.ts';

/** Refuses with `schedules.refused` where the work cannot be started. */
export async function runNow(ctx: Ctx, id: string): Promise<Receipt> {
  const schedule = await findSeen(ctx, id);
  const actsFor = { actor_id: actorName(ctx.actor), scopes: ctx.actor.scopes };
  try {
    const work = await prepareWork(ctx, actsFor, schedule.spec, schedule.project_id);
    return await ctx.tx(async (tx: Tx) => {
      const row = requireSeen(ctx, await lockSchedule(tx, id));
      if (row.revision !== schedule.revision)
        throw new AppError('schedules.refused', { detail: 'It was just changed.' });
      const at = ctx.clock.now();
      const version = (await selectSpecs(tx, [id], [at])).at(-1);
      if (version === undefined) throw new Error('A schedule says nothing.');
      const occasion = { kind: 'manual', at, dueAt: at, eventCursor: null } as const;
      const receipt = await fire(ctx, tx, row, { ...version, ...actsFor }, occasion, work);
      await insertReceipts(tx, [receipt]);
      await tellFired(ctx, tx, row, [receipt]);
      return toReceipt(receipt);
    });
  } catch (error) {
    const refusal = asRefusal(error);
    if (!(refusal instanceof WorkRefused) || (error instanceof AppError && error.code.startsWith('schedules.')))
      throw error;
    throw new AppError(refusal.reason === 'actor-forbidden' ? 'auth.forbidden' : 'schedules.refused', {
      detail: refusal.message,
      cause: error,
    });
  }
}
