// What of a turn is shown while it works: tool calls and results, shortened to what fits a small message.
// The journal and the final message hold the whole.
import type { Delta } from '@gathering/contract/frames';
import type { Json } from '@gathering/contract/json';
import { textOf } from './decide-next.ts';
import { hasEnded, type Step, type ToolStep } from './journal.ts';

const mostCharacters = 2000;

export function shorten(text: string): string {
  if (text.length <= mostCharacters) return text;
  return `${text.slice(0, mostCharacters)}\n[${text.length - mostCharacters} more characters]`;
}

/** Arguments as they are, or their beginning as a text where they are long. */
export function shortenInput(input: unknown): Json {
  const text = JSON.stringify(input ?? null);
  return text.length <= mostCharacters ? (JSON.parse(text) as Json) : { shortened: shorten(text) };
}

export function showCalled(step: ToolStep): Delta {
  return { kind: 'tool-called', callId: step.callId, tool: step.tool, input: shortenInput(step.input) };
}

export function showEnded(step: ToolStep): Delta {
  return {
    kind: 'tool-ended',
    callId: step.callId,
    tool: step.tool,
    ok: step.output?.ok ?? false,
    output: shorten(step.output?.text ?? ''),
    durationMs: durationOf(step),
  };
}

export function durationOf(step: Step): number {
  return step.endedAt === null ? 0 : Math.max(0, step.endedAt.getTime() - step.startedAt.getTime());
}

/** Everything that ended, in order: for those who watch a turn that begins anew or goes on. */
export function replayDeltas(steps: readonly Step[]): Delta[] {
  return steps.filter(hasEnded).flatMap((step): Delta[] => {
    if (step.kind === 'tool') return [showCalled(step), showEnded(step)];
    const text = step.output === null ? '' : textOf(step.output);
    return text === '' ? [] : [{ kind: 'text', text: shorten(text) }];
  });
}
