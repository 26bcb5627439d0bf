// Text as every database can hold it: what comes from outside or out of an expression may hold more.
import type { Json } from './json.ts';

/** The text as every database can hold it: NUL and halves of surrogate pairs become the replacement character. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** The same for all texts and keys of a value, which is nested at most `maxJsonDepth` deep. */
export function makeStorable(value: Json): Json {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(makeStorable);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storableText(key), makeStorable(item)]));
}
