// What models were used and what it cost. A row a day and model is raised in the transaction that journals
// the call: what is journaled is billed, and nothing else.
import type { readUsageRoute } from '@gathering/contract/providers';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import { addUsage, selectUsage } from './store.ts';

export interface CallUsage {
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null: the price was not known. */
  readonly costUsd: number | null;
}

/** Send it last in a transaction: it locks a row that all calls of this model share. Need not be awaited. */
export function recordUsage(ctx: Pick<Ctx, 'clock'>, tx: Tx, usage: CallUsage): Promise<unknown> {
  const done = addUsage(tx, { ...usage, day: dayOf(ctx.clock.now()) });
  // Whoever does not await this hears of the failure from the transaction, which cannot commit any more.
  done.catch(() => undefined);
  return done;
}

export async function readUsage(
  ctx: Pick<Ctx, 'database' | 'clock'>,
  { query: { days } }: InputOf<typeof readUsageRoute>,
): Promise<ReplyOf<typeof readUsageRoute>> {
  const first = new Date(ctx.clock.now().getTime() - (days - 1) * 86_400_000);
  const rows = await selectUsage(ctx.database, dayOf(first));
  return {
    items: rows.map(({ unpricedCalls, ...row }) => ({ ...row, costUsd: unpricedCalls > 0 ? null : row.costUsd })),
  };
}

/** Of today, UTC. Calls without a known price count as free here. */
export async function summariseToday(ctx: Pick<Ctx, 'database' | 'clock'>) {
  const rows = await selectUsage(ctx.database, dayOf(ctx.clock.now()));
  return rows.reduce(
    (sum, row) => ({
      modelCalls: sum.modelCalls + row.calls,
      inputTokens: sum.inputTokens + row.inputTokens,
      outputTokens: sum.outputTokens + row.outputTokens,
      costUsd: sum.costUsd + row.costUsd,
    }),
    { modelCalls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
  );
}

function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
