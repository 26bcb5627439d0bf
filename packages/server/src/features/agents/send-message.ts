// Somebody says something in a chat: one transaction writes the message, the turn that will answer it, the
// events and the job. The answer is written by the turn, whether or not anybody waits for it.
import type { Message } from '@gathering/contract/agents';
import { AppError } from '@gathering/contract/errors';
import { actorName, type Ctx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents } from '../events/index.ts';
import { readAgent } from './agent-service.ts';
import { cancelTurns, runTurnJob } from './cancel-turns.ts';
import { describeMessage, requireChat } from './chat-service.ts';
import { readOutcome } from './run-turn.ts';
import { waitForChange } from './running-turns.ts';
import { insertMessage, selectAnswerOfTurn, titleChat, touchChat } from './store-chats.ts';
import { insertTurn, selectOpenTurnOfChat, type TurnRow } from './store-turns.ts';
import { messageAdded, storable } from './turn-journal.ts';

export interface SentMessage {
  readonly messageId: string;
  readonly turnId: string;
}

/** Throws AppError `agents.chat-not-found`, or `agents.turn-running` while the agent is still answering. */
export async function sendMessage(ctx: Ctx, { chatId, text }: { chatId: string; text: string }): Promise<SentMessage> {
  const chat = await requireChat(ctx, chatId);
  const agent = await readAgent(ctx, chat.agentId);
  const now = ctx.clock.now();
  const [messageId, turnId, jobId] = [ctx.ids.next(), ctx.ids.next(), ctx.ids.next()];
  const turn: TurnRow = {
    id: turnId,
    agentId: agent.id,
    agentName: agent.name,
    chatId,
    runId: null,
    taskId: null,
    nodeId: null,
    projectId: chat.projectId,
    actorId: actorName(ctx.actor),
    scopes: ctx.actor.scopes,
    task: null,
    outputSchema: null,
    status: 'pending',
    stopReason: null,
    detail: null,
    attempt: 0,
    jobId,
    text: null,
    data: null,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    createdAt: now,
    startedAt: null,
    endedAt: null,
  };
  const said = {
    role: 'user' as const,
    text: storable(text),
    stopReason: null,
    toolCalls: [],
    provider: null,
    model: null,
  };
  const free = { inputTokens: 0, outputTokens: 0, costUsd: 0 };
  await ctx.tx(async (tx) => {
    // The turn first: of two who speak at once the second learns it here.
    await insertTurn(tx, turn);
    await insertMessage(tx, { id: messageId, chatId, turnId, ...said, ...free, createdAt: now });
    await touchChat(tx, chatId, now);
    await titleChat(tx, chatId, makeTitle(said.text));
    await emitEvents(ctx, tx, [messageAdded(turn, 'user')]);
    await recordAudit(ctx, tx, { action: 'agents.send-message', object: `chats/${chatId}`, details: { turnId } });
    await ctx.queue.enqueue(tx, [{ name: runTurnJob, payload: { turnId }, id: jobId }]);
  });
  return { messageId, turnId };
}

const lookAgainMs = 500;

/** The answer of a turn once it has ended. Nobody needs to wait: when `ctx.signal` aborts, the turn goes on. */
export async function waitForAnswer(ctx: Ctx, chatId: string, turnId: string): Promise<Message> {
  for (;;) {
    const changed = waitForChange(turnId, lookAgainMs, ctx.signal);
    const outcome = await readOutcome(ctx, turnId);
    if (outcome !== undefined && outcome.status !== 'waiting') break;
    await changed;
    if (ctx.signal.aborted) {
      const detail = 'The answer goes on being written: read the messages of the chat in a moment.';
      throw new AppError('server.draining', { detail, cause: ctx.signal.reason });
    }
  }
  const answer = await selectAnswerOfTurn(ctx.database, turnId, chatId);
  if (answer === undefined) throw new AppError('agents.chat-not-found');
  return describeMessage(answer);
}

export async function stopTurn(ctx: Ctx, chatId: string): Promise<{ stopped: boolean }> {
  await requireChat(ctx, chatId);
  const turn = await selectOpenTurnOfChat(ctx.database, chatId);
  if (turn === undefined) return { stopped: false };
  const stopped = await ctx.tx(async (tx) => {
    const cancelled = await cancelTurns(ctx, tx, [turn.id]);
    if (cancelled.length > 0) await recordAudit(ctx, tx, { action: 'agents.stop-turn', object: `turns/${turn.id}` });
    return cancelled.length > 0;
  });
  if (stopped && turn.status !== 'running') {
    ctx.deltas.publish(chatId, turn.id, (turn.attempt + 2) * 1_000_000, {
      kind: 'turn-ended',
      status: 'cancelled',
      stopReason: 'cancelled',
    });
  }
  return { stopped };
}

function makeTitle(text: string): string {
  const line = text.trim().split('\n')[0]?.trim() ?? '';
  return line.length > 80 ? `${line.slice(0, 79).trimEnd()}…` : line;
}
