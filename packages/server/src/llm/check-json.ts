// Whether a value satisfies a JSON Schema 2020-12, and if not, every fault with pointer, rule, what was
// found and an example: for structured answers, whose author can then mend them.
import { isWithinDepth, maxJsonDepth } from '@gathering/contract/json';
import { checkValue } from '../platform/schemas/check-value.ts';
import type { Misfit } from '../platform/schemas/try-value.ts';
import type { JsonSchema } from './tool.ts';

interface JsonFault {
  readonly pointer: string;
  readonly rule: string;
  readonly got: string;
  readonly example: string;
}

/** `unusable`: the schema is at fault, not the value, and no other value would help. */
export type JsonVerdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'faulty'; readonly faults: readonly JsonFault[] }
  | { readonly kind: 'unusable'; readonly why: string };

const mostFaults = 20;

/** The schema may be anybody's: it is tried in bounded time, in another process. Never rejects. */
export async function checkJson(schema: JsonSchema, value: unknown): Promise<JsonVerdict> {
  if (!isWithinDepth(value)) {
    const rule = `nested at most ${maxJsonDepth} levels deep`;
    return { kind: 'faulty', faults: [{ pointer: '', rule, got: 'more levels', example: '{}' }] };
  }
  const { unusable, misfits } = await checkValue(schema, value);
  if (unusable !== null) return { kind: 'unusable', why: unusable };
  if (misfits.length === 0) return { kind: 'valid' };
  return { kind: 'faulty', faults: misfits.slice(0, mostFaults).map(describeFault) };
}

export function writeFaults(faults: readonly JsonFault[]): string {
  return faults
    .map(
      ({ pointer, rule, got, example }) =>
        `- ${pointer === '' ? '(the whole)' : pointer}: ${rule}; got ${got}; for example ${example}`,
    )
    .join('\n');
}

/** Finds the JSON value in a model's text: bare, in a fence, or with words around it. Undefined: there is none. */
export function findJson(text: string): unknown {
  const trimmed = text.trim();
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/i.exec(trimmed)?.[1];
  const first = trimmed.search(/[{[]/);
  const last = Math.max(trimmed.lastIndexOf('}'), trimmed.lastIndexOf(']'));
  const candidates = [trimmed, fenced, first >= 0 && last > first ? trimmed.slice(first, last + 1) : undefined];
  for (const candidate of candidates) {
    const value = candidate === undefined ? undefined : parseJson(candidate);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Undefined for a text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function describeFault({ at, rule, reason, got, example, member, allowed }: Misfit): JsonFault {
  if (member !== null) {
    const pointer = `${at}/${escapePointer(member.name)}`;
    if (rule === 'required') return { pointer, rule, got: 'nothing', example: member.example };
    if (rule === 'additionalProperties' || rule === 'unevaluatedProperties')
      return { pointer, rule: 'no such property', got: member.got, example: 'leave it out' };
  }
  return { pointer: at, rule: allowed === null ? `${rule}: ${reason}` : `one of ${allowed}`, got, example };
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
