// Personas, agents, chats and turns over HTTP.
import {
  changeAgentRoute,
  changePersonaRoute,
  createAgentRoute,
  createPersonaRoute,
  listAgentsRoute,
  listPersonasRoute,
  readAgentRoute,
  readPersonaRoute,
  removeAgentRoute,
  removePersonaRoute,
} from '@gathering/contract/agents';
import {
  createChatRoute,
  decideStepRoute,
  listChatsRoute,
  listMessagesRoute,
  readChatRoute,
  readTurnRoute,
  removeChatRoute,
  sendMessageRoute,
  stopTurnRoute,
} from '@gathering/contract/agents-chats';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { changeAgent, createAgent, listAgents, readAgent, removeAgent } from './agent-service.ts';
import { createChat, listChats, listMessages, readChat, removeChat } from './chat-service.ts';
import { decideStep } from './decide-step.ts';
import { changePersona, createPersona, listPersonas, readPersona, removePersona } from './persona-service.ts';
import { readTurn } from './read-turn.ts';
import { sendMessage, stopTurn, waitForAnswer } from './send-message.ts';

export const agentsRoutes = [
  answer(listPersonasRoute, listPersonas),
  answer(createPersonaRoute, createPersona),
  answer(readPersonaRoute, readPersona),
  answer(changePersonaRoute, changePersona),
  answer(removePersonaRoute, removePersona),
  answer(listAgentsRoute, listAgents),
  answer(createAgentRoute, createAgent),
  answer(readAgentRoute, (ctx: Ctx, input) => readAgent(ctx, input.params.id)),
  answer(changeAgentRoute, changeAgent),
  answer(removeAgentRoute, removeAgent),
  answer(listChatsRoute, listChats),
  answer(createChatRoute, createChat),
  answer(readChatRoute, readChat),
  answer(removeChatRoute, removeChat),
  answer(listMessagesRoute, listMessages),
  answer(sendMessageRoute, async (ctx: Ctx, { params, body }) => {
    const { turnId } = await sendMessage(ctx, { chatId: params.id, text: body.text });
    return waitForAnswer(ctx, params.id, turnId);
  }),
  answer(stopTurnRoute, (ctx: Ctx, input) => stopTurn(ctx, input.params.id)),
  answer(readTurnRoute, (ctx: Ctx, input) => readTurn(ctx, input.params.id)),
  answer(decideStepRoute, decideStep),
];
