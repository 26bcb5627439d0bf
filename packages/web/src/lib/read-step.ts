// Reads what a model was asked and what it answered out of a journaled step, whatever shape its messages have.
import type { Json } from '@gathering/contract/json';

export interface PromptMessage {
  readonly role: string;
  readonly content: Json;
}

/** The value of a key where the value is an object. */
export function fieldOf(value: Json | undefined, name: string): Json | undefined {
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
