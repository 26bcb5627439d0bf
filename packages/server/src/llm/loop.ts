// The turn loop: asks the model, calls the tools that it names, until it answers or a cap is hit. It keeps a
// journal before and after each call, with what ended and what begins next in one commit, and resumes from it.
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { Delta } from '@gathering/contract/frames';
import type { Price } from '@gathering/contract/providers';
import type { Breaker } from '../platform/breakers.ts';
import type { Clock } from '../platform/clock.ts';
import { type AskTuning, askModel, ModelFailed, OutOfTime, untilAborted } from './ask-model.ts';
import { buildMessages } from './build-messages.ts';
import { checkJson } from './check-json.ts';
import { decideChecked, decideNext, describeUnusable, endWith, type ToolCallPart } from './decide-next.ts';
import type { AddedMessage, Journal, ModelAnswer, ModelStep, Step, ToolStep, TurnEnd } from './journal.ts';
import { estimateTokens, type LoopLimits, sumUp, timeLimit } from './limits.ts';
import { runCalls } from './run-calls.ts';
import { SchemaUnusable } from './schema-unusable.ts';
import { replayDeltas } from './show-steps.ts';
import type { JsonSchema, Tool } from './tool.ts';
import { type CallTool, readCallInput } from './tool-call.ts';

export interface LoopModel {
  readonly model: LanguageModelV4;
  readonly provider: string;
  readonly modelId: string;
  /** Null: not known; then the cost is not known either. */
  readonly price: Price | null;
}

export interface LoopInput {
  readonly turnId: string;
  readonly model: LoopModel;
  readonly prompt: readonly AddedMessage[];
  /** What the journal holds of this turn: empty at its first start. */
  readonly steps: readonly Step[];
  readonly tools: readonly Tool[];
  readonly temperature: number | null;
  readonly maxOutputTokens: number | null;
  readonly outputSchema: JsonSchema | null;
  readonly limits: LoopLimits;
}

export interface LoopPorts {
  readonly journal: Journal;
  readonly callTool: CallTool;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onDelta(delta: Delta): void;
  onBug(error: unknown, step: Step): void;
  /** Waits until the model may be asked; throws ModelFailed when that is later than `withinMs`. */
  admitQuestion?(withinMs: number): Promise<void>;
  /** Asked before the model is and before tools are called: false leaves the turn where it is, to be resumed. */
  mayGoOn?(): Promise<boolean>;
  /** Of the model's vendor; each question goes through it. */
  readonly breaker?: Breaker;
  readonly tuning?: AskTuning;
}

export type LoopResult =
  | { readonly kind: 'ended'; readonly end: TurnEnd; readonly steps: readonly Step[] }
  | { readonly kind: 'waiting'; readonly waiting: readonly ToolStep[]; readonly steps: readonly Step[] }
  | { readonly kind: 'paused'; readonly steps: readonly Step[] };

/** Throws TurnLost, the reason of `signal`, and what the journal throws; then the turn can be resumed. */
export async function runLoop(input: LoopInput, ports: LoopPorts): Promise<LoopResult> {
  const turn = new TurnInProgress(input, ports);
  ports.onDelta({ kind: 'turn-started' });
  for (const delta of replayDeltas(input.steps)) ports.onDelta(delta);
  for (;;) {
    ports.signal.throwIfAborted();
    const next = turn.outOfTime
      ? endWith(turn.steps, 'time-limit', timeLimit(input.limits).detail)
      : decideNext(turn.steps, input);
    const move =
      next.kind === 'check'
        ? decideChecked(turn.steps, next, await untilAborted(checkJson(next.schema, next.value), ports.signal), input)
        : next;
    if (beginsWork.has(move.kind) && ports.mayGoOn !== undefined && !(await ports.mayGoOn())) {
      await turn.write(null);
      return { kind: 'paused', steps: turn.steps };
    }
    switch (move.kind) {
      case 'ask':
        await turn.ask(turn.beginModelStep(move.added));
        break;
      case 'ask-again':
        await turn.ask(move.step);
        break;
      case 'intend-calls':
        turn.beginCalls(move.calls);
        break;
      case 'call':
        await turn.call(move.steps);
        break;
      case 'wait':
        await turn.write(null);
        ports.onDelta({ kind: 'turn-ended', status: 'waiting', stopReason: null });
        return { kind: 'waiting', waiting: move.steps, steps: turn.steps };
      case 'end':
        return turn.end(move.end);
    }
    if (turn.failed !== null) return turn.end(turn.failed);
  }
}

/** Not `call`: its steps are intended by then, and one that is left so may have had its effect. */
const beginsWork: ReadonlySet<string> = new Set(['ask', 'ask-again', 'intend-calls']);

/** The steps of a turn as this process knows them, and what of it the journal does not know yet. */
class TurnInProgress {
  readonly steps: Step[];
  outOfTime = false;
  failed: TurnEnd | null = null;
  readonly #input: LoopInput;
  readonly #ports: LoopPorts;
  /** Steps that were found begun: it is not known how far their calls came. */
  readonly #cutOff: Set<number>;
  #ended: Step[] = [];
  #intended: Step[] = [];
  #retaken: ToolStep[] = [];
  #waiting: ToolStep[] = [];

  constructor(input: LoopInput, ports: LoopPorts) {
    this.#input = input;
    this.#ports = ports;
    this.steps = [...input.steps];
    this.#cutOff = new Set(input.steps.filter((step) => step.state === 'intended').map((step) => step.index));
  }

  beginModelStep(added: readonly AddedMessage[]): ModelStep {
    const { provider, modelId } = this.#input.model;
    const step: ModelStep = {
      kind: 'model',
      index: this.steps.length,
      state: 'intended',
      input: added,
      output: null,
      provider,
      model: modelId,
      costUsd: null,
      startedAt: this.#ports.clock.now(),
      endedAt: null,
    };
    this.steps.push(step);
    this.#intended.push(step);
    return step;
  }

  beginCalls(calls: readonly ToolCallPart[]): void {
    for (const call of calls) {
      const index = this.steps.length;
      const step: ToolStep = {
        kind: 'tool',
        index,
        state: 'intended',
        tool: call.tool,
        callId: call.callId,
        effect: this.#input.tools.find((tool) => tool.name === call.tool)?.effect ?? 'none',
        idempotencyKey: `${this.#input.turnId}:${index}`,
        decision: null,
        input: readCallInput(call.input),
        output: null,
        startedAt: this.#ports.clock.now(),
        endedAt: null,
      };
      this.steps.push(step);
      this.#intended.push(step);
    }
  }

  async ask(step: ModelStep): Promise<void> {
    await this.write(null);
    const { model, limits } = this.#input;
    const startedAt = this.#ports.clock.now();
    const prompt = buildMessages(this.steps.slice(0, step.index + 1));
    const spent = sumUp(this.steps);
    const expected = estimateTokens(JSON.stringify(prompt).length);
    const left = limits.maxTokens - spent.inputTokens - spent.outputTokens - expected;
    if (left <= 0) {
      const detail = `The next question has about ${expected} tokens; of the ${limits.maxTokens} that the turn may use, ${left + expected} are left.`;
      return this.#failStep(step, startedAt, endWith(this.steps, 'token-limit', detail).end);
    }
    const begunAt = startedAt.getTime();
    try {
      await this.#ports.admitQuestion?.(limits.maxSeconds * 1000 - spent.activeMs);
      const answer = await askModel(
        { ...this.#input, model: model.model, prompt, maxOutputTokens: capAnswer(this.#input.maxOutputTokens, left) },
        {
          clock: this.#ports.clock,
          signal: this.#ports.signal,
          withinMs: limits.maxSeconds * 1000 - spent.activeMs - (this.#ports.clock.now().getTime() - begunAt),
          onText: (text) => this.#ports.onDelta({ kind: 'text', text }),
          onRestart: () => this.#showAnew(),
          ...(this.#ports.breaker && { breaker: this.#ports.breaker }),
          ...(this.#ports.tuning && { tuning: this.#ports.tuning }),
        },
      );
      this.#replace({
        ...step,
        state: 'done',
        output: this.#makeCallIdsUnique(answer),
        costUsd: costOf(answer, model),
        provider: model.provider,
        model: model.modelId,
        startedAt,
        endedAt: this.#ports.clock.now(),
      });
    } catch (error) {
      this.#ports.signal.throwIfAborted();
      if (error instanceof OutOfTime) {
        return this.#failStep(step, startedAt, endWith(this.steps, 'time-limit', timeLimit(limits).detail).end);
      }
      if (error instanceof SchemaUnusable) {
        return this.#failStep(step, startedAt, endWith(this.steps, 'schema-unusable', describeUnusable(error.why)).end);
      }
      if (!(error instanceof ModelFailed)) throw error;
      this.#ports.onBug(error, step);
      this.#failStep(step, startedAt, endWith(this.steps, 'model-failed', error.message).end);
    }
  }

  async call(open: readonly ToolStep[]): Promise<void> {
    const unsure = open.filter(
      (step) => this.#cutOff.has(step.index) && step.effect === 'unsafe' && step.decision === null,
    );
    if (unsure.length > 0) {
      this.#waiting = unsure.map((step) => ({ ...step, state: 'waiting' as const }));
      for (const step of this.#waiting) this.steps[step.index] = step;
      return;
    }
    const steps = open.map((step) => (step.decision === null ? step : { ...step, decision: null }));
    this.#retaken = steps.filter((_, at) => open[at]?.decision === 'repeat');
    for (const step of steps) this.steps[step.index] = step;
    this.#cutOff.clear();
    await this.write(null);
    const { timedOut } = await runCalls(steps, this.steps, {
      ...this.#ports,
      tools: this.#input.tools,
      withinMs: this.#input.limits.maxSeconds * 1000 - sumUp(this.steps).activeMs,
      onEnded: async (ended, more) => {
        this.#replace(ended);
        // The sooner it is known that an effect took place, the fewer people are asked about it after a crash.
        if (more && ended.effect === 'unsafe') await this.write(null);
      },
    });
    this.outOfTime = timedOut;
  }

  async end(end: TurnEnd): Promise<LoopResult> {
    await this.write(end);
    const status = end.stopReason === 'completed' ? 'completed' : 'failed';
    this.#ports.onDelta({ kind: 'turn-ended', status, stopReason: end.stopReason });
    return { kind: 'ended', end, steps: this.steps };
  }

  /** One commit, or none when the journal knows everything. */
  async write(end: TurnEnd | null): Promise<void> {
    const change = {
      ended: this.#ended,
      intended: this.#intended,
      retaken: this.#retaken,
      waiting: this.#waiting,
      end,
    };
    const isNews =
      end !== null || [change.ended, change.intended, change.retaken, change.waiting].some((list) => list.length > 0);
    this.#ended = [];
    this.#intended = [];
    this.#retaken = [];
    this.#waiting = [];
    if (isNews) await this.#ports.journal.write(change);
  }

  #replace(step: Step): void {
    this.steps[step.index] = step;
    this.#ended.push(step);
  }

  #failStep(step: ModelStep, startedAt: Date, end: TurnEnd): void {
    this.#replace({ ...step, state: 'failed', startedAt, endedAt: this.#ports.clock.now() });
    this.failed = end;
  }

  /** What was shown of a broken answer is taken back: everything is shown again from the journal. */
  #showAnew(): void {
    this.#ports.onDelta({ kind: 'turn-started' });
    for (const delta of replayDeltas(this.steps)) this.#ports.onDelta(delta);
  }

  // Some models number their calls anew in each answer; vendors refuse a conversation with an id used twice.
  #makeCallIdsUnique(answer: ModelAnswer): ModelAnswer {
    const used = new Set(this.steps.flatMap((step) => (step.kind === 'tool' ? [step.callId] : [])));
    const parts = answer.parts.map((part) => {
      if (part.type !== 'tool-call') return part;
      let callId = part.callId === '' ? `call-${used.size}` : part.callId;
      for (let at = 2; used.has(callId); at += 1) callId = `${part.callId}-${at}`;
      used.add(callId);
      return { ...part, callId };
    });
    return { ...answer, parts };
  }
}

/** The agent's own cap, or less where the turn has less left; null leaves it to the vendor. */
function capAnswer(own: number | null, left: number): number | null {
  const worthSaying = 8192;
  if (own !== null) return Math.min(own, left);
  return left < worthSaying ? left : null;
}

export function costOf(answer: ModelAnswer, model: LoopModel): number | null {
  if (model.price === null) return null;
  const { inputTokens, cachedInputTokens, outputTokens } = answer.usage;
  const { inputUsdPerMillion, outputUsdPerMillion, cachedInputUsdPerMillion = inputUsdPerMillion } = model.price;
  const fresh = Math.max(0, inputTokens - cachedInputTokens);
  return (
    (fresh * inputUsdPerMillion + cachedInputTokens * cachedInputUsdPerMillion + outputTokens * outputUsdPerMillion) /
    1e6
  );
}
