// A model on a local port that speaks the protocol of OpenAI's chat completions and counts its requests.
import { LLMock } from '@copilotkit/aimock';
import { onTestFinished } from 'vitest';

export interface ModelServer {
  readonly mock: LLMock;
  /** As a provider of the kind openai-compatible is given it. */
  readonly baseUrl: string;
  requests(): number;
}

export const usage = { prompt_tokens: 120, completion_tokens: 30 };

/** Without results of tools it calls one, with them it answers. */
export async function startToolCallingModel(call: { name: string; arguments: object }): Promise<ModelServer> {
  const server = await startModelServer();
  const calls = [{ id: 'call_1', name: call.name, arguments: JSON.stringify(call.arguments) }];
  server.mock.on({ hasToolResult: false }, { toolCalls: calls, usage });
  server.mock.on({ hasToolResult: true }, { content: 'The file says hello.', usage });
  return server;
}

export async function startModelServer(): Promise<ModelServer> {
  const mock = new LLMock({ port: 0 });
  await mock.start();
  onTestFinished(() => mock.stop());
  return { mock, baseUrl: `${mock.url}/v1`, requests: () => mock.getRequests().length };
}
