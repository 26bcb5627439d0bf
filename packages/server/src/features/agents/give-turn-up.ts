// Ends a turn that is not worked on any more: its job failed for the last time, or whoever asked may not. Its chat is free
// again, and people see why.
import type { Ctx } from '../../ctx.ts';
import { type TurnEnd, TurnLost } from '../../llm/journal.ts';
import { selectSteps, takeTurnOver } from './store-turns.ts';
import { openJournal } from './turn-journal.ts';

export function giveTurnUp(ctx: Ctx, turnId: string, error: string): Promise<void> {
  const detail = `The turn could not be finished, although it was tried several times: ${error.slice(0, 1000)}`;
  return endTurn(ctx, turnId, 'model-failed', detail);
}

/** A turn that has ended or waits stays as it is. */
export async function endTurn(
  ctx: Ctx,
  turnId: string,
  stopReason: TurnEnd['stopReason'],
  detail: string | null,
): Promise<void> {
  const taken = await ctx.tx(async (tx) => {
    const turn = await takeTurnOver(tx, turnId);
    return turn === undefined ? undefined : { turn, steps: await selectSteps(tx, turnId) };
  });
  if (taken === undefined) return;
  try {
    const journal = openJournal(ctx, taken.turn, 'taken', taken.steps);
    const end = { stopReason, detail, text: '', data: null };
    await journal.write({ ended: [], intended: [], retaken: [], waiting: [], end });
  } catch (failure) {
    // Somebody else ended it in this moment: that is the end it has.
    if (!(failure instanceof TurnLost)) throw failure;
  }
}
