// The message that a turn of a chat leaves: its text, and in short what was done for it.
import type { Message, StopReason } from '@gathering/contract/agents';
import type { Ctx } from '../../ctx.ts';
import type { ModelStep, Step, ToolStep } from '../../llm/journal.ts';
import { durationOf, shorten, shortenInput } from '../../llm/show-steps.ts';
import type { MessageRow } from './store-chats.ts';

export function makeAnswer(
  ctx: Pick<Ctx, 'ids' | 'clock'>,
  chatId: string,
  turnId: string,
  end: { readonly text: string; readonly stopReason: StopReason },
  steps: readonly Step[],
): MessageRow {
  const asked = steps.filter((step): step is ModelStep => step.kind === 'model' && step.output !== null);
  const last = asked.at(-1);
  return {
    id: ctx.ids.next(),
    chatId,
    role: 'assistant',
    text: end.text,
    turnId,
    stopReason: end.stopReason,
    toolCalls: steps.filter((step): step is ToolStep => step.kind === 'tool' && step.output !== null).map(describeCall),
    provider: last?.provider ?? null,
    model: last?.model ?? null,
    inputTokens: asked.reduce((sum, step) => sum + (step.output?.usage.inputTokens ?? 0), 0),
    outputTokens: asked.reduce((sum, step) => sum + (step.output?.usage.outputTokens ?? 0), 0),
    costUsd: asked.reduce<number | null>(
      (sum, step) => (sum === null || step.costUsd === null ? null : sum + step.costUsd),
      0,
    ),
    createdAt: ctx.clock.now(),
  };
}

function describeCall(step: ToolStep): Message['toolCalls'][number] {
  return {
    callId: step.callId,
    tool: step.tool,
    input: shortenInput(step.input),
    ok: step.output?.ok ?? false,
    output: shorten(step.output?.text ?? ''),
    durationMs: durationOf(step),
  };
}
