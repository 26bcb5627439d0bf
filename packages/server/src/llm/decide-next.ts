// What a turn does next, told from its journal alone. Pure: after a crash the same journal gives the same
// decision, so a resumed turn goes on exactly where it stopped.
import { findJson, type JsonVerdict, writeFaults } from './check-json.ts';
import {
  type AddedMessage,
  type AnswerPart,
  hasEnded,
  type ModelAnswer,
  type ModelStep,
  type Step,
  type ToolStep,
  type TurnEnd,
} from './journal.ts';
import { findLimit, type LoopLimits, sumUp } from './limits.ts';
import { findRepetition, notedAt, stoppedAt } from './repetition.ts';
import type { JsonSchema } from './tool.ts';

export type ToolCallPart = Extract<AnswerPart, { type: 'tool-call' }>;

export type Move =
  | { readonly kind: 'ask'; readonly added: readonly AddedMessage[] }
  | { readonly kind: 'ask-again'; readonly step: ModelStep }
  | { readonly kind: 'intend-calls'; readonly calls: readonly ToolCallPart[] }
  | { readonly kind: 'call'; readonly steps: readonly ToolStep[] }
  | { readonly kind: 'wait'; readonly steps: readonly ToolStep[] }
  | { readonly kind: 'check'; readonly value: unknown; readonly text: string; readonly schema: JsonSchema }
  | { readonly kind: 'end'; readonly end: TurnEnd };

export interface TurnRules {
  /** What the model is asked first. */
  readonly prompt: readonly AddedMessage[];
  readonly limits: LoopLimits;
  readonly outputSchema: JsonSchema | null;
}

export function decideNext(steps: readonly Step[], rules: TurnRules): Move {
  const lastAt = steps.findLastIndex((step) => step.kind === 'model');
  const last = steps[lastAt];
  if (last === undefined || last.kind !== 'model') return { kind: 'ask', added: rules.prompt };
  if (last.output === null) return { kind: 'ask-again', step: last };
  const calls = steps.slice(lastAt + 1).filter((step): step is ToolStep => step.kind === 'tool');
  const waiting = calls.filter((step) => step.state === 'waiting');
  if (waiting.length > 0) return { kind: 'wait', steps: waiting };
  const open = calls.filter((step) => !hasEnded(step));
  if (open.length > 0) return { kind: 'call', steps: open };
  return calls.length > 0 ? decideAfterCalls(steps, calls, rules) : decideAfterAnswer(steps, last.output, rules);
}

function decideAfterAnswer(steps: readonly Step[], answer: ModelAnswer, rules: TurnRules): Move {
  const refusal = readRefusal(answer);
  if (refusal !== null) return endWith(steps, refusal.stopReason, refusal.detail);
  const calls = answer.parts.filter((part) => part.type === 'tool-call');
  if (calls.length > 0) return refuseOverLimit(steps, rules) ?? { kind: 'intend-calls', calls };
  const text = textOf(answer);
  if (text.trim() === '') return endWith(steps, 'model-failed', 'The model answered nothing.');
  if (rules.outputSchema === null)
    return { kind: 'end', end: { stopReason: 'completed', detail: null, text, data: null } };
  return decideStructured(steps, text, rules.outputSchema, rules);
}

function readRefusal(
  answer: ModelAnswer,
): { stopReason: 'output-limit' | 'content-filter' | 'model-failed'; detail: string } | null {
  if (answer.finishReason === 'length') {
    return { stopReason: 'output-limit', detail: 'The model reached the most tokens that one answer may have.' };
  }
  if (answer.finishReason === 'content-filter') {
    return { stopReason: 'content-filter', detail: "The provider's content filter stopped the answer." };
  }
  if (answer.finishReason === 'error') {
    return {
      stopReason: 'model-failed',
      detail: `The model stopped with an error (${answer.rawFinishReason ?? 'no reason given'}).`,
    };
  }
  return null;
}

function decideStructured(steps: readonly Step[], text: string, schema: JsonSchema, rules: TurnRules): Move {
  const value = findJson(text);
  if (value !== undefined) return { kind: 'check', value, text, schema };
  return askForMending(steps, '- (the whole): one JSON value; got text that is no JSON', schema, rules);
}

/** What comes next once the value of a structured answer was checked against its schema. */
export function decideChecked(
  steps: readonly Step[],
  checked: Extract<Move, { kind: 'check' }>,
  verdict: JsonVerdict,
  rules: TurnRules,
): Exclude<Move, { kind: 'check' }> {
  const { text, value, schema } = checked;
  switch (verdict.kind) {
    case 'valid':
      return { kind: 'end', end: { stopReason: 'completed', detail: null, text, data: value } };
    case 'unusable':
      return endWith(steps, 'schema-unusable', describeUnusable(verdict.why));
    case 'faulty':
      return askForMending(steps, writeFaults(verdict.faults), schema, rules);
  }
}

/** No other answer would help, so the model is not asked again. */
export function describeUnusable(why: string): string {
  return `The output schema cannot be used: ${why}.`;
}

function askForMending(
  steps: readonly Step[],
  faults: string,
  schema: JsonSchema,
  rules: TurnRules,
): Exclude<Move, { kind: 'check' }> {
  const invalidBefore = steps.filter(
    (step) => step.kind === 'model' && step.output !== null && !callsTools(step.output) && step.output.parts.length > 0,
  ).length;
  if (invalidBefore > 1) {
    return endWith(
      steps,
      'output-invalid',
      `The answer does not satisfy the output schema, also when asked again:\n${faults}`,
    );
  }
  const request = `Your answer does not satisfy the required JSON Schema. Answer again with one JSON value only, no words around it. Faults:\n${faults}\nThe schema:\n${JSON.stringify(schema)}`;
  return refuseOverLimit(steps, rules) ?? { kind: 'ask', added: [{ role: 'user', text: request }] };
}

function decideAfterCalls(steps: readonly Step[], calls: readonly ToolStep[], rules: TurnRules): Move {
  const repetition = findRepetition(steps, calls);
  if (repetition !== null && repetition.count >= stoppedAt) {
    return endWith(
      steps,
      'no-progress',
      `${repetition.tool} was called ${repetition.count} times with the same arguments and gave the same result.`,
    );
  }
  const over = refuseOverLimit(steps, rules);
  if (over !== null) return over;
  const note =
    repetition !== null && repetition.count >= notedAt
      ? `You called ${repetition.tool} ${repetition.count} times with the same arguments and got the same result. It will not change: try something else, or answer with what you have. At ${stoppedAt} times you are stopped.`
      : null;
  return { kind: 'ask', added: note === null ? [] : [{ role: 'note', text: note }] };
}

function refuseOverLimit(steps: readonly Step[], rules: TurnRules): ReturnType<typeof endWith> | null {
  const hit = findLimit(sumUp(steps), rules.limits);
  return hit === null ? null : endWith(steps, hit.stopReason, hit.detail);
}

/** An end without success; its text is what the model last said. */
export function endWith(
  steps: readonly Step[],
  stopReason: TurnEnd['stopReason'],
  detail: string,
): { kind: 'end'; end: TurnEnd } {
  return { kind: 'end', end: { stopReason, detail, text: lastText(steps), data: null } };
}

export function lastText(steps: readonly Step[]): string {
  for (const step of steps.toReversed()) {
    const text = step.kind === 'model' && step.output !== null ? textOf(step.output).trim() : '';
    if (text !== '') return text;
  }
  return '';
}

export function textOf(answer: ModelAnswer): string {
  return answer.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function callsTools(answer: ModelAnswer): boolean {
  return answer.parts.some((part) => part.type === 'tool-call');
}
