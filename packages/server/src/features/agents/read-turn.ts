// A turn with its journal, for people who look at what an agent did.
import type { Turn } from '@gathering/contract/agents';
import type { Json } from '@gathering/contract/json';
import type { Ctx } from '../../ctx.ts';
import type { Step } from '../../llm/journal.ts';
import { requireSeen } from './guard.ts';
import { selectSteps, selectTurn } from './store-turns.ts';

/** Throws AppError `agents.turn-not-found`, also for a turn that the actor may not see. */
export async function readTurn(ctx: Pick<Ctx, 'database' | 'may'>, turnId: string): Promise<Turn> {
  const turn = requireSeen(ctx, await selectTurn(ctx.database, turnId));
  const steps = await selectSteps(ctx.database, turnId);
  const { id, agentId, agentName, status, stopReason, detail, inputTokens, outputTokens, costUsd } = turn;
  return {
    ...{ id, agentId, agentName, status, stopReason, detail, inputTokens, outputTokens, costUsd },
    startedAt: turn.startedAt?.toISOString() ?? null,
    endedAt: turn.endedAt?.toISOString() ?? null,
    steps: steps.map(describeStep),
  };
}

function describeStep(step: Step): Turn['steps'][number] {
  const tool = step.kind === 'tool' ? step : null;
  const model = step.kind === 'model' ? step : null;
  return {
    index: step.index,
    kind: step.kind,
    state: step.state,
    tool: tool?.tool ?? null,
    callId: tool?.callId ?? null,
    effect: tool?.effect ?? null,
    input: step.input as Json,
    output: step.output as Json,
    provider: model?.provider ?? null,
    model: model?.model ?? null,
    inputTokens: model?.output?.usage.inputTokens ?? null,
    outputTokens: model?.output?.usage.outputTokens ?? null,
    costUsd: model?.costUsd ?? null,
    startedAt: step.startedAt.toISOString(),
    endedAt: step.endedAt?.toISOString() ?? null,
  };
}
