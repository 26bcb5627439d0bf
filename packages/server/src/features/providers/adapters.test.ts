// Each vendor's adapter against a server that speaks the vendor's own protocol: a whole turn with a tool call,
// streamed, with its usage; 429 with Retry-After; 500; an abort in the middle.
import { LLMock } from '@copilotkit/aimock';
import { defaultTurnLimits } from '@gathering/contract/agents';
import type { Delta } from '@gathering/contract/frames';
import type { ProviderKind } from '@gathering/contract/providers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMemoryJournal } from '../../../test/fakes/memory-journal.ts';
import { type Mending, startRelay, type VendorRelay } from '../../../test/fakes/vendor-relay.ts';
import type { AskTuning } from '../../llm/ask-model.ts';
import { type LoopInput, runLoop } from '../../llm/loop.ts';
import { systemClock } from '../../platform/clock.ts';
import { openAdapter } from './open-adapter.ts';

interface Vendor {
  readonly kind: ProviderKind;
  readonly path: string;
  readonly modelId: string;
  readonly endpoint: RegExp;
  readonly mending?: Mending;
}

const vendors: Vendor[] = [
  { kind: 'anthropic', path: '/v1', modelId: 'claude-sonnet-5', endpoint: /\/v1\/messages$/ },
  { kind: 'openai', path: '/v1', modelId: 'gpt-5.5', endpoint: /\/v1\/responses$/ },
  { kind: 'deepseek', path: '/v1', modelId: 'deepseek-chat', endpoint: /\/chat\/completions$/ },
  {
    kind: 'mistral',
    path: '/v1',
    modelId: 'mistral-large-latest',
    endpoint: /\/chat\/completions$/,
    mending: 'mistral',
  },
  { kind: 'ollama', path: '', modelId: 'qwen3', endpoint: /\/api\/chat$/, mending: 'ollama' },
  { kind: 'openai-compatible', path: '/v1', modelId: 'anything', endpoint: /\/chat\/completions$/ },
];

// Under the names of all protocols, so that one fixture serves them.
const usage = { prompt_tokens: 120, completion_tokens: 30, input_tokens: 120, output_tokens: 30 };

const readTool = {
  name: 'file_read',
  description: 'Reads a file.',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  effect: 'none' as const,
  permission: 'signed-in' as const,
  run: async () => ({ ok: true as const, text: '', data: null }),
};

describe.each(vendors)('the adapter of $kind', ({ kind, path, modelId, endpoint, mending }) => {
  let mock: LLMock;
  let relay: VendorRelay;
  beforeEach(async () => {
    mock = new LLMock({ port: 0 });
    await mock.start();
    relay = await startRelay(mock.url, mending ?? 'none', { input: 120, output: 30 });
  });
  afterEach(async () => {
    await relay.close();
    await mock.stop();
  });

  async function run(
    more: {
      input?: Partial<LoopInput>;
      signal?: AbortSignal;
      onDelta?: (delta: Delta) => void;
      tuning?: AskTuning;
    } = {},
  ) {
    const journal = openMemoryJournal();
    const deltas: Delta[] = [];
    const args: unknown[] = [];
    const model = await openAdapter({
      kind,
      modelId,
      baseUrl: `${mending === undefined ? mock.url : relay.url}${path}`,
      apiKey: 'test-key-0123456789',
    });
    const result = await runLoop(
      {
        turnId: 't',
        model: { model, provider: kind, modelId, price: { inputUsdPerMillion: 3, outputUsdPerMillion: 15 } },
        prompt: [
          { role: 'system', text: 'You read files.' },
          { role: 'user', text: 'What does a.txt say?' },
        ],
        steps: [],
        tools: [readTool],
        temperature: null,
        maxOutputTokens: 1000,
        outputSchema: null,
        limits: defaultTurnLimits,
        ...more.input,
      },
      {
        journal,
        clock: systemClock,
        signal: more.signal ?? new AbortController().signal,
        callTool: async (_tool, given) => {
          args.push(given);
          return { ok: true, text: 'hello from a.txt', data: null };
        },
        onDelta: (delta) => {
          deltas.push(delta);
          more.onDelta?.(delta);
        },
        onBug: () => undefined,
        tuning: { pause: async () => undefined, ...more.tuning },
      },
    );
    return { result, journal, deltas, args };
  }

  it('carries a turn with a tool call there and back, streamed, with its usage and cost', async () => {
    const toolCalls = [{ id: 'call_abc', name: 'file_read', arguments: '{"path":"a.txt"}' }];
    mock.on({ hasToolResult: false }, { toolCalls, usage });
    mock.on({ hasToolResult: true }, { content: 'It says hello to everybody who reads it.', usage }, { chunkSize: 8 });
    const { result, journal, deltas, args } = await run();
    expect(result).toMatchObject({
      end: { stopReason: 'completed', text: 'It says hello to everybody who reads it.' },
    });
    expect(args).toEqual([{ path: 'a.txt' }]);
    expect(mock.getRequests().map((entry) => entry.path)).toEqual([
      expect.stringMatching(endpoint),
      expect.stringMatching(endpoint),
    ]);
    expect(JSON.stringify(mock.getLastRequest()?.body)).toContain('hello from a.txt');
    expect(deltas.filter((delta) => delta.kind === 'text').length).toBeGreaterThan(1);
    for (const step of [journal.steps[0], journal.steps[2]]) {
      expect(step).toMatchObject({ output: { usage: { inputTokens: 120, outputTokens: 30 } } });
      expect(step?.kind === 'model' ? step.costUsd : null).toBeCloseTo((120 * 3 + 30 * 15) / 1e6, 12);
    }
  });

  it('asks again after 429 and waits as long as Retry-After says', async () => {
    const pauses: number[] = [];
    const busy = { error: { message: 'slow down', type: 'rate_limit_error' }, status: 429, retryAfter: 3 };
    mock.on({ userMessage: /./, sequenceIndex: 0 }, busy);
    mock.onMessage(/./, { content: 'Done.', usage });
    const { result } = await run({ tuning: { pause: async (ms) => void pauses.push(ms) } });
    expect(result).toMatchObject({ end: { stopReason: 'completed', text: 'Done.' } });
    expect(pauses).toEqual([3000]);
  });

  it('asks again after 500 and says what the server said when it stays so', async () => {
    mock.onMessage(/./, { error: { message: 'the disk is on fire', type: 'server_error' }, status: 500 });
    const { result } = await run({ tuning: { maxRetries: 2, pause: async () => undefined } });
    expect(result).toMatchObject({ end: { stopReason: 'model-failed', detail: expect.stringContaining('500') } });
    expect(result.kind === 'ended' && result.end.detail).toContain('the disk is on fire');
    expect(mock.getRequests()).toHaveLength(3);
  });

  it('stops in the middle of a stream when it is told to', async () => {
    const stop = new AbortController();
    const content = 'word '.repeat(200);
    mock.onMessage(/./, { content, usage }, { chunkSize: 5, latency: 20 });
    const stopped = run({
      signal: stop.signal,
      onDelta: (delta) => void (delta.kind === 'text' && stop.abort(new Error('stopped'))),
    });
    await expect(stopped).rejects.toThrow('stopped');
  });

  it('brings structured output, with a schema that no strict mode would take', async () => {
    const outputSchema = {
      type: 'object',
      properties: { count: { type: 'integer' }, note: { type: 'string' } },
      required: ['count'],
    };
    mock.onMessage(/./, { content: '{"count": 3}', usage });
    const { result } = await run({ input: { outputSchema, tools: [] } });
    expect(result).toMatchObject({ end: { stopReason: 'completed', data: { count: 3 } } });
  });
});
