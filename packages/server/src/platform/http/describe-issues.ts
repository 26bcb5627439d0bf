// What zod found, as faults for a person: where, which rule, what was got, what would be accepted.
// Invariant: what was sent under the name of a secret is never sent back.
import type { Fault } from '@gathering/contract/errors';
import type * as z from 'zod';
import { hideCredentials } from '../redact.ts';
import { type JsonSchema, makeExample, schemaAt, toJsonSchema } from './example-of.ts';
import { joinPointer } from './json-pointer.ts';

type Issue = z.core.$ZodIssue;
type PartFault = Omit<Fault, 'in'>;

const longestGot = 80;
const secretName = /password|secret|token|api.?key|ticket|credential/i;

export function describeIssues(issues: readonly Issue[], value: unknown, schema: z.ZodType): PartFault[] {
  const json = toJsonSchema(schema);
  return issues.flatMap((issue) => describeIssue(issue, [], value, json));
}

function describeIssue(issue: Issue, base: readonly PropertyKey[], value: unknown, json: JsonSchema): PartFault[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknown(path, key, value, json));
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => describeIssue(inner, path, value, json));
  }
  const found = valueAt(value, path);
  const missing = found === undefined;
  return [
    {
      at: joinPointer(path),
      rule: missing ? 'required' : (rules[issue.code] ?? 'value'),
      message: missing ? 'This field is required.' : sentence(issue),
      got: missing ? undefined : show(found, path),
      example: makeExample(schemaAt(json, path), json),
    },
  ];
}

const rules: Partial<Record<NonNullable<Issue['code']>, string>> = {
  invalid_type: 'type',
  too_small: 'too-small',
  too_big: 'too-large',
  invalid_format: 'format',
  not_multiple_of: 'multiple',
  invalid_union: 'one-of',
  invalid_value: 'one-of',
  invalid_key: 'key',
  invalid_element: 'element',
};

function describeUnknown(path: readonly PropertyKey[], key: string, value: unknown, json: JsonSchema): PartFault {
  const known = Object.keys(schemaAt(json, path)?.properties ?? {});
  return {
    at: joinPointer([...path, key]),
    rule: 'unknown-field',
    message: known.length === 0 ? 'No field is expected here.' : `There is no such field; known: ${known.join(', ')}.`,
    got: show(valueAt(value, [...path, key]), [...path, key]),
    example: known.length === 0 ? '{}' : undefined,
  };
}

/** Of the forms that a value could have had: the one that it is nearest to, unless it is of another type than all. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const ofItsType = branches.filter((issues) => issues.every(({ path }) => path.length > 0));
  return ofItsType.sort((left, right) => left.length - right.length)[0];
}

function sentence(issue: Issue): string {
  const { message } = issue;
  const words = message.replace(/^(Invalid input|Invalid option|Too small|Too big|Invalid string): /, '');
  const spoken = words.replace(/, received NaN$/, ', got something else').replace(/, received /, ', got ');
  return `${spoken.charAt(0).toUpperCase()}${spoken.slice(1)}${spoken.endsWith('.') ? '' : '.'}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined;
    found = Reflect.get(found, part);
  }
  return found;
}

function show(value: unknown, path: readonly PropertyKey[]): string {
  const isSecret = path.some((part) => secretName.test(String(part)));
  if (isSecret && typeof value === 'string') return `a text of ${value.length} characters (not shown)`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object with ${Object.keys(value).length} fields`;
  if (isSecret) return `a ${typeof value} (not shown)`;
  const text = hideCredentials(JSON.stringify(value) ?? typeof value);
  return text.length > longestGot ? `${text.slice(0, longestGot)}...` : text;
}
