// Output schemas that would hold up the server end their own turn, in bounded time, whoever answers; everybody else
// goes on meanwhile.
import { readFile } from 'node:fs/promises';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { defaultTurnLimits } from '@gathering/contract/agents';
import { describe, expect, test } from 'vitest';
import { hostileSchemas, longText } from '../../test/fakes/hostile-schemas.ts';
import { openMemoryJournal } from '../../test/fakes/memory-journal.ts';
import { scriptModel } from '../../test/fakes/scripted-model.ts';
import { ManualClock } from '../platform/clock.ts';
import { runLoop } from './loop.ts';
import { createOfflineModel } from './offline/offline-model.ts';
import type { JsonSchema } from './tool.ts';

interface Setting {
  readonly model: LanguageModelV4;
  readonly outputSchema: JsonSchema;
  readonly signal?: AbortSignal;
}

async function answer({ model, outputSchema, signal = new AbortController().signal }: Setting) {
  const journal = openMemoryJournal([]);
  const input = {
    turnId: 'turn-1',
    model: { model, provider: 'test', modelId: 'test-1', price: null },
    prompt: [
      { role: 'system' as const, text: 'You are a test.' },
      { role: 'user' as const, text: longText },
    ],
    steps: [],
    tools: [],
    temperature: null,
    maxOutputTokens: null,
    outputSchema,
    limits: defaultTurnLimits,
  };
  const result = await runLoop(input, {
    journal,
    clock: new ManualClock(new Date('2026-11-01T10:00:00.000Z')),
    signal,
    callTool: () => Promise.reject(new Error('There are no tools.')),
    onDelta: () => undefined,
    onBug: () => undefined,
  });
  return { journal, end: result.kind === 'ended' ? result.end : undefined };
}

/** What others do: each read needs the event loop again. */
async function workOn(): Promise<void> {
  for (let times = 0; times < 50; times += 1) await readFile(import.meta.filename);
}

const honest = { type: 'object', required: ['text'], properties: { text: { type: 'string' } } };
const unusable = /^The output schema cannot be used: .*make it simpler\.$/;

describe.each<[string, (text: string) => LanguageModelV4]>([
  ['a model that answers', (text) => scriptModel([{ text }])],
  ['the offline model', () => createOfflineModel()],
])('with %s', (_, makeModel) => {
  test.each(hostileSchemas)('$name fails the turn while others go on', async ({ schema, answer: text }) => {
    const order: string[] = [];
    const turn = answer({ model: makeModel(text), outputSchema: schema }).then((result) => {
      order.push('the turn ended');
      return result;
    });
    await workOn().then(() => order.push('others worked'));
    const { end, journal } = await turn;
    expect(order).toEqual(['others worked', 'the turn ended']);
    expect(end).toMatchObject({ stopReason: 'schema-unusable', data: null, detail: expect.stringMatching(unusable) });
    expect(journal.commits.at(-1)?.end?.stopReason).toBe('schema-unusable');
    const next = await answer({ model: makeModel('{"text": "fine"}'), outputSchema: honest });
    expect(next.end?.stopReason).toBe('completed');
  });
});

test('a schema that is none ends the turn without another question', async () => {
  const model = scriptModel([{ text: '{"text": "fine"}' }]);
  const { end } = await answer({ model, outputSchema: { type: 'no such type' } });
  expect(end).toMatchObject({ stopReason: 'schema-unusable', detail: expect.stringContaining('schema/type must be') });
  expect(model.questions).toHaveLength(1);
});

test('a value that is nested without measure is the fault of the answer', async () => {
  const levels = 50_000;
  const model = scriptModel([{ text: `${'['.repeat(levels)}${']'.repeat(levels)}` }, { text: '{"text": "fine"}' }]);
  const { end } = await answer({ model, outputSchema: honest });
  expect(end).toMatchObject({ stopReason: 'completed', data: { text: 'fine' } });
  expect(JSON.stringify(model.questions[1]?.prompt.at(-1))).toContain('nested at most 64 levels deep');
});

test('a turn that is stopped does not wait for the verdict', async () => {
  const stop = new AbortController();
  const [endless] = hostileSchemas;
  const turn = answer({
    model: scriptModel([{ text: endless?.answer ?? '' }]),
    outputSchema: endless?.schema ?? {},
    signal: stop.signal,
  });
  await workOn();
  stop.abort(new Error('stopped'));
  await expect(turn).rejects.toThrow('stopped');
});
