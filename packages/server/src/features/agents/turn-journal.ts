// The journal of a turn in the database. One write is one commit: what ended, what begins, usage, events and,
// at the end, the message. A write by a stale attempt, or after the turn was ended by others, is refused whole.
import type { Json } from '@gathering/contract/json';
import type { Ctx, Tx } from '../../ctx.ts';
import {
  type Journal,
  type JournalChange,
  type ModelStep,
  type Step,
  type TurnEnd,
  TurnLost,
} from '../../llm/journal.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { recordUsage } from '../providers/index.ts';
import { guardOfTurn } from './guard.ts';
import { makeAnswer } from './make-answer.ts';
import { recordEffects } from './record-effects.ts';
import { announceChange } from './running-turns.ts';
import { insertMessage, touchChat } from './store-chats.ts';
import { advanceTurn, insertStep, insertTurn, type TurnRow, updateStep } from './store-turns.ts';

/** How the row stands before the first write. */
export type TurnBeginning =
  /** Not there yet: the first write makes it. */
  | 'new'
  /** There, and nobody has worked on it. */
  | 'pending'
  /** Ours already. */
  | 'taken';

export interface TurnJournal extends Journal {
  /** Every step that is known, as the journal has it. */
  readonly steps: readonly Step[];
}

export function openJournal(
  ctx: Ctx,
  turn: TurnRow,
  beginning: TurnBeginning,
  found: readonly Step[],
  onEnd?: (tx: Tx, end: TurnEnd) => Promise<void>,
): TurnJournal {
  const steps: Step[] = [...found];
  let from: TurnBeginning = beginning;
  const attempt = beginning === 'taken' ? turn.attempt : turn.attempt + 1;
  return {
    steps,
    async write(change) {
      const at = from;
      for (const step of [...change.intended, ...change.retaken, ...change.waiting, ...change.ended])
        steps[step.index] = step;
      await ctx.tx(async (tx) => {
        const sent: Promise<unknown>[] = [
          claim(ctx, tx, turn, at, attempt, change),
          ...writeSteps(tx, turn.id, change),
        ];
        if (change.end !== null) sent.push(...writeAnswer(ctx, tx, turn, change.end, steps));
        if (change.end !== null && onEnd !== undefined) sent.push(onEnd(tx, change.end));
        sent.push(emitEvents(ctx, tx, listEvents(turn, at !== 'taken', change)), ...recordCalls(ctx, tx, change));
        sent.push(...recordEffects(ctx, tx, turn, change));
        if (change.end !== null || change.waiting.length > 0) tx.afterCommit(() => announceChange(turn.id));
        await settleAll(sent);
      });
      from = 'taken';
    },
  };
}

/** Waits for all, so that nothing is still under way when the first failure ends the transaction. */
async function settleAll(sent: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(sent);
  const lost = outcomes.find((one) => one.status === 'rejected' && one.reason instanceof TurnLost);
  const failed = lost ?? outcomes.find((one) => one.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function claim(
  ctx: Ctx,
  tx: Tx,
  turn: TurnRow,
  at: TurnBeginning,
  attempt: number,
  change: JournalChange,
): Promise<void> {
  const now = ctx.clock.now();
  const { end } = change;
  const made =
    at === 'new' ? insertTurn(tx, { ...turn, status: 'running', attempt, startedAt: now }) : Promise.resolve(true);
  // A row that was just made as it should be needs no second statement.
  const isAsMade = at === 'new' && end === null && change.ended.length === 0 && change.waiting.length === 0;
  const asked = change.ended.filter((step): step is ModelStep => step.kind === 'model');
  const advanced = isAsMade
    ? Promise.resolve(true)
    : advanceTurn(tx, {
        id: turn.id,
        from: at === 'pending' ? turn.attempt : attempt,
        to: attempt,
        status: statusAfter(change),
        startedAt: now,
        inputTokens: asked.reduce((sum, step) => sum + (step.output?.usage.inputTokens ?? 0), 0),
        outputTokens: asked.reduce((sum, step) => sum + (step.output?.usage.outputTokens ?? 0), 0),
        costUsd: asked.reduce<number | null>(addCost, 0),
        end: end === null ? null : { ...storableEnd(end), endedAt: now },
      });
  const [isMade, isAdvanced] = await Promise.all([made, advanced]);
  if (!isMade || !isAdvanced) throw new TurnLost(turn.id);
}

function writeSteps(tx: Tx, turnId: string, change: JournalChange): Promise<unknown>[] {
  const known = [...change.ended, ...change.retaken, ...change.waiting];
  return [
    ...known.map((step) => updateStep(tx, turnId, step)),
    ...change.intended.map((step) => insertStep(tx, turnId, step)),
  ];
}

/** As the row keeps it and everybody reads it. */
export function storableEnd(end: TurnEnd): TurnEnd {
  return { ...end, text: storable(end.text), detail: end.detail === null ? null : storable(end.detail) };
}

function statusAfter(change: JournalChange): TurnRow['status'] {
  if (change.end !== null) return change.end.stopReason === 'completed' ? 'completed' : 'failed';
  return change.waiting.length > 0 ? 'waiting' : 'running';
}

export function addCost(sum: number | null, step: ModelStep): number | null {
  if (step.output === null) return sum;
  return sum === null || step.costUsd === null ? null : sum + step.costUsd;
}

function recordCalls(ctx: Ctx, tx: Tx, change: JournalChange): Promise<unknown>[] {
  return change.ended.flatMap((step) => {
    if (step.kind !== 'model' || step.output === null) return [];
    const { inputTokens, outputTokens } = step.output.usage;
    const { provider, model, costUsd } = step;
    return [recordUsage(ctx, tx, { provider, model, inputTokens, outputTokens, costUsd })];
  });
}

function writeAnswer(ctx: Ctx, tx: Tx, turn: TurnRow, end: TurnEnd, steps: readonly Step[]): Promise<unknown>[] {
  if (turn.chatId === null) return [];
  const message = makeAnswer(
    ctx,
    turn.chatId,
    turn.id,
    { text: storable(end.text), stopReason: end.stopReason },
    steps,
  );
  return [insertMessage(tx, message), touchChat(tx, turn.chatId, message.createdAt)];
}

function listEvents(turn: TurnRow, begins: boolean, change: JournalChange): NewEvent[] {
  const about = { subject: `turns/${turn.id}`, related: relatedTo(turn), audience: guardOfTurn(turn) };
  const events: NewEvent[] = [];
  if (begins) events.push({ type: 'agents.turn-started', ...about, payload: { agentName: turn.agentName } });
  for (const step of change.ended) events.push({ type: 'agents.step-ended', ...about, payload: describeStep(step) });
  for (const step of change.waiting)
    events.push({ type: 'agents.step-waiting', ...about, payload: describeStep(step) });
  if (change.end !== null) {
    if (turn.chatId !== null) events.push(messageAdded(turn, 'assistant'));
    const { stopReason } = change.end;
    events.push({ type: 'agents.turn-ended', ...about, payload: { status: statusAfter(change), stopReason } });
  }
  return events;
}

function describeStep(step: Step): { [key: string]: Json } {
  const { index, kind, state } = step;
  return { index, kind, state, tool: step.kind === 'tool' ? step.tool.slice(0, 200) : null };
}

export function messageAdded(turn: TurnRow, role: 'user' | 'assistant'): NewEvent {
  return {
    type: 'agents.message-added',
    subject: `chats/${turn.chatId}`,
    related: [`turns/${turn.id}`, `agents/${turn.agentId}`],
    payload: { turnId: turn.id, role },
    audience: guardOfTurn(turn),
  };
}

export function relatedTo(turn: Pick<TurnRow, 'agentId' | 'chatId' | 'runId' | 'taskId'>): string[] {
  const { agentId, chatId, runId, taskId } = turn;
  return [
    `agents/${agentId}`,
    ...(chatId === null ? [] : [`chats/${chatId}`]),
    ...(runId === null ? [] : [`runs/${runId}`]),
    ...(taskId === null ? [] : [`tasks/${taskId}`]),
  ];
}

/** What a text column takes: no NUL, no half of a pair of code units. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}
