// A model that answers what a test tells it to, and counts how often it was asked.
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';

export interface ScriptedCall {
  readonly tool: string;
  /** An object, or the text that the model writes in place of JSON. */
  readonly input: unknown;
  readonly id?: string;
}

export interface ScriptedAnswer {
  readonly text?: string;
  readonly calls?: readonly ScriptedCall[];
  readonly finish?: 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'interrupted' | 'other';
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Thrown in place of an answer. */
  readonly error?: unknown;
  /** Thrown by the stream after the text. */
  readonly breaksWith?: unknown;
  /** Says its text and then nothing until it is aborted. */
  readonly hangs?: boolean;
}

export type Script = (question: LanguageModelV4CallOptions, asked: number) => ScriptedAnswer;

export interface ScriptedModel extends LanguageModelV4 {
  readonly questions: LanguageModelV4CallOptions[];
}

/** `script` is a function, or the answers in order; asked more often, it repeats the last one. */
export function scriptModel(script: Script | readonly ScriptedAnswer[]): ScriptedModel {
  const questions: LanguageModelV4CallOptions[] = [];
  const answerOf: Script = typeof script === 'function' ? script : (_, asked) => script[asked] ?? script.at(-1) ?? {};
  const openStream = (options: LanguageModelV4CallOptions) => {
    const asked = questions.length;
    questions.push(options);
    const answer = answerOf(options, asked);
    if (answer.error !== undefined) throw answer.error;
    return writeStream(answer, asked, options.abortSignal);
  };
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted-1',
    supportedUrls: {},
    questions,
    doGenerate: () => Promise.reject(new Error('The product only streams.')),
    doStream: async (options) => ({ stream: openStream(options) }),
  };
}

function writeStream(answer: ScriptedAnswer, asked: number, signal: AbortSignal | undefined) {
  const parts = writeParts(answer, asked);
  return new ReadableStream<LanguageModelV4StreamPart>({
    // One at a time: an error drops what is queued and was not read.
    async pull(controller) {
      const next = parts.next();
      if (next.done !== true) return controller.enqueue(next.value);
      if (answer.breaksWith !== undefined) return controller.error(answer.breaksWith);
      if (answer.hangs === true) return controller.error(await reasonOf(signal));
      const reason = answer.finish ?? (answer.calls === undefined ? 'stop' : 'tool-calls');
      controller.enqueue({ type: 'finish', usage: usageOf(answer), finishReason: { unified: reason, raw: reason } });
      controller.close();
    },
  });
}

function reasonOf(signal: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(signal.reason), { once: true }));
}

function* writeParts({ text, calls = [] }: ScriptedAnswer, asked: number): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  if (text !== undefined) {
    yield { type: 'text-start', id: 't' };
    for (const word of text.split(/(?<= )/)) yield { type: 'text-delta', id: 't', delta: word };
    yield { type: 'text-end', id: 't' };
  }
  for (const [at, call] of calls.entries()) {
    const input = typeof call.input === 'string' ? call.input : JSON.stringify(call.input);
    yield { type: 'tool-call', toolCallId: call.id ?? `call-${asked}-${at}`, toolName: call.tool, input };
  }
}

function usageOf({ inputTokens = 100, outputTokens = 10 }: ScriptedAnswer): LanguageModelV4Usage {
  return {
    inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: outputTokens, text: outputTokens, reasoning: 0 },
  };
}
