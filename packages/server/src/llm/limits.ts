// The hard caps of a turn. Pure: they are judged by what the journal says was spent.
import type { TurnLimits } from '@gathering/contract/agents';
import type { ModelStep, Step } from './journal.ts';

export interface Spent {
  readonly modelCalls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of calls whose price was known. */
  readonly costUsd: number;
  /** Time in calls that ended; calls at the same time count once, and a time when nothing ran not at all. */
  readonly activeMs: number;
}

export function sumUp(steps: readonly Step[]): Spent {
  const asked = steps.filter((step): step is ModelStep => step.kind === 'model');
  const spans = steps
    .flatMap((step) => (step.endedAt === null ? [] : [[step.startedAt.getTime(), step.endedAt.getTime()] as const]))
    .sort((a, b) => a[0] - b[0]);
  let activeMs = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [from, to] of spans) {
    activeMs += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return {
    modelCalls: asked.filter((step) => step.output !== null).length,
    inputTokens: asked.reduce((sum, step) => sum + (step.output?.usage.inputTokens ?? 0), 0),
    outputTokens: asked.reduce((sum, step) => sum + (step.output?.usage.outputTokens ?? 0), 0),
    costUsd: asked.reduce((sum, step) => sum + (step.costUsd ?? 0), 0),
    activeMs,
  };
}

/** What a turn may spend; where it is part of something larger, also what of that is left. */
export type LoopLimits = TurnLimits & { readonly maxCostUsd?: number | null };

export interface LimitHit {
  readonly stopReason: 'step-limit' | 'token-limit' | 'time-limit' | 'cost-limit';
  readonly detail: string;
}

/** The cap that forbids another call, if there is one. */
export function findLimit(spent: Spent, limits: LoopLimits): LimitHit | null {
  if (spent.modelCalls >= limits.maxSteps) {
    return {
      stopReason: 'step-limit',
      detail: `The turn may ask its model ${limits.maxSteps} times at the most, and has.`,
    };
  }
  const tokens = spent.inputTokens + spent.outputTokens;
  if (tokens >= limits.maxTokens) {
    return { stopReason: 'token-limit', detail: `The turn used ${tokens} tokens of ${limits.maxTokens}.` };
  }
  const { maxCostUsd = null } = limits;
  if (maxCostUsd !== null && spent.costUsd >= maxCostUsd) {
    return {
      stopReason: 'cost-limit',
      detail: `The turn cost ${spent.costUsd.toFixed(4)} US dollars of ${maxCostUsd}.`,
    };
  }
  if (spent.activeMs >= limits.maxSeconds * 1000) return timeLimit(limits);
  return null;
}

export function timeLimit(limits: TurnLimits): LimitHit {
  return { stopReason: 'time-limit', detail: `The turn worked for the ${limits.maxSeconds} seconds that it may take.` };
}

/** About how many tokens a text has; only to refuse a call that cannot fit, never to bill. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / 5);
}
