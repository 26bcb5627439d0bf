// Whose chats and turns are: a chat belongs to one person with all that was said and done in it, a turn of a run to whoever
// the run belongs to. The same guard decides who reads the row and who hears its events.
import { AppError } from '@gathering/contract/errors';
import { type Ctx, type Guarded, nobodyId, userOf } from '../../ctx.ts';
import type { ChatRow } from './store-chats.ts';
import type { TurnRow } from './store-turns.ts';

export function guardOfChat({ userId }: Pick<ChatRow, 'userId'>): Guarded {
  return { ownerId: userId ?? nobodyId };
}

export function guardOfTurn({
  chatId,
  projectId,
  actorId,
}: Pick<TurnRow, 'chatId' | 'projectId' | 'actorId'>): Guarded {
  // Nobody else can say something in a chat.
  if (chatId !== null) return guardOfChat({ userId: userOf(actorId) });
  return projectId === null ? { ownerId: userOf(actorId), operators: true } : { projectId };
}

/** Throws AppError `agents.chat-not-found`, also for a chat of somebody else. What may be done, the door has asked. */
export function requireOwn(ctx: Pick<Ctx, 'may'>, row: ChatRow | undefined): ChatRow {
  if (row === undefined || !ctx.may('signed-in', guardOfChat(row))) throw new AppError('agents.chat-not-found');
  return row;
}

/** Throws AppError `agents.turn-not-found`, also for a turn that the actor may not see. */
export function requireSeen(ctx: Pick<Ctx, 'may'>, row: TurnRow | undefined): TurnRow {
  if (row === undefined || !ctx.may('signed-in', guardOfTurn(row))) throw new AppError('agents.turn-not-found');
  return row;
}
