// Puts a model's answer together from its stream, part by part in the order in which they began. A stream
// that ends without saying that it is complete counts as broken, never as an answer.
import type { LanguageModelV4StreamPart, LanguageModelV4Usage, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { hideCredentials } from '../platform/redact.ts';
import type { AnswerPart, FinishReason, ModelAnswer } from './journal.ts';

interface OpenPart {
  type: 'text' | 'reasoning';
  text: string;
  providerMetadata: SharedV4ProviderMetadata | undefined;
}

export interface StreamPorts {
  readonly onText: (text: string) => void;
  /** Anything came: the model is alive. */
  readonly onPart: () => void;
}

/** Throws what the stream fails with, or the reason of `signal`. */
export async function collectAnswer(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  signal: AbortSignal,
  ports: StreamPorts,
): Promise<ModelAnswer> {
  const collector = new AnswerCollector(ports.onText);
  const reader = stream.getReader();
  const onAbort = () => {
    // The abort is what the caller hears of; whether the source could be closed does not matter to it.
    reader.cancel(signal.reason).catch(() => undefined);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return collector.finish();
      ports.onPart();
      collector.add(value);
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    reader.releaseLock();
  }
}

class AnswerCollector {
  readonly #onText: (text: string) => void;
  readonly #parts: (OpenPart | AnswerPart)[] = [];
  readonly #open = new Map<string, OpenPart>();
  #end: { usage: LanguageModelV4Usage; reason: FinishReason; raw: string | null } | undefined;
  #responseId: string | null = null;
  #responseModel: string | null = null;

  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  add(part: LanguageModelV4StreamPart): void {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
        this.#begin(part.type === 'text-start' ? 'text' : 'reasoning', part.id, part.providerMetadata);
        break;
      case 'text-delta':
      case 'reasoning-delta':
        this.#append(part.type === 'text-delta' ? 'text' : 'reasoning', part.id, part.delta, part.providerMetadata);
        break;
      case 'text-end':
      case 'reasoning-end':
        this.#close(part.type === 'text-end' ? 'text' : 'reasoning', part.id, part.providerMetadata);
        break;
      case 'tool-call':
        if (part.providerExecuted !== true) {
          this.#parts.push({
            type: 'tool-call',
            callId: part.toolCallId,
            tool: part.toolName,
            // No tool takes an address with a password, and the journal need not keep one.
            input: hideCredentials(part.input),
            ...(part.providerMetadata !== undefined && { providerMetadata: part.providerMetadata }),
          });
        }
        break;
      case 'response-metadata':
        this.#responseId = part.id ?? this.#responseId;
        this.#responseModel = part.modelId ?? this.#responseModel;
        break;
      case 'finish':
        this.#end = { usage: part.usage, reason: part.finishReason.unified, raw: part.finishReason.raw ?? null };
        break;
      case 'error':
        throw part.error;
      default:
        break;
    }
  }

  finish(): ModelAnswer {
    if (this.#end === undefined || this.#end.reason === 'interrupted') {
      throw Object.assign(new Error('Its answer broke off before it was complete.'), { isRetryable: true });
    }
    const { usage, reason, raw } = this.#end;
    return {
      parts: this.#parts.map(tidyPart),
      finishReason: reason,
      rawFinishReason: raw,
      usage: {
        inputTokens: usage.inputTokens.total ?? 0,
        cachedInputTokens: usage.inputTokens.cacheRead ?? 0,
        outputTokens: usage.outputTokens.total ?? 0,
      },
      responseId: this.#responseId,
      responseModel: this.#responseModel,
    };
  }

  #begin(type: OpenPart['type'], id: string, providerMetadata: SharedV4ProviderMetadata | undefined): OpenPart {
    const part: OpenPart = { type, text: '', providerMetadata };
    this.#parts.push(part);
    this.#open.set(`${type} ${id}`, part);
    return part;
  }

  #append(type: OpenPart['type'], id: string, text: string, metadata: SharedV4ProviderMetadata | undefined): void {
    const part = this.#open.get(`${type} ${id}`) ?? this.#begin(type, id, undefined);
    part.text += text;
    part.providerMetadata = metadata ?? part.providerMetadata;
    if (type === 'text' && text !== '') this.#onText(text);
  }

  #close(type: OpenPart['type'], id: string, metadata: SharedV4ProviderMetadata | undefined): void {
    const part = this.#open.get(`${type} ${id}`);
    if (part !== undefined) part.providerMetadata = metadata ?? part.providerMetadata;
    this.#open.delete(`${type} ${id}`);
  }
}

function tidyPart(part: OpenPart | AnswerPart): AnswerPart {
  if (part.type === 'tool-call') return part;
  const { type, text, providerMetadata } = part;
  return providerMetadata === undefined ? { type, text } : { type, text, providerMetadata };
}
