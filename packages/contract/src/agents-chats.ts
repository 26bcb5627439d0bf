// Chats with agents, and the turns and steps of their answers, over HTTP.
import * as z from 'zod';
import { chatSchema, messageSchema, turnSchema } from './agents.ts';
import { idSchema } from './ids.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';

const byId = z.strictObject({ id: idSchema });

export const listChatsRoute = defineRoute({
  name: 'agents.list-chats',
  method: 'GET',
  path: '/agents/:id/chats',
  summary: 'Chats with an agent, latest first.',
  permission: 'agents.chat',
  rate: 'relaxed',
  params: byId,
  query: pageQuery,
  reply: pageOf(chatSchema),
  errors: ['agents.not-found'],
});
export const createChatRoute = defineRoute({
  name: 'agents.create-chat',
  method: 'POST',
  path: '/agents/:id/chats',
  summary: 'Begin a chat.',
  permission: 'agents.chat',
  rate: 'standard',
  status: 201,
  params: byId,
  body: z.strictObject({
    title: z.string().trim().min(1).max(200).optional(),
    projectId: idSchema.nullable().default(null).describe('Folder that file and git tools are confined to.'),
  }),
  reply: chatSchema,
  errors: ['agents.not-found', 'projects.not-found'],
});
export const readChatRoute = defineRoute({
  name: 'agents.read-chat',
  method: 'GET',
  path: '/chats/:id',
  summary: 'One chat.',
  permission: 'agents.chat',
  rate: 'relaxed',
  object: { kind: 'chats', param: 'id' },
  params: byId,
  reply: chatSchema,
  errors: ['agents.chat-not-found'],
});
export const removeChatRoute = defineRoute({
  name: 'agents.remove-chat',
  method: 'DELETE',
  path: '/chats/:id',
  summary: 'Remove a chat with its messages.',
  permission: 'agents.chat',
  rate: 'standard',
  object: { kind: 'chats', param: 'id' },
  status: 204,
  params: byId,
  reply: z.undefined(),
  errors: ['agents.chat-not-found', 'agents.turn-running'],
});
export const listMessagesRoute = defineRoute({
  name: 'agents.list-messages',
  method: 'GET',
  path: '/chats/:id/messages',
  summary: 'Messages of a chat, latest first.',
  permission: 'agents.chat',
  rate: 'relaxed',
  object: { kind: 'chats', param: 'id' },
  params: byId,
  query: pageQuery,
  reply: pageOf(messageSchema),
  errors: ['agents.chat-not-found'],
});
export const sendMessageRoute = defineRoute({
  name: 'agents.send-message',
  method: 'POST',
  path: '/chats/:id/messages',
  summary: "Say something; answers with the agent's message when its turn ends. Streamed on the socket meanwhile.",
  permission: 'agents.chat',
  rate: 'standard',
  object: { kind: 'chats', param: 'id' },
  status: 201,
  params: byId,
  body: z.strictObject({ text: z.string().trim().min(1).max(200_000) }),
  reply: messageSchema,
  errors: ['agents.chat-not-found', 'agents.turn-running'],
});
export const stopTurnRoute = defineRoute({
  name: 'agents.stop-turn',
  method: 'POST',
  path: '/chats/:id/stop',
  summary: 'Stop the answer that is being written.',
  permission: 'agents.chat',
  rate: 'standard',
  object: { kind: 'chats', param: 'id' },
  params: byId,
  reply: z.strictObject({ stopped: z.boolean() }),
  errors: ['agents.chat-not-found'],
});
export const readTurnRoute = defineRoute({
  name: 'agents.read-turn',
  method: 'GET',
  path: '/turns/:id',
  summary: 'A turn with every journaled step.',
  permission: 'agents.read',
  rate: 'relaxed',
  object: { kind: 'turns', param: 'id' },
  params: byId,
  reply: turnSchema,
  errors: ['agents.turn-not-found'],
});
export const decideStepRoute = defineRoute({
  name: 'agents.decide-step',
  method: 'POST',
  path: '/turns/:id/steps/:index/decision',
  summary: 'Repeat or skip a call that was cut off and may have had its effect.',
  permission: 'agents.write',
  rate: 'standard',
  object: { kind: 'turns', param: 'id' },
  params: z.strictObject({ id: idSchema, index: z.coerce.number().int().min(0) }),
  body: z.strictObject({ decision: z.enum(['repeat', 'skip']) }),
  reply: turnSchema,
  errors: ['agents.turn-not-found', 'agents.step-not-waiting'],
});
