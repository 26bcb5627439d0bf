// A person decides about a call that was cut off and may have had its effect: make it again, or go on without.
// When nothing else waits, the turn goes on: its own job for a chat, its node for a pipeline.
import type { Turn } from '@gathering/contract/agents';
import type { decideStepRoute } from '@gathering/contract/agents-chats';
import { AppError } from '@gathering/contract/errors';
import type { InputOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import type { Step, ToolStep } from '../../llm/journal.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { runTurnJob } from './cancel-turns.ts';
import { guardOfTurn, requireSeen } from './guard.ts';
import { readTurn } from './read-turn.ts';
import { lockTurn, reopenTurn, selectSteps, type TurnRow, updateStep } from './store-turns.ts';
import { relatedTo } from './turn-journal.ts';

/** Wakes whoever waits for the turn, such as a pipeline's node, in the transaction of the decision. */
export type StepDecided = (ctx: Ctx, tx: Tx, turnId: string) => Promise<void>;
let onStepDecided: StepDecided | undefined;

/** Called once by `boot` with what pipelines do. */
export function registerStepDecided(run: StepDecided): void {
  onStepDecided = run;
}

type Decision = 'repeat' | 'skip';

export async function decideStep(ctx: Ctx, { params, body }: InputOf<typeof decideStepRoute>): Promise<Turn> {
  await ctx.tx((tx) => decide(ctx, tx, params.id, params.index, body.decision));
  return readTurn(ctx, params.id);
}

/** Decides the same for every step of the turn that waits. Throws AppError as `decideStep` does. */
export function decideWaitingStep(ctx: Ctx, tx: Tx, turnId: string, decision: Decision): Promise<void> {
  return decide(ctx, tx, turnId, null, decision);
}

async function decide(ctx: Ctx, tx: Tx, turnId: string, index: number | null, decision: Decision): Promise<void> {
  const turn = requireSeen(ctx, await lockTurn(tx, turnId));
  const waiting = (await selectSteps(tx, turn.id)).filter(isWaiting);
  const meant = waiting.filter((step) => index === null || step.index === index);
  if (turn.status !== 'waiting' || meant.length === 0) throw new AppError('agents.step-not-waiting');
  for (const step of meant) {
    await updateStep(tx, turn.id, decision === 'repeat' ? repeat(step) : skip(ctx, step));
    const payload = { index: step.index, tool: step.tool.slice(0, 200), decision };
    await emitEvent(ctx, tx, {
      type: 'agents.step-decided',
      subject: `turns/${turn.id}`,
      related: relatedTo(turn),
      payload,
      audience: guardOfTurn(turn),
    });
    await recordAudit(ctx, tx, { action: 'agents.decide-step', object: `turns/${turn.id}`, details: payload });
  }
  if (waiting.length === meant.length) await goOn(ctx, tx, turn);
}

async function goOn(ctx: Ctx, tx: Tx, turn: TurnRow): Promise<void> {
  if (turn.chatId === null) {
    await reopenTurn(tx, turn.id, null);
    await onStepDecided?.(ctx, tx, turn.id);
    return;
  }
  const jobId = ctx.ids.next();
  await reopenTurn(tx, turn.id, jobId);
  await ctx.queue.enqueue(tx, [{ name: runTurnJob, payload: { turnId: turn.id }, id: jobId }]);
}

function isWaiting(step: Step): step is ToolStep {
  return step.kind === 'tool' && step.state === 'waiting';
}

/** Holds for one time: when the repeated call is cut off as well, somebody is asked again. */
function repeat(step: ToolStep): ToolStep {
  return { ...step, state: 'intended', decision: 'repeat' };
}

function skip(ctx: Ctx, step: ToolStep): ToolStep {
  const text =
    'This call was cut off, and a person decided not to repeat it. It may or may not have had its effect: go on without its result.';
  return {
    ...step,
    state: 'failed',
    output: { ok: false, code: 'agents.call-skipped', text },
    endedAt: ctx.clock.now(),
  };
}
