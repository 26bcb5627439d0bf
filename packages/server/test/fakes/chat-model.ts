// A model on a local port that speaks OpenAI's chat completions, word by word, and can be held in the middle of an answer.
import type { ServerResponse } from 'node:http';
import { type NotedCall, type OutsideServer, startOutsideServer } from './http-server.ts';

export interface ChatAnswer {
  readonly text?: string;
  readonly calls?: readonly { readonly tool: string; readonly input: object }[];
  /** After its first word it says nothing more until this resolves. */
  readonly hold?: Promise<unknown>;
}

export interface ChatModel extends OutsideServer {
  /** As a provider of the kind openai-compatible is given it. */
  readonly baseUrl: string;
}

/** `script` answers by the number of the question, from 0, and by the messages that came with it. */
export async function startChatModel(
  script: (asked: number, messages: readonly { role: string; content: unknown }[]) => ChatAnswer,
): Promise<ChatModel> {
  let asked = 0;
  const server = await startOutsideServer(async (call, reply) => {
    const answer = script(asked, readMessages(call));
    asked += 1;
    await stream(reply, answer);
  });
  return { ...server, baseUrl: `${server.url}/v1` };
}

function readMessages(call: NotedCall): { role: string; content: unknown }[] {
  return (JSON.parse(call.body) as { messages: { role: string; content: unknown }[] }).messages;
}

async function stream(reply: ServerResponse, { text = '', calls = [], hold }: ChatAnswer): Promise<void> {
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  const head = { id: 'answer', object: 'chat.completion.chunk', created: 1, model: 'fake-1' };
  const send = (delta: object, finish: string | null = null, more: object = {}) =>
    reply.write(
      `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`,
    );
  send({ role: 'assistant', content: '' });
  const [first = '', ...rest] = text.split(/(?<= )/);
  if (first !== '') send({ content: first });
  await hold;
  for (const word of rest) send({ content: word });
  calls.forEach(({ tool, input }, index) => {
    const called = { name: tool, arguments: JSON.stringify(input) };
    send({ tool_calls: [{ index, id: `call_${index}`, type: 'function', function: called }] });
  });
  const usage = { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150 };
  send({}, calls.length > 0 ? 'tool_calls' : 'stop', { usage });
  reply.end('data: [DONE]\n\n');
}
