// Chats with agents and their messages. A chat is of one person with one agent; several may go on at once.
import type { Chat, Message } from '@gathering/contract/agents';
import type { createChatRoute, listChatsRoute, listMessagesRoute } from '@gathering/contract/agents-chats';
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import { type Ctx, sightOf } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, isTime, readPageCursor } from '../../platform/page-cursor.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { readProject } from '../projects/index.ts';
import { readAgent } from './agent-service.ts';
import { guardOfChat, requireOwn } from './guard.ts';
import {
  type ChatRow,
  deleteChat,
  insertChat,
  lockChat,
  type MessageRow,
  selectChat,
  selectChats,
  selectMessages,
} from './store-chats.ts';
import { selectOpenTurnOfChat } from './store-turns.ts';

type ById = { readonly params: { readonly id: string } };

export const untitled = 'New chat';

export async function listChats(
  ctx: Ctx,
  { params, query: { limit, cursor } }: InputOf<typeof listChatsRoute>,
): Promise<ReplyOf<typeof listChatsRoute>> {
  await readAgent(ctx, params.id);
  const fits = ([at, id]: readonly string[]) => isTime(at ?? '') && isId(id ?? '');
  const position = readPageCursor(cursor, 2, fits);
  const after = position === null ? null : ([position[0] ?? '', position[1] ?? ''] as const);
  const rows = await selectChats(ctx.database, sightOf(ctx.actor), { agentId: params.id, after, limit: limit + 1 });
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.updatedAt.toISOString(), row.id]);
  return { items: items.map(describeChat), nextCursor };
}

export async function createChat(ctx: Ctx, { params, body }: InputOf<typeof createChatRoute>): Promise<Chat> {
  await readAgent(ctx, params.id);
  if (body.projectId !== null) await readProject(ctx, body.projectId);
  const now = ctx.clock.now();
  const row: ChatRow = {
    id: ctx.ids.next(),
    agentId: params.id,
    userId: ctx.actor.kind === 'user' ? ctx.actor.id : null,
    projectId: body.projectId,
    title: body.title ?? untitled,
    titled: body.title !== undefined,
    createdAt: now,
    updatedAt: now,
  };
  await ctx.tx(async (tx) => {
    await insertChat(tx, row);
    await emitEvent(ctx, tx, {
      type: 'agents.chat-created',
      subject: `chats/${row.id}`,
      related: [`agents/${row.agentId}`],
      audience: guardOfChat(row),
    });
    const details = { agentId: row.agentId };
    await recordAudit(ctx, tx, { action: 'agents.create-chat', object: `chats/${row.id}`, details });
  });
  return describeChat(row);
}

export async function readChat(ctx: Ctx, { params }: ById): Promise<Chat> {
  return describeChat(await requireChat(ctx, params.id));
}

export async function removeChat(ctx: Ctx, { params }: ById): Promise<undefined> {
  await ctx.tx(async (tx) => {
    // Locked against new turns, so what is not open now cannot become so.
    const row = requireOwn(ctx, await lockChat(tx, params.id));
    if ((await selectOpenTurnOfChat(tx, row.id)) !== undefined) throw new AppError('agents.turn-running');
    await deleteChat(tx, row.id);
    await emitEvent(ctx, tx, {
      type: 'agents.chat-removed',
      subject: `chats/${row.id}`,
      related: [`agents/${row.agentId}`],
      audience: guardOfChat(row),
    });
    const details = { agentId: row.agentId };
    await recordAudit(ctx, tx, { action: 'agents.remove-chat', object: `chats/${row.id}`, details });
  });
}

export async function listMessages(
  ctx: Ctx,
  { params, query: { limit, cursor } }: InputOf<typeof listMessagesRoute>,
): Promise<ReplyOf<typeof listMessagesRoute>> {
  await requireChat(ctx, params.id);
  const before = readPageCursor(cursor, 1, ([id]) => isId(id ?? ''))?.[0] ?? null;
  const rows = await selectMessages(ctx.database, { chatId: params.id, before, limit: limit + 1 });
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.id]);
  return { items: items.map(describeMessage), nextCursor };
}

/** Throws AppError `agents.chat-not-found`, also for a chat of somebody else. */
export async function requireChat(ctx: Pick<Ctx, 'database' | 'may'>, id: string): Promise<ChatRow> {
  return requireOwn(ctx, await selectChat(ctx.database, id));
}

export function describeMessage(row: MessageRow): Message {
  return { ...row, createdAt: row.createdAt.toISOString() };
}

function describeChat(row: ChatRow): Chat {
  const { id, agentId, projectId, title } = row;
  return {
    id,
    agentId,
    projectId,
    title,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
