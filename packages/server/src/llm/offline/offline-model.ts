// The built-in model: needs no key, no network and no weights. It chooses tools by the wording of the task
// and answers with extracts of what they returned. Same prompt, same answer; it says what it is each time.
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4Warning,
} from '@ai-sdk/provider';
import { answerTask, type Outcome } from './answer-task.ts';
import { estimateTokens } from './count-tokens.ts';
import { OFFLINE_MODEL_ID, OFFLINE_NOTICE, OFFLINE_PROVIDER } from './identify.ts';
import { pauseBriefly } from './pause.ts';

interface Produced {
  readonly content: LanguageModelV4Content[];
  readonly finishReason: LanguageModelV4FinishReason;
  readonly usage: LanguageModelV4Usage;
  readonly warnings: SharedV4Warning[];
}

const METADATA = { [OFFLINE_PROVIDER]: { notice: OFFLINE_NOTICE, tokens: 'estimated' } };

export function createOfflineModel(): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: OFFLINE_PROVIDER,
    modelId: OFFLINE_MODEL_ID,
    supportedUrls: {},
    async doGenerate(options) {
      const produced = await produce(options);
      return { ...produced, providerMetadata: METADATA, response: { modelId: OFFLINE_MODEL_ID } };
    },
    async doStream(options) {
      options.abortSignal?.throwIfAborted();
      return { stream: streamParts(options) };
    },
  };
}

async function produce(options: LanguageModelV4CallOptions): Promise<Produced> {
  const outcome = await answerTask(options);
  const { text, cut } = cutAtStop(outcome, options);
  const inputTokens = await estimateTokens(promptText(options), options.abortSignal);
  const fitted = await fitLength(text, outcome.kind, options);
  const outputTokens = await estimateTokens(fitted, options.abortSignal);
  const unified = finishOf(outcome, fitted.length < text.length && !cut);
  return {
    content: contentOf(outcome, fitted, options),
    finishReason: { unified, raw: unified },
    usage: {
      inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: outputTokens, text: outputTokens, reasoning: 0 },
    },
    warnings: [],
  };
}

function finishOf(outcome: Outcome, shortened: boolean): LanguageModelV4FinishReason['unified'] {
  if (outcome.kind === 'calls') return 'tool-calls';
  return shortened ? 'length' : 'stop';
}

function contentOf(outcome: Outcome, text: string, options: LanguageModelV4CallOptions): LanguageModelV4Content[] {
  if (outcome.kind !== 'calls') return [{ type: 'text', text }];
  // Ids only have to differ within a conversation; counting the calls before keeps them repeatable.
  const before = options.prompt
    .flatMap((message) => (message.role === 'assistant' ? message.content : []))
    .filter((part) => part.type === 'tool-call').length;
  return outcome.calls.map((call, index) => ({
    type: 'tool-call',
    toolCallId: `call-${before + index + 1}`,
    toolName: call.name,
    input: JSON.stringify(call.args),
  }));
}

function cutAtStop(outcome: Outcome, options: LanguageModelV4CallOptions): { text: string; cut: boolean } {
  if (outcome.kind === 'calls')
    return { text: outcome.calls.map((call) => `${call.name} ${JSON.stringify(call.args)}`).join('\n'), cut: false };
  const stops = (options.stopSequences ?? []).filter((stop) => stop !== '').map((stop) => outcome.text.indexOf(stop));
  const at = Math.min(...stops.filter((index) => index >= 0));
  return Number.isFinite(at) ? { text: outcome.text.slice(0, at), cut: true } : { text: outcome.text, cut: false };
}

/** Keeps the notice when an answer must be shortened; JSON cannot be shortened and stay JSON. */
async function fitLength(text: string, kind: Outcome['kind'], options: LanguageModelV4CallOptions): Promise<string> {
  const most = options.maxOutputTokens;
  if (most === undefined || kind !== 'text' || text.length <= most) return text;
  const tokens = await estimateTokens(text, options.abortSignal);
  if (tokens <= most) return text;
  const ending = `\n\n_${OFFLINE_NOTICE}_`;
  const endingTokens = await estimateTokens(ending, options.abortSignal);
  const share = Math.max(0, most - endingTokens) / tokens;
  const kept = text.slice(0, Math.floor(text.length * share * 0.95));
  return `${kept.slice(0, Math.max(kept.lastIndexOf('\n'), 0))}${ending}`.trim();
}

function promptText(options: LanguageModelV4CallOptions): string {
  const tools = (options.tools ?? []).map((tool) => JSON.stringify(tool));
  const messages = options.prompt.map((message) =>
    message.role === 'system' ? message.content : message.content.map(partText).join('\n'),
  );
  return [...messages, ...tools].join('\n');
}

function partText(part: object): string {
  if ('text' in part && typeof part.text === 'string') return part.text;
  if ('input' in part) return JSON.stringify(part.input) ?? '';
  if ('output' in part) return JSON.stringify(part.output) ?? '';
  return '';
}

function streamParts(options: LanguageModelV4CallOptions): ReadableStream<LanguageModelV4StreamPart> {
  const parts = generateParts(options);
  return new ReadableStream<LanguageModelV4StreamPart>({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}

const DELTA_CHARACTERS = 48;

async function* generateParts(
  options: LanguageModelV4CallOptions,
): AsyncGenerator<LanguageModelV4StreamPart, void, void> {
  yield { type: 'stream-start', warnings: [] };
  yield { type: 'response-metadata', modelId: OFFLINE_MODEL_ID };
  const { content, finishReason, usage } = await produce(options);
  for (const part of content) {
    if (part.type === 'text') yield* streamText(part.text, options.abortSignal);
    if (part.type !== 'tool-call') continue;
    const id = part.toolCallId;
    yield { type: 'tool-input-start', id, toolName: part.toolName };
    yield { type: 'tool-input-delta', id, delta: part.input };
    yield { type: 'tool-input-end', id };
    yield part;
    await pauseBriefly(options.abortSignal);
  }
  yield { type: 'finish', finishReason, usage, providerMetadata: METADATA };
}

async function* streamText(
  text: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<LanguageModelV4StreamPart, void, void> {
  yield { type: 'text-start', id: 'answer' };
  for (const delta of splitDeltas(text)) {
    await pauseBriefly(signal);
    yield { type: 'text-delta', id: 'answer', delta };
  }
  yield { type: 'text-end', id: 'answer' };
}

/** Pieces that end after a word, so that what is on the screen never shows half of one. */
function* splitDeltas(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    let to = Math.min(text.length, from + DELTA_CHARACTERS);
    const space = text.slice(from, to).search(/\s\S*$/);
    if (to < text.length && space > 0) to = from + space + 1;
    yield text.slice(from, to);
    from = to;
  }
}
