// Templates: text with `{{ expression }}`. A text that is one expression and nothing else keeps the type of
// its value; otherwise values that are not text are written as JSON.
import { checkExpression, type ExpressionFault, type ParsedExpression } from './expressions.ts';

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly text: string; readonly start: number };
export type ParsedTemplate = { readonly parts: readonly TemplatePart[]; readonly fault: ExpressionFault | null };

/** The end of the expression that begins at `start`: the first `}}` outside of quotes and braces. */
function findEnd(text: string, start: number): number {
  let depth = 0;
  let quote = '';
  for (let i = start; i < text.length; i += 1) {
    const char = text[i];
    if (quote !== '') {
      if (char === '\\') i += 1;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{') depth += 1;
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

export function checkTemplate(text: string): ParsedExpression {
  const { parts, fault } = parseTemplate(text);
  const faults: ExpressionFault[] = fault === null ? [] : [fault];
  const nodeIds: Array<{ id: string; column: number }> = [];
  for (const part of parts) {
    if (part.kind === 'text') continue;
    const checked = checkExpression(part.text);
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

/** Fills the templates of a value from the values of their expressions. */
export function fillTemplates(value: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === 'string') {
    if (!value.includes('{{')) return value;
    const { parts } = parseTemplate(value);
    const only = parts[0];
    if (parts.length === 1 && only?.kind === 'expression') return values.get(only.text) ?? null;
    return parts
      .map((part) => {
        if (part.kind === 'text') return part.text;
        const filled = values.get(part.text);
        return typeof filled === 'string' ? filled : JSON.stringify(filled ?? null, null, 2);
      })
      .join('');
  }
  if (Array.isArray(value)) return value.map((item) => fillTemplates(item, values));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillTemplates(item, values)]));
  }
  return value;
}
