import { defaultTurnLimits } from '@gathering/contract/agents';
import { defaultTaskLimits, type PlanStep } from '@gathering/contract/tasks';
import { describe, expect, it } from 'vitest';
import {
  barrenTurns,
  decideAfterTurn,
  remainingLimits,
  retryPausesMs,
  type Standing,
  type TurnReport,
} from './rules.ts';

const nothing = { steps: 0, activeMs: 0, tokens: 0, costUsd: 0 };
const open: PlanStep[] = [{ step: 'One', status: 'open' }];
const closed: PlanStep[] = [{ step: 'One', status: 'done' }];

const standing = (more: Partial<Standing> = {}): Standing => ({
  ...{ turns: 2, plan: open, progress: null, failures: 0, barren: 0, seen: [], limits: defaultTaskLimits },
  spent: nothing,
  ...more,
});
const report = (more: Partial<TurnReport> = {}): TurnReport => ({
  ...{
    stopReason: 'completed',
    detail: null,
    text: 'Said.',
    plan: null,
    progress: null,
    notes: [],
    finish: null,
    calls: [],
  },
  ...{ inputTokens: 0, outputTokens: 0, cutOff: null },
  spent: { ...nothing, steps: 1 },
  ...more,
});
const decide = (before: Standing, turn: TurnReport, isSteered = false) =>
  decideAfterTurn(before, turn, { turnLimits: defaultTurnLimits, isSteered });

describe('what becomes of a background run after a turn', () => {
  it('ends with the answer where no step is open, and goes on where one is or somebody was not heard', () => {
    expect(decide(standing(), report({ plan: closed }))).toMatchObject({
      kind: 'end',
      status: 'completed',
      result: 'Said.',
    });
    expect(decide(standing({ plan: [] }), report())).toMatchObject({ kind: 'end', status: 'completed' });
    expect(decide(standing(), report())).toMatchObject({ kind: 'go-on', barren: 1 });
    expect(decide(standing(), report({ plan: closed }), true)).toMatchObject({ kind: 'go-on', barren: 0 });
  });

  it('takes a new result, a step that is done or progress for news, and words alone for none', () => {
    const before = standing({ barren: barrenTurns - 1, progress: 40, seen: ['a'] });
    const two: PlanStep[] = [...closed, ...open];
    for (const turn of [report({ calls: ['b'] }), report({ progress: 41 }), report({ plan: two })])
      expect(decide(before, turn)).toMatchObject({ kind: 'go-on', barren: 0 });
    const reworded: PlanStep[] = [{ step: 'Number one', status: 'doing' }];
    for (const turn of [report({ calls: ['a'] }), report({ progress: 40 }), report({ plan: reworded }), report()])
      expect(decide(before, turn)).toMatchObject({ kind: 'end', stopReason: 'no-progress' });
  });

  it('ends where a limit is used up, also one that sums of small parts miss by a hair', () => {
    const limits = { ...defaultTaskLimits, maxCostUsd: 0.3 };
    const before = standing({ limits, spent: { ...nothing, costUsd: 0.1 } });
    expect(remainingLimits(limits, before.spent).maxCostUsd).toBeCloseTo(0.2);
    const spent = { ...nothing, steps: 1, costUsd: 0.19999999999999996 };
    const turn = report({ stopReason: 'cost-limit', spent });
    expect(decide(before, turn)).toMatchObject({ kind: 'end', status: 'failed', stopReason: 'cost-limit' });
    const unknown = report({ spent: { ...spent, costUsd: null } });
    expect(decide(before, unknown)).toMatchObject({ kind: 'end', stopReason: 'cost-limit' });
    expect(decide(standing(), unknown)).toMatchObject({ kind: 'go-on' });
  });

  it("does not end where a turn reached a limit of its agent that is lower than the task's", () => {
    for (const stopReason of ['step-limit', 'token-limit', 'time-limit'] as const)
      expect(decide(standing(), report({ stopReason }))).toMatchObject({ kind: 'go-on' });
    const short = standing({ limits: { ...defaultTaskLimits, maxSeconds: 60 } });
    expect(decide(short, report({ stopReason: 'time-limit' }))).toMatchObject({ kind: 'end', status: 'timed_out' });
  });

  it('tries a model that failed again a few times, and one that could not even be asked never', () => {
    const failed = report({ stopReason: 'model-failed' });
    for (const [failures, pauseMs] of retryPausesMs.entries())
      expect(decide(standing({ failures }), failed)).toEqual({
        kind: 'go-on',
        failures: failures + 1,
        barren: 0,
        pauseMs,
      });
    const last = standing({ failures: retryPausesMs.length });
    expect(decide(last, failed)).toMatchObject({ kind: 'end', stopReason: 'model-failed' });
    expect(decide(standing(), { ...failed, spent: nothing })).toMatchObject({
      kind: 'end',
      stopReason: 'model-failed',
    });
  });
});
