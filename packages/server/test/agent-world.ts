// An agent that is ready to be talked to: a provider on a local fake model, tools that count their calls, a chat.
import { defaultTurnLimits } from '@gathering/contract/agents';
import { createAgent } from '../src/features/agents/agent-service.ts';
import { createChat } from '../src/features/agents/chat-service.ts';
import { createPersona } from '../src/features/agents/persona-service.ts';
import { createProvider } from '../src/features/providers/service.ts';
import type { Tool } from '../src/llm/tool.ts';
import type { Database } from '../src/platform/db/database.ts';
import { type RecordingQueue, recordQueue } from './fakes/recording-queue.ts';
import { makeTestCtx, type TestCtx } from './make-ctx.ts';
import { insertOwnerOfTests } from './make-user.ts';

export interface CountingTool extends Tool {
  /** Idempotency keys of the calls that were made. */
  readonly keys: string[];
}

export function makeCountingTool(effect: Tool['effect'], name = 'files_read'): CountingTool {
  const keys: string[] = [];
  return {
    name,
    description: 'Reads a file.',
    inputSchema: {
      type: 'object',
      properties: { path: { type: 'string' } },
      required: ['path'],
      additionalProperties: false,
    },
    effect,
    permission: 'projects.read',
    keys,
    run: async (args, context) => {
      keys.push(context.idempotencyKey);
      return { ok: true, text: `hello from ${String(args.path)}`, data: { path: args.path } };
    },
  };
}

// Several worlds share one database.
let worlds = 0;

export interface AgentWorld {
  readonly ctx: TestCtx;
  readonly queue: RecordingQueue;
  readonly agentId: string;
  readonly handle: string;
  /** Name of the provider, where there is one of its own. */
  readonly provider: string;
  readonly chatId: string;
}

export async function makeAgentWorld(
  database: Database,
  { tools = [], baseUrl = null }: { tools?: readonly Tool[]; baseUrl?: string | null } = {},
): Promise<AgentWorld> {
  worlds += 1;
  const provider = `local-${worlds}`;
  const queue = recordQueue();
  const toolBox = { all: tools, find: (name: string) => tools.find((tool) => tool.name === name) };
  const ctx: TestCtx = { ...makeTestCtx(database), queue, tools: toolBox };
  await insertOwnerOfTests(database);
  const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 2 };
  if (baseUrl !== null) {
    const models = [{ id: 'fake-1', price }];
    await createProvider(ctx, { body: { name: provider, kind: 'openai-compatible', baseUrl, models } });
  }
  const persona = await createPersona(ctx, {
    body: {
      name: `Tester ${worlds}`,
      role: 'Reads files',
      background: '',
      traits: [],
      communicationStyle: 'concise',
      specializations: [],
      languages: ['English'],
      instructions: '',
    },
  });
  const agent = await createAgent(ctx, {
    body: {
      name: `Reader ${worlds}`,
      personaId: persona.id,
      model: baseUrl === null ? null : { provider, model: 'fake-1' },
      temperature: null,
      maxOutputTokens: null,
      skills: [...new Set(tools.map((tool) => tool.name.split('_')[0] ?? ''))],
      limits: defaultTurnLimits,
      instructions: '',
    },
  });
  const chat = await createChat(ctx, { params: { id: agent.id }, body: { projectId: null } });
  return { ctx, queue, agentId: agent.id, handle: agent.handle, provider, chatId: chat.id };
}
