// One question to a model, streamed: with retries on 429, 5xx and broken connections (Retry-After is
// honoured), a limit on silence and on the whole, and abort. Never inside a transaction.
import type { JSONSchema7, LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { type Breaker, BreakerOpen, type Outcome, type Verdict } from '../platform/breakers.ts';
import type { Clock } from '../platform/clock.ts';
import { assertOutsideTransaction } from '../platform/db/transaction-guard.ts';
import type { ModelAnswer } from './journal.ts';
import { judgeFailure, readFailure } from './read-failure.ts';
import { collectAnswer } from './read-stream.ts';
import { SchemaUnusable } from './schema-unusable.ts';
import type { JsonSchema, Tool } from './tool.ts';

export interface Question {
  readonly model: LanguageModelV4;
  readonly prompt: LanguageModelV4Prompt;
  readonly tools: readonly Tool[];
  readonly temperature: number | null;
  readonly maxOutputTokens: number | null;
  readonly outputSchema: JsonSchema | null;
}

export interface AskPorts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Time that is left for the answer, retries included. */
  readonly withinMs: number;
  readonly onText: (text: string) => void;
  /** Pieces were shown of an answer that broke off; it begins anew. */
  readonly onRestart: () => void;
  /** Of the vendor: a model that keeps failing is not asked for a while. */
  readonly breaker?: Breaker;
  readonly tuning?: AskTuning;
}

export interface AskTuning {
  readonly maxRetries?: number;
  readonly firstPauseMs?: number;
  /** The longest silence of a model, before its first word and between two. */
  readonly silenceMs?: number;
  /** Waits, in the clock's time; rejects when aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The model did not answer and asking again would not help, or was tried often enough. */
export class ModelFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelFailed';
  }
}

/** The time that was left for the answer is over. */
export class OutOfTime extends Error {
  constructor() {
    super('The time of this turn is over.');
    this.name = 'OutOfTime';
  }
}

const longestPauseMs = 30_000;

/** Throws ModelFailed, OutOfTime, SchemaUnusable, or the reason of `signal`. */
export async function askModel(question: Question, ports: AskPorts): Promise<ModelAnswer> {
  assertOutsideTransaction('A model call');
  const { maxRetries = 4, firstPauseMs = 500, pause = sleep } = ports.tuning ?? {};
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new OutOfTime()), Math.min(Math.max(0, ports.withinMs), 2 ** 31 - 1));
  const signal = AbortSignal.any([ports.signal, deadline.signal]);
  const endsAt = ports.clock.now().getTime() + ports.withinMs;
  try {
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      let shown = false;
      const onText = (text: string) => {
        shown = true;
        ports.onText(text);
      };
      try {
        return await askThroughBreaker(question, signal, onText, ports);
      } catch (error) {
        signal.throwIfAborted();
        const failure = readFailure(error, ports.clock.now());
        if (!failure.retryable) throw asFinal(error, failure.message);
        if (attempt >= maxRetries) {
          throw new ModelFailed(`The model did not answer${afterTries(attempt + 1)}: ${failure.message}`, {
            cause: error,
          });
        }
        const wait = failure.retryAfterMs ?? Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
        if (ports.clock.now().getTime() + wait >= endsAt) {
          throw new ModelFailed(
            `The model did not answer (${failure.message}) and may be asked again in ${Math.ceil(wait / 1000)} s only, which is later than this turn may take.`,
            { cause: error },
          );
        }
        if (shown) ports.onRestart();
        await pause(wait, signal);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Throws ModelFailed at once while the vendor is left alone: its breaker knows better than any pause of ours when to ask again. */
async function askThroughBreaker(
  question: Question,
  signal: AbortSignal,
  onText: (text: string) => void,
  { breaker, clock, tuning }: AskPorts,
): Promise<ModelAnswer> {
  const ask = () => askOnce(question, signal, onText, tuning?.silenceMs ?? 180_000);
  if (breaker === undefined) return ask();
  try {
    return await breaker.run(ask, (outcome) => judge(outcome, signal, clock));
  } catch (error) {
    if (error instanceof BreakerOpen) throw new ModelFailed(error.message, { cause: error });
    throw error;
  }
}

/** Whether the vendor was there: a refusal is an answer, and an abort, an own mistake or a limit of ours tells nothing of it. */
function judge(outcome: Outcome<ModelAnswer>, signal: AbortSignal, clock: Clock): Verdict {
  if ('value' in outcome) return 'answered';
  if (signal.aborted || outcome.error instanceof SchemaUnusable) return 'unknown';
  return judgeFailure(outcome.error, clock.now());
}

function asFinal(error: unknown, message: string): Error {
  if (error instanceof SchemaUnusable || error instanceof ModelFailed) return error;
  return new ModelFailed(`The model did not answer: ${message}`, { cause: error });
}

async function askOnce(question: Question, signal: AbortSignal, onText: (text: string) => void, silenceMs: number) {
  const silence = new AbortController();
  const timer = setTimeout(() => {
    const seconds = Math.round(silenceMs / 1000);
    silence.abort(Object.assign(new Error(`It said nothing for ${seconds} s.`), { isRetryable: true }));
  }, silenceMs);
  const either = AbortSignal.any([signal, silence.signal]);
  try {
    const { stream } = await untilAborted(question.model.doStream(writeOptions(question, either)), either);
    return await collectAnswer(stream, either, { onText, onPart: () => timer.refresh() });
  } finally {
    clearTimeout(timer);
  }
}

function writeOptions(question: Question, signal: AbortSignal): LanguageModelV4CallOptions {
  const { temperature, maxOutputTokens, outputSchema, tools } = question;
  return {
    prompt: question.prompt,
    abortSignal: signal,
    ...(temperature !== null && { temperature }),
    ...(maxOutputTokens !== null && { maxOutputTokens }),
    ...(tools.length > 0 && { tools: tools.map(describeTool), toolChoice: { type: 'auto' as const } }),
    ...(outputSchema !== null && {
      responseFormat: { type: 'json' as const, schema: outputSchema as JSONSchema7, name: 'answer' },
      providerOptions: laxSchemas,
    }),
  };
}

// The strict modes of vendors refuse most schemas that people write; ours is checked after the answer anyway.
const lax = { strictJsonSchema: false };
const laxSchemas = { openai: lax, deepseek: lax, mistral: lax, 'openai-compatible': lax, openaiCompatible: lax };

function describeTool(tool: Tool) {
  const inputSchema = tool.inputSchema as JSONSchema7;
  return { type: 'function' as const, name: tool.name, description: tool.description, inputSchema };
}

/** The result, or the signal's reason at once, for adapters that do not watch their signal. */
export function untilAborted<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    );
  });
}

/** Rejects with the reason of `signal`. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

const afterTries = (tries: number): string => (tries === 1 ? '' : ` after ${tries} tries`);
