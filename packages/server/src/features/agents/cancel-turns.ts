// Ends turns before their time. Their rows say so first, in the caller's transaction; then whoever works on
// them is told. What had been written of an answer in a chat is kept.
import type { Ctx, Tx } from '../../ctx.ts';
import { lastText } from '../../llm/decide-next.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { guardOfTurn } from './guard.ts';
import { makeAnswer } from './make-answer.ts';
import { announceChange, findRunning, TurnCancelled } from './running-turns.ts';
import { insertMessage, touchChat } from './store-chats.ts';
import { cancelTurn, lockOpenTurns, selectSteps, type TurnRow } from './store-turns.ts';
import { messageAdded, relatedTo, storable } from './turn-journal.ts';

export const runTurnJob = 'agents.run-turn';

type CancelCtx = Pick<Ctx, 'ids' | 'clock' | 'actor' | 'queue'>;

/** Turns that ended already stay as they are. Answers the ids of those that were cancelled. */
export async function cancelTurns(ctx: CancelCtx, tx: Tx, turnIds: readonly string[]): Promise<string[]> {
  if (turnIds.length === 0) return [];
  const turns = await lockOpenTurns(tx, turnIds);
  const events: NewEvent[] = [];
  for (const turn of turns) {
    await cancelOne(ctx, tx, turn);
    if (turn.chatId !== null) events.push(messageAdded(turn, 'assistant'));
    const payload = { status: 'cancelled', stopReason: 'cancelled' };
    const [subject, related, audience] = [`turns/${turn.id}`, relatedTo(turn), guardOfTurn(turn)];
    events.push({ type: 'agents.turn-ended', subject, related, payload, audience });
  }
  await emitEvents(ctx, tx, events);
  const jobIds = turns.flatMap((turn) => (turn.jobId === null ? [] : [turn.jobId]));
  if (jobIds.length > 0) await ctx.queue.cancel(tx, runTurnJob, jobIds);
  tx.afterCommit(() => {
    for (const turn of turns) {
      findRunning(turn.id)?.abort(new TurnCancelled());
      announceChange(turn.id);
    }
  });
  return turns.map((turn) => turn.id);
}

async function cancelOne(ctx: CancelCtx, tx: Tx, turn: TurnRow): Promise<void> {
  const steps = turn.chatId === null ? [] : await selectSteps(tx, turn.id);
  const shown = findRunning(turn.id)?.shownText.trim() ?? '';
  const text = storable(shown === '' ? lastText(steps) : shown);
  await cancelTurn(tx, turn.id, text, ctx.clock.now());
  if (turn.chatId === null) return;
  const message = makeAnswer(ctx, turn.chatId, turn.id, { text, stopReason: 'cancelled' }, steps);
  await insertMessage(tx, message);
  await touchChat(tx, turn.chatId, message.createdAt);
}
