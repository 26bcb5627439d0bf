// Templates: text with `{{ expression }}`. A text that is one expression and nothing else keeps the type of
// its value; otherwise values that are not text are written as JSON.
import { checkExpression, type ExpressionFault, type ExpressionPlace, type ParsedExpression } from './expressions.ts';

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly text: string; readonly start: number };
export type ParsedTemplate = { readonly parts: readonly TemplatePart[]; readonly fault: ExpressionFault | null };

/** A text holds at most so many expressions: each costs a parse at every check. */
export const maxExpressionsPerText = 500;

/** Characters that the filled templates of one value may have together. */
export const maxFilledSize = 4 * 1024 * 1024;

/** The filled templates would be larger than anybody can read or store. */
export class TemplateTooLarge extends Error {
  override readonly name = 'TemplateTooLarge';
}

/** The place behind a CEL string that begins at `start`, or -1: it does not end. */
function skipString(text: string, start: number): number {
  const char = text[start] ?? '';
  const isTriple = text.startsWith(char.repeat(3), start);
  const quote = isTriple ? char.repeat(3) : char;
  for (let i = start + quote.length; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '\n' && !isTriple) return -1;
    else if (text.startsWith(quote, i)) return i + quote.length;
  }
  return -1;
}

/**
 * The end of the expression that begins at `start`: the first `}}` outside of strings and braces. Where a string
 * does not end it is the first `}}` at all, so that the fault is found in the expression where it was made.
 */
function findEnd(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i += 1) {
    const char = text[i];
    if (char === '"' || char === "'") {
      const end = skipString(text, i);
      if (end < 0) return text.indexOf('}}', start);
      i = end - 1;
    } else if (char === '{') depth += 1;
    else if (char === '}') {
      if (depth > 0) depth -= 1;
      else if (text[i + 1] === '}') return i;
    }
  }
  return -1;
}

export function parseTemplate(text: string): ParsedTemplate {
  const parts: TemplatePart[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open < 0) break;
    const end = findEnd(text, open + 2);
    if (end < 0) return { parts, fault: { message: '`{{` has no matching `}}`', column: open + 1 } };
    if (open > at) parts.push({ kind: 'text', text: text.slice(at, open) });
    parts.push({ kind: 'expression', text: text.slice(open + 2, end), start: open + 2 });
    at = end + 2;
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) });
  return { parts, fault: null };
}

export function checkTemplate(text: string, scope: ExpressionPlace = 'node'): ParsedExpression {
  const { parts, fault } = parseTemplate(text);
  const faults: ExpressionFault[] = fault === null ? [] : [fault];
  const nodeIds: Array<{ id: string; column: number }> = [];
  const expressions = parts.filter((part) => part.kind === 'expression');
  const tooMany = expressions[maxExpressionsPerText];
  if (tooMany)
    faults.push({
      message: `a text may hold ${maxExpressionsPerText} expressions, this one has ${expressions.length}`,
      column: tooMany.start - 1,
    });
  for (const part of expressions.slice(0, maxExpressionsPerText)) {
    const checked = checkExpression(part.text, 'any', scope);
    faults.push(...checked.faults.map((one) => ({ ...one, column: one.column + part.start })));
    nodeIds.push(...checked.nodeIds.map((one) => ({ ...one, column: one.column + part.start })));
  }
  return { faults, nodeIds };
}

/** Every text inside a value, with its JSON pointer. */
export function* textsOf(value: unknown, pointer = ''): Generator<{ text: string; pointer: string }> {
  if (typeof value === 'string') yield { text: value, pointer };
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* textsOf(item, `${pointer}/${index}`);
  else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value))
      yield* textsOf(item, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

/** The expressions of a value's templates, each once. */
export function expressionsIn(value: unknown): string[] {
  const found = new Set<string>();
  for (const { text } of textsOf(value)) {
    if (!text.includes('{{')) continue;
    for (const part of parseTemplate(text).parts) if (part.kind === 'expression') found.add(part.text);
  }
  return [...found];
}

/**
 * Fills the templates of a value from the values of their expressions. Throws `TemplateTooLarge`: a large value
 * that is asked for in many places would fill the memory.
 */
export function fillTemplates(value: unknown, values: ReadonlyMap<string, unknown>): unknown {
  const written = new Map<string, string>();
  let size = 0;
  /** The value as text; written once and counted at every use. */
  const write = (expression: string): string => {
    const filled = values.get(expression) ?? null;
    const text = written.get(expression) ?? (typeof filled === 'string' ? filled : JSON.stringify(filled, null, 2));
    written.set(expression, text);
    size += text.length;
    if (size > maxFilledSize)
      throw new TemplateTooLarge(
        `The filled templates have more than ${maxFilledSize} characters. Ask for a part of the values, or ask for them once.`,
      );
    return text;
  };
  const fill = (item: unknown): unknown => {
    if (typeof item === 'string') {
      if (!item.includes('{{')) return item;
      const { parts } = parseTemplate(item);
      const only = parts[0];
      if (parts.length === 1 && only?.kind === 'expression') {
        write(only.text);
        return values.get(only.text) ?? null;
      }
      return parts.map((part) => (part.kind === 'text' ? part.text : write(part.text))).join('');
    }
    if (Array.isArray(item)) return item.map(fill);
    if (item !== null && typeof item === 'object')
      return Object.fromEntries(Object.entries(item).map(([key, child]) => [key, fill(child)]));
    return item;
  };
  return fill(value);
}
