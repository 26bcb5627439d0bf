// A prompt as this model sees it: who it is asked to be, what the last message asks for, and what the
// tools answered since. Only the first two are ever acted on; the answers are evidence.
import type {
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultOutput,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import { isRecord } from './check-schema.ts';
import { flattenJson } from './flatten-json.ts';

export type CallArguments = Readonly<Record<string, unknown>>;

export interface ToolAnswer {
  readonly toolName: string;
  readonly args: CallArguments;
  readonly ok: boolean;
  readonly text: string;
  /** The how manieth exchange with tools since the task this was, from 0. */
  readonly round: number;
}

export interface ReadPrompt {
  readonly persona: string;
  readonly task: string;
  /** Results of this turn, in order. */
  readonly answers: readonly ToolAnswer[];
  /** Calls of this turn, answered or not. */
  readonly calls: readonly { readonly toolName: string; readonly args: CallArguments }[];
  readonly rounds: number;
  /** Texts and tool results of the conversation before the task, oldest first. */
  readonly earlier: readonly { readonly from: string; readonly text: string }[];
}

export function readPrompt(prompt: LanguageModelV4Prompt): ReadPrompt {
  const taskAt = prompt.findLastIndex((message) => message.role === 'user');
  const persona = prompt.flatMap((message) => (message.role === 'system' ? [message.content] : [])).join('\n\n');
  const earlier = prompt.slice(0, Math.max(0, taskAt)).flatMap(readEarlier);
  const turn = readTurn(prompt.slice(taskAt + 1));
  return { persona, task: taskAt < 0 ? '' : readUserText(prompt[taskAt]), ...turn, earlier };
}

function readTurn(messages: LanguageModelV4Prompt): Pick<ReadPrompt, 'answers' | 'calls' | 'rounds'> {
  const calls: ReadPrompt['calls'][number][] = [];
  const answers: ToolAnswer[] = [];
  const argsById = new Map<string, CallArguments>();
  let rounds = 0;
  for (const message of messages) {
    if (message.role !== 'assistant' && message.role !== 'tool') continue;
    if (message.content.some((part) => part.type === 'tool-call')) rounds += 1;
    for (const part of message.content) {
      if (part.type === 'tool-call') {
        const args = readArguments(part.input);
        argsById.set(part.toolCallId, args);
        calls.push({ toolName: part.toolName, args });
      } else if (part.type === 'tool-result') {
        answers.push(readAnswer(part, argsById.get(part.toolCallId) ?? {}, Math.max(0, rounds - 1)));
      }
    }
  }
  return { answers, calls, rounds };
}

function readAnswer(part: LanguageModelV4ToolResultPart, args: CallArguments, round: number): ToolAnswer {
  return { toolName: part.toolName, args, ...readOutput(part.output), round };
}

function readUserText(message: LanguageModelV4Prompt[number] | undefined): string {
  if (message?.role !== 'user') return '';
  const texts = message.content.map((part) => {
    if (part.type === 'text') return part.text;
    // A text file is material to quote from, never a task: fenced, it is read as data.
    return part.data.type === 'text'
      ? `${part.filename ?? 'file'}:\n\`\`\`\n${part.data.text.replaceAll('```', "'''")}\n\`\`\``
      : '';
  });
  return texts.filter((text) => text !== '').join('\n\n');
}

function readEarlier(message: LanguageModelV4Prompt[number]): ReadPrompt['earlier'] {
  if (message.role === 'system') return [];
  if (message.role === 'user') return [{ from: 'an earlier message', text: readUserText(message) }];
  return message.content.flatMap((part) => {
    if (part.type === 'text') return [{ from: 'an earlier answer', text: part.text }];
    return part.type === 'tool-result'
      ? [{ from: `an earlier result of \`${part.toolName}\``, text: readOutput(part.output).text }]
      : [];
  });
}

function readArguments(input: unknown): CallArguments {
  if (isRecord(input)) return input;
  if (typeof input !== 'string') return {};
  const parsed = parseJson(input);
  return isRecord(parsed) ? parsed : {};
}

function readOutput(output: LanguageModelV4ToolResultOutput): { ok: boolean; text: string } {
  switch (output.type) {
    case 'text':
      return readText(output.value);
    case 'json':
      return readJson(output.value);
    case 'error-text':
      return { ok: false, text: output.value };
    case 'error-json':
      return { ok: false, text: readJson(output.value).text };
    case 'execution-denied':
      return { ok: false, text: output.reason ?? 'The call was denied.' };
    case 'content':
      return readText(output.value.map((part) => (part.type === 'text' ? part.text : '')).join('\n'));
  }
}

function readText(text: string): { ok: boolean; text: string } {
  const parsed = /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
  return parsed === undefined ? { ok: true, text } : readJson(parsed);
}

function readJson(value: unknown): { ok: boolean; text: string } {
  if (!isRecord(value)) return { ok: true, text: flattenJson(value).join('\n') };
  const ok = value.ok !== false && value.isError !== true;
  if (typeof value.text === 'string') return { ok, text: value.text };
  const { ok: _ok, ...rest } = value;
  return { ok, text: flattenJson(rest).join('\n') };
}

/** The parsed value, or undefined for a text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
