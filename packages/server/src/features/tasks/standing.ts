// Where a background run stands, from its row: as the rules judge it and as its agent is told.
import type { Standing } from './rules.ts';
import type { WholeTask } from './store.ts';

export function standingOf(task: WholeTask): Standing {
  const { turns, plan, progress, failures, barren, seen, maxSteps, maxSeconds, maxTokens, maxCostUsd } = task;
  const { steps, activeMs, inputTokens, outputTokens, costUsd } = task;
  return {
    ...{ turns, plan, progress, failures, barren, seen },
    limits: { maxSteps, maxSeconds, maxTokens, maxCostUsd },
    spent: { steps, activeMs, tokens: inputTokens + outputTokens, costUsd },
  };
}
