// Reads what a model was asked and what it answered out of a journaled step, whatever shape its messages have.
import type { Json } from '@gathering/contract/json';
import type { Run } from '@gathering/contract/pipelines';

export interface PromptMessage {
  readonly role: string;
  readonly content: Json;
}

function fieldOf(value: Json | undefined, name: string): Json | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value[name] : undefined;
}

/** Parts that are all text become one text; anything else stays as it is. */
function joinText(content: Json): Json {
  if (!Array.isArray(content)) return content;
  const texts = content.map((part) => (fieldOf(part, 'type') === 'text' ? fieldOf(part, 'text') : undefined));
  return texts.every((text) => typeof text === 'string') ? texts.join('\n') : content;
}

/** The messages of a model step, the instructions first. Null: it holds none. */
export function messagesOf(input: Json): PromptMessage[] | null {
  const list = Array.isArray(input) ? input : fieldOf(input, 'messages');
  if (!Array.isArray(list)) return null;
  const messages: PromptMessage[] = [];
  for (const item of list) {
    const role = fieldOf(item, 'role');
    if (typeof role !== 'string') return null;
    messages.push({ role, content: joinText(fieldOf(item, 'content') ?? null) });
  }
  const instructions = fieldOf(input, 'system') ?? fieldOf(input, 'instructions');
  return typeof instructions === 'string' ? [{ role: 'system', content: instructions }, ...messages] : messages;
}

/** The text of a model's answer when it holds nothing but text. */
export function answerOf(output: Json): string | null {
  if (typeof output === 'string') return output;
  const joined = Array.isArray(output) ? joinText(output) : joinText(fieldOf(output, 'content') ?? null);
  if (typeof joined === 'string') return joined;
  const text = fieldOf(output, 'text');
  const calls = fieldOf(output, 'toolCalls');
  return typeof text === 'string' && text !== '' && (!Array.isArray(calls) || calls.length === 0) ? text : null;
}

/** The text by which an output reads as a report: its own `text`, or itself. */
export function reportOf(output: Json): string | null {
  const text = typeof output === 'string' ? output : fieldOf(output, 'text');
  return typeof text === 'string' && text.trim() !== '' ? text : null;
}

/** The outputs of the last nodes that read as text, joined. Null: none does. */
export function reportOfRun({ output }: Pick<Run, 'output'>): string | null {
  if (output === null || typeof output !== 'object' || Array.isArray(output)) return reportOf(output);
  const texts = Object.values(output).flatMap((one) => reportOf(one) ?? []);
  return texts.length === 0 ? null : texts.join('\n\n---\n\n');
}
