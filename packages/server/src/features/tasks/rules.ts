// What becomes of a background run after a turn: told from where it stood, what the turn left and what is left of its
// limits. Pure, so that the same turn always has the same consequence.
import type { StopReason, TurnLimits } from '@gathering/contract/agents';
import {
  activeTaskStatuses,
  type PlanStep,
  type TaskLimits,
  type TaskStatus,
  type TaskStopReason,
} from '@gathering/contract/tasks';

/** Turns in a row without anything new after which a task is stopped. */
export const barrenTurns = 3;
/** How long it waits before the model is tried again, and how often. */
export const retryPausesMs: readonly number[] = [30_000, 120_000, 600_000];
export const mostNotes = 10;
export const mostSeen = 500;

export interface Spending {
  readonly steps: number;
  readonly activeMs: number;
  readonly tokens: number;
  /** Null: a price was not known. */
  readonly costUsd: number | null;
}

export interface Standing {
  readonly turns: number;
  readonly plan: readonly PlanStep[];
  readonly progress: number | null;
  readonly failures: number;
  readonly barren: number;
  readonly seen: readonly string[];
  readonly limits: TaskLimits;
  readonly spent: Spending;
}

/** What a turn that is over left. */
export interface TurnReport {
  readonly stopReason: StopReason | null;
  readonly detail: string | null;
  /** Its answer, or what was last said in it. */
  readonly text: string;
  readonly plan: readonly PlanStep[] | null;
  readonly progress: number | null;
  readonly notes: readonly string[];
  readonly finish: { readonly reached: boolean; readonly result: string } | null;
  /** Hashes of its calls with their results. */
  readonly calls: readonly string[];
  readonly spent: Spending;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** What it had called, where it did not come to an answer; null: it did. */
  readonly cutOff: string | null;
}

export type Verdict =
  | { readonly kind: 'go-on'; readonly failures: number; readonly barren: number; readonly pauseMs: number }
  | {
      readonly kind: 'end';
      readonly status: 'completed' | 'failed' | 'timed_out';
      readonly stopReason: TaskStopReason;
      readonly result: string | null;
      readonly detail: string | null;
    };

export const isActive = (status: TaskStatus): boolean => activeTaskStatuses.includes(status);

export function addSpending(one: Spending, other: Spending): Spending {
  return {
    steps: one.steps + other.steps,
    activeMs: one.activeMs + other.activeMs,
    tokens: one.tokens + other.tokens,
    costUsd: one.costUsd === null || other.costUsd === null ? null : one.costUsd + other.costUsd,
  };
}

/** What the next turn may spend; every number at least what makes a turn end by its limit instead of being refused. */
export function remainingLimits(
  { maxSteps, maxSeconds, maxTokens, maxCostUsd }: TaskLimits,
  spent: Spending,
): TurnLimits & { maxCostUsd: number | null } {
  return {
    maxSteps: Math.max(0, maxSteps - spent.steps),
    maxSeconds: Math.max(0, maxSeconds - spent.activeMs / 1000),
    maxTokens: Math.max(0, maxTokens - spent.tokens),
    maxCostUsd: maxCostUsd === null ? null : Math.max(0, maxCostUsd - (spent.costUsd ?? 0)),
  };
}

/** `turnLimits`: the hard caps that the turn had of its agent. `isSteered`: somebody said something that no turn has read. */
export function decideAfterTurn(
  before: Standing,
  turn: TurnReport,
  { turnLimits, isSteered }: { readonly turnLimits: TurnLimits; readonly isSteered: boolean },
): Verdict {
  const plan = turn.plan ?? before.plan;
  if (!isSteered) {
    if (turn.finish !== null) return finish(turn.finish, turn.text);
    // An answer without anything left to do is the result.
    if (turn.stopReason === 'completed' && !plan.some(isOpen)) return finish({ reached: true, result: turn.text }, '');
  }
  const fatal = findFatal(turn);
  if (fatal !== null) return fatal;
  const limit = findLimit(before, turn, turnLimits);
  if (limit !== null) return limit;
  if (turn.stopReason === 'model-failed') return tryAgain(before, turn);
  const barren = isSteered || bringsNews(before, turn) ? 0 : before.barren + 1;
  if (barren < barrenTurns) return { kind: 'go-on', failures: 0, barren, pauseMs: 0 };
  const detail = `${barrenTurns} turns in a row brought nothing new: no call with another result, no step of the plan, no progress.`;
  return end('failed', 'no-progress', detail, turn.text);
}

const isOpen = ({ status }: PlanStep): boolean => status === 'open' || status === 'doing';

function end(
  status: 'completed' | 'failed' | 'timed_out',
  stopReason: TaskStopReason,
  detail: string | null,
  text: string,
): Verdict {
  return { kind: 'end', status, stopReason, detail, result: text.trim() === '' ? null : text };
}

function finish({ reached, result }: { reached: boolean; result: string }, text: string): Verdict {
  const told = result.trim() === '' ? text : result;
  return reached
    ? end('completed', 'completed', null, told)
    : end('failed', 'gave-up', 'The agent says that the goal cannot be reached.', told);
}

function findFatal({ stopReason, detail, text }: TurnReport): Verdict | null {
  switch (stopReason) {
    case null:
      return end('failed', 'agent-gone', detail, text);
    case 'not-allowed':
    case 'content-filter':
      return end('failed', stopReason, detail, text);
    case 'schema-unusable':
      return end('failed', 'interrupted', detail, text);
    case 'cancelled':
      return end('failed', 'interrupted', 'Its turn was cancelled.', text);
    default:
      return null;
  }
}

/** The limit of the task that is used up, also where the turn was stopped for it before it was reached to the last bit. */
function findLimit({ limits, spent: before }: Standing, turn: TurnReport, own: TurnLimits): Verdict | null {
  const spent = addSpending(before, turn.spent);
  const left = remainingLimits(limits, before);
  const stoppedFor = (reason: StopReason, part: 'maxSteps' | 'maxSeconds' | 'maxTokens') =>
    turn.stopReason === reason && left[part] <= own[part];
  if (spent.steps >= limits.maxSteps) {
    return end('failed', 'step-limit', `It may ask its model ${limits.maxSteps} times, and has.`, turn.text);
  }
  if (spent.activeMs >= limits.maxSeconds * 1000 || stoppedFor('time-limit', 'maxSeconds')) {
    return end('timed_out', 'time-limit', `It has worked for the ${limits.maxSeconds} seconds that it may.`, turn.text);
  }
  if (spent.tokens >= limits.maxTokens || stoppedFor('token-limit', 'maxTokens')) {
    const detail = `It has used ${spent.tokens} of the ${limits.maxTokens} tokens that it may, and the next question does not fit.`;
    return end('failed', 'token-limit', detail, turn.text);
  }
  // Agents have no limit on cost of their own; sums of small parts may miss it by less than any price.
  const isSpent =
    turn.stopReason === 'cost-limit' || spent.costUsd === null || spent.costUsd >= (limits.maxCostUsd ?? 0);
  if (limits.maxCostUsd !== null && isSpent) {
    const detail =
      spent.costUsd === null
        ? `The price of a model is not known, so the limit of ${limits.maxCostUsd} US dollars cannot be kept.`
        : `It has cost ${spent.costUsd.toFixed(4)} of the ${limits.maxCostUsd} US dollars that it may.`;
    return end('failed', 'cost-limit', detail, turn.text);
  }
  return null;
}

/** A model that was never asked, for want of a key or a price, is not there a moment later either. */
function tryAgain({ failures }: Standing, { spent, detail, text }: TurnReport): Verdict {
  const pauseMs = retryPausesMs[failures];
  if (spent.steps === 0 || pauseMs === undefined) return end('failed', 'model-failed', detail, text);
  return { kind: 'go-on', failures: failures + 1, barren: 0, pauseMs };
}

/** Words alone are no news: a call with a result not seen before, a step more that is done, or progress. */
function bringsNews(before: Standing, turn: TurnReport): boolean {
  const seen = new Set(before.seen);
  if (turn.calls.some((call) => !seen.has(call))) return true;
  if (turn.progress !== null && turn.progress > (before.progress ?? 0)) return true;
  if (turn.plan === null) return false;
  return before.plan.length === 0 || countClosed(turn.plan) > countClosed(before.plan);
}

const countClosed = (plan: readonly PlanStep[]): number => plan.filter((step) => !isOpen(step)).length;
