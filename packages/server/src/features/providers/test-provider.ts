// Asks a provider one short question, so that an owner sees whether address, key and model are right.
import { AppError } from '@gathering/contract/errors';
import type { testProviderRoute } from '@gathering/contract/providers';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { askModel, ModelFailed, OutOfTime } from '../../llm/ask-model.ts';
import { textOf } from '../../llm/decide-next.ts';
import type { ModelAnswer } from '../../llm/journal.ts';
import { costOf } from '../../llm/loop.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { describeProvider } from './describe-provider.ts';
import { type OpenModel, openModelOf } from './open-model.ts';
import { requireRow } from './service.ts';
import { recordUsage } from './usage.ts';

const withinMs = 20_000;
const mostTokens = 200;

type Reply = ReplyOf<typeof testProviderRoute>;

export async function testProvider(ctx: Ctx, { params, body }: InputOf<typeof testProviderRoute>): Promise<Reply> {
  const row = await requireRow(ctx, params.id);
  const { models } = await describeProvider(row, ctx.clock.now());
  const modelId = body?.model ?? models[0]?.id;
  if (modelId === undefined) {
    const message = 'It lists no model to ask: add one, or start the server if it is one of your own.';
    return { ok: false, message, model: '', durationMs: 0, answer: null };
  }
  const startedAt = performance.now();
  const asked = await ask(ctx, () => openModelOf(ctx, row, modelId));
  const durationMs = Math.round(performance.now() - startedAt);
  await ctx.tx(async (tx) => {
    const subject = `providers/${row.id}`;
    await emitEvent(ctx, tx, {
      type: 'providers.test-ended',
      subject,
      payload: { name: row.name, model: modelId, ok: asked.ok },
    });
    const result = asked.ok ? 'done' : 'failed';
    await recordAudit(ctx, tx, { action: 'providers.test', object: subject, result, details: { model: modelId } });
    if (asked.call !== null) {
      const { usage } = asked.call.answer;
      await recordUsage(ctx, tx, {
        provider: row.name,
        model: modelId,
        inputTokens: usage.inputTokens,
        outputTokens: usage.outputTokens,
        costUsd: costOf(asked.call.answer, asked.call.model),
      });
    }
  });
  const answer = asked.call === null ? null : textOf(asked.call.answer).slice(0, 1000);
  return { ok: asked.ok, message: asked.message, model: modelId, durationMs, answer };
}

interface Asked {
  readonly ok: boolean;
  readonly message: string;
  readonly call: { readonly answer: ModelAnswer; readonly model: OpenModel } | null;
}

async function ask(ctx: Ctx, open: () => Promise<OpenModel>): Promise<Asked> {
  try {
    const model = await open();
    const text = 'Answer with the one word: ready';
    const answer = await askModel(
      {
        model: model.model,
        prompt: [{ role: 'user', content: [{ type: 'text', text }] }],
        tools: [],
        temperature: null,
        maxOutputTokens: mostTokens,
        outputSchema: null,
      },
      {
        clock: ctx.clock,
        signal: ctx.signal,
        withinMs,
        onText: () => undefined,
        onRestart: () => undefined,
        tuning: { maxRetries: 0 },
      },
    );
    // A model that thinks first may have used all of its few tokens for that: it works all the same.
    const message = textOf(answer).trim() === '' ? 'It answered, but without a word in so few tokens.' : 'It answered.';
    return { ok: true, message, call: { answer, model } };
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (error instanceof OutOfTime)
      return { ok: false, message: `It did not answer within ${withinMs / 1000} s.`, call: null };
    if (error instanceof ModelFailed || error instanceof AppError)
      return { ok: false, message: error.message, call: null };
    throw error;
  }
}
