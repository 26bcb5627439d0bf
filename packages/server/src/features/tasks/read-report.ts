// What a turn left, told from its journal alone: the plan, notes and end that its agent reported by tools, what it called,
// what it spent. The same steps always tell the same, so a turn that was cut off and resumed reports once.
import { createHash } from 'node:crypto';
import type { StopReason } from '@gathering/contract/agents';
import { offlineProviderName } from '@gathering/contract/providers';
import type { PlanStep } from '@gathering/contract/tasks';
import type { Step, ToolStep } from '../../llm/journal.ts';
import { sumUp } from '../../llm/limits.ts';
import { isSilence } from '../../llm/offline/describe-silence.ts';
import type { TurnReport } from './rules.ts';
import { reportTools } from './tools.ts';

interface TurnEnd {
  readonly stopReason: StopReason | null;
  readonly detail: string | null;
  readonly text: string;
}

export function readReport(steps: readonly Step[], { stopReason, detail, text }: TurnEnd): TurnReport {
  const calls = steps.filter((step): step is ToolStep => step.kind === 'tool' && step.output !== null);
  const told = readTold(steps);
  const { inputTokens, outputTokens, activeMs } = sumUp(steps);
  const asked = steps.filter((step) => step.kind === 'model' && step.endedAt !== null).length;
  return {
    stopReason,
    detail,
    text,
    ...told,
    finish: told.finish ?? (isUnanswered(steps, text) ? { reached: false, result: text } : null),
    calls: calls.filter(({ tool }) => !isReport(tool)).map(hashCall),
    spent: { steps: asked, activeMs, tokens: inputTokens + outputTokens, costUsd: addCosts(steps) },
    ...{ inputTokens, outputTokens },
    cutOff: stopReason === 'completed' ? null : summariseCalls(steps),
  };
}

/** Null: a price was not known. */
function addCosts(steps: readonly Step[]): number | null {
  let sum: number | null = 0;
  for (const step of steps) {
    if (step.kind === 'model' && step.output !== null)
      sum = sum === null || step.costUsd === null ? null : sum + step.costUsd;
  }
  return sum;
}

/** The built-in model has no words of its own for a goal that it cannot do anything for, but always the same ones. */
function isUnanswered(steps: readonly Step[], text: string): boolean {
  return steps.every((step) => step.kind === 'model' && step.provider === offlineProviderName) && isSilence(text);
}

/** What its agent has told so far; the turn may still run. */
export function readTold(steps: readonly Step[]): Pick<TurnReport, 'plan' | 'progress' | 'notes' | 'finish'> {
  const told = steps.filter((step): step is ToolStep => step.kind === 'tool' && step.state === 'done');
  const last = (name: string) => told.findLast(({ tool }) => tool === name)?.input;
  const plan = last(reportTools.plan) as { steps: PlanStep[] } | undefined;
  const finish = last(reportTools.finish) as { reached: boolean; result: string } | undefined;
  const notes = told
    .filter(({ tool }) => tool === reportTools.progress)
    .map(({ input }) => input as { note: string; percent?: number });
  return {
    plan: plan?.steps ?? null,
    progress: notes.findLast(({ percent }) => percent !== undefined)?.percent ?? null,
    notes: notes.map(({ note }) => note),
    finish: finish ?? null,
  };
}

const mostCalls = 12;
const shortest = 300;

/** The last calls of a turn with the beginnings of their results, for the next one. */
function summariseCalls(steps: readonly Step[]): string {
  const calls = steps.filter(
    (step): step is ToolStep => step.kind === 'tool' && step.output !== null && !isReport(step.tool),
  );
  return calls
    .slice(-mostCalls)
    .map(({ tool, input, output }) => `- ${tool} ${cut(JSON.stringify(input))}: ${cut(output?.text ?? '')}`)
    .join('\n');
}

export function cut(text: string, most = shortest): string {
  const line = text.trim();
  return line.length <= most
    ? line
    : `${line
        .slice(0, most - 1)
        .toWellFormed()
        .trimEnd()}…`;
}

const isReport = (tool: string): boolean => Object.values<string>(reportTools).includes(tool);

function hashCall({ tool, input, output }: ToolStep): string {
  return createHash('sha256')
    .update(JSON.stringify([tool, input, output?.ok, output?.text]))
    .digest('base64url')
    .slice(0, 16);
}
