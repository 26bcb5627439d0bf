// How a turn stands, as whoever asked for it learns it.
import type { StopReason } from '@gathering/contract/agents';
import type { Json } from '@gathering/contract/json';
import type { ModelStep, Step, ToolStep, TurnEnd } from '../../llm/journal.ts';
import type { LoopResult } from '../../llm/loop.ts';
import { shorten } from '../../llm/show-steps.ts';
import type { TurnRow } from './store-turns.ts';
import { addCost, storableEnd } from './turn-journal.ts';

export interface TurnOutcome {
  /** `paused`: it was asked to stop and can be run again; only where the caller asks for that. */
  readonly status: 'completed' | 'failed' | 'waiting' | 'cancelled' | 'paused';
  /** Only `completed` is success. Null while it waits, and when it could not begin. */
  readonly stopReason: StopReason | null;
  readonly text: string;
  /** With an output schema and success: the value that satisfies it. */
  readonly data: Json;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null: a price was not known. */
  readonly costUsd: number | null;
  readonly detail: string | null;
  /** What a person has to decide while it waits. */
  readonly question: string | null;
}

/** Undefined while it is pending or running. */
export function outcomeOf(turn: TurnRow, steps: readonly Step[]): TurnOutcome | undefined {
  if (turn.status === 'pending' || turn.status === 'running') return undefined;
  return {
    status: turn.status,
    stopReason: turn.stopReason,
    text: turn.text ?? '',
    data: (turn.data ?? null) as Json,
    inputTokens: turn.inputTokens,
    outputTokens: turn.outputTokens,
    costUsd: turn.costUsd,
    detail: turn.detail,
    question: turn.status === 'waiting' ? askAbout(turn, steps) : null,
  };
}

/** The same, told by whoever brought it to its end and has its steps at hand. */
export function outcomeOfLoop(turn: TurnRow, result: LoopResult): TurnOutcome {
  const asked = result.steps.filter((step): step is ModelStep => step.kind === 'model');
  const end = result.kind === 'ended' ? storableEnd(result.end) : null;
  const row: TurnRow = {
    ...turn,
    status: statusOf(end),
    stopReason: end?.stopReason ?? null,
    text: end?.text ?? null,
    data: end?.data ?? null,
    detail: end?.detail ?? null,
    inputTokens: asked.reduce((sum, step) => sum + (step.output?.usage.inputTokens ?? 0), 0),
    outputTokens: asked.reduce((sum, step) => sum + (step.output?.usage.outputTokens ?? 0), 0),
    costUsd: asked.reduce<number | null>(addCost, 0),
  };
  const outcome = outcomeOf(result.kind === 'paused' ? { ...row, status: 'waiting' } : row, result.steps);
  if (outcome === undefined) throw new Error(`The turn ${turn.id} ended without an outcome.`);
  return result.kind === 'paused' ? { ...outcome, status: 'paused', question: null } : outcome;
}

function statusOf(end: TurnEnd | null): TurnRow['status'] {
  if (end === null) return 'waiting';
  return end.stopReason === 'completed' ? 'completed' : 'failed';
}

/** A turn that could not begin. */
export function refusedOutcome(detail: string): TurnOutcome {
  const nothing = { text: '', data: null, inputTokens: 0, outputTokens: 0, costUsd: 0, question: null };
  return { status: 'failed', stopReason: null, detail, ...nothing };
}

function askAbout(turn: TurnRow, steps: readonly Step[]): string {
  const waiting = steps.filter((step): step is ToolStep => step.kind === 'tool' && step.state === 'waiting');
  const calls = waiting.map((step) => `${step.tool} ${shorten(JSON.stringify(step.input))}`);
  return `${turn.agentName} was cut off while it called ${calls.join(' and ')}. The call may have had its effect. Repeat it or skip it?`;
}
