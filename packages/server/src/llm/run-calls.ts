// The tool calls of one answer, several at the same time. Each ends with a result, also when it failed, was
// unknown or ran out of time; only an abort of the turn goes through.
import type { Delta } from '@gathering/contract/frames';
import type { Clock } from '../platform/clock.ts';
import { assertOutsideTransaction } from '../platform/db/transaction-guard.ts';
import { untilAborted } from './ask-model.ts';
import type { Step, ToolStep } from './journal.ts';
import { showCalled, showEnded } from './show-steps.ts';
import type { Tool, ToolResult } from './tool.ts';
import { type CallTool, runCall } from './tool-call.ts';

export const callsAtOnce = 4;

export interface CallsPorts {
  readonly tools: readonly Tool[];
  readonly callTool: CallTool;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly withinMs: number;
  onDelta(delta: Delta): void;
  onBug(error: unknown, step: Step): void;
  /** `more`: other calls of this answer still run. */
  onEnded(step: ToolStep, more: boolean): Promise<void>;
}

const outOfTime: ToolResult = {
  ok: false,
  code: 'agents.out-of-time',
  text: 'The turn ran out of time before this call ended; it is not known how far it came.',
};

export async function runCalls(
  steps: readonly ToolStep[],
  turn: readonly Step[],
  ports: CallsPorts,
): Promise<{ timedOut: boolean }> {
  assertOutsideTransaction('A tool call');
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new Error('Out of time.')),
    Math.min(Math.max(0, ports.withinMs), 2 ** 31 - 1),
  );
  const signal = AbortSignal.any([ports.signal, deadline.signal]);
  const queue = [...steps];
  let open = steps.length;
  let recorded: Promise<void> = Promise.resolve();
  const work = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const ended = await endCall(step, rawInputOf(step, turn), signal, ports);
      open -= 1;
      const more = open > 0;
      // One after the other: the journal is written by one hand.
      recorded = recorded.then(() => ports.onEnded(ended, more));
      await recorded;
    }
  };
  try {
    const outcomes = await Promise.allSettled(Array.from({ length: Math.min(callsAtOnce, steps.length) }, work));
    ports.signal.throwIfAborted();
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return { timedOut: deadline.signal.aborted };
  } finally {
    clearTimeout(timer);
  }
}

async function endCall(step: ToolStep, raw: string, signal: AbortSignal, ports: CallsPorts): Promise<ToolStep> {
  const startedAt = ports.clock.now();
  ports.onDelta(showCalled(step));
  const output = await answerCall(step, raw, signal, ports);
  const ended: ToolStep = {
    ...step,
    state: output.ok ? 'done' : 'failed',
    output,
    startedAt,
    endedAt: ports.clock.now(),
  };
  ports.onDelta(showEnded(ended));
  return ended;
}

async function answerCall(step: ToolStep, raw: string, signal: AbortSignal, ports: CallsPorts): Promise<ToolResult> {
  if (signal.aborted && !ports.signal.aborted) return outOfTime;
  try {
    const call = runCall(step, raw, { tools: ports.tools, callTool: ports.callTool, signal, onBug: ports.onBug });
    return await untilAborted(call, signal);
  } catch (error) {
    ports.signal.throwIfAborted();
    if (signal.aborted) return outOfTime;
    throw error;
  }
}

/** The arguments as the model wrote them, from its answer. */
function rawInputOf(step: ToolStep, turn: readonly Step[]): string {
  for (const other of turn) {
    if (other.kind !== 'model' || other.output === null) continue;
    const part = other.output.parts.find((one) => one.type === 'tool-call' && one.callId === step.callId);
    if (part?.type === 'tool-call') return part.input;
  }
  return JSON.stringify(step.input);
}
