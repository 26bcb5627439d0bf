// Turns what came in into the input of a route's function, by the contract's schemas.
// Invariant: either everything fits, or one refusal names every fault of params, query, headers and body together.
import { AppError, type Fault } from '@gathering/contract/errors';
import { isWithinDepth } from '@gathering/contract/json';
import type { Route } from '@gathering/contract/route';
import * as z from 'zod';
import { describeIssues } from './describe-issues.ts';
import { findBadText } from './find-bad-text.ts';

export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

type PartName = keyof RawInput;
type Read = { value: unknown } | { faults: Fault[] };

/** More are not listed: whoever sent these will see the rest after mending them. */
const mostFaults = 100;

const nothing = z.strictObject({});
/** A body of `{}` is what many clients send when there is nothing to say. */
const noBody = nothing.optional();

export function makeInputReader(route: Route): (raw: RawInput) => Record<string, unknown> {
  const params = makePartReader('params', route.params ?? nothing);
  const query = makePartReader('query', route.query ?? nothing);
  const headers = makePartReader('headers', route.headers ?? nothing);
  const named = Object.keys(route.headers?.shape ?? {});
  const body = makePartReader('body', route.body ?? noBody);
  const listKeys = findListKeys(route.query);
  return (raw) => {
    if (!isWithinDepth(raw.body)) throw new AppError('request.too-deep');
    const parts = {
      params: params(raw.params ?? {}),
      query: query(wrapLists(raw.query ?? {}, listKeys)),
      headers: headers(pick(raw.headers, named)),
      body: body(raw.body),
    };
    const faults = Object.values(parts).flatMap((part) => ('faults' in part ? part.faults : []));
    if (faults.length > 0) throw new AppError('request.invalid', { faults: faults.slice(0, mostFaults) });
    const input: Record<string, unknown> = {};
    for (const name of ['params', 'query', 'headers', 'body'] as const) {
      const part = parts[name];
      if (route[name] !== undefined && 'value' in part) input[name] = part.value;
    }
    return input;
  };
}

function makePartReader(name: PartName, schema: z.ZodType): (value: unknown) => Read {
  return (value) => {
    const badText = findBadText(value).map((fault) => ({ ...fault, in: name }));
    if (badText.length > 0) return { faults: badText };
    const parsed = schema.safeParse(value);
    if (parsed.success) return { value: parsed.data };
    return { faults: describeIssues(parsed.error.issues, value, schema).map((fault) => ({ ...fault, in: name })) };
  };
}

function pick(from: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])));
}

// `?tag=a` and `?tag=a&tag=b` are the same kind of thing to whoever writes them.
function findListKeys(query: Route['query']): ReadonlySet<string> {
  const keys = Object.entries(query?.shape ?? {}).filter(([, schema]) => isList(schema));
  return new Set(keys.map(([key]) => key));
}

function isList(schema: unknown): boolean {
  if (schema instanceof z.ZodArray) return true;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return isList(schema.unwrap());
  }
  return false;
}

function wrapLists(query: unknown, listKeys: ReadonlySet<string>): unknown {
  if (listKeys.size === 0 || typeof query !== 'object' || query === null) return query;
  return Object.fromEntries(
    Object.entries(query).map(([key, value]) => [key, listKeys.has(key) && !Array.isArray(value) ? [value] : value]),
  );
}
