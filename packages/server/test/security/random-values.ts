// Values from a seed: what a schema takes, what it nearly takes, and what nothing takes. The same seed gives the same values.
import * as z from 'zod';
import { makeRandom } from '../make-random.ts';

export interface Random {
  /** From 0 up to, and without, `below`. */
  whole(below: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  chance(probability: number): boolean;
}

export function choicesOf(seed: number): Random {
  const next = makeRandom(seed);
  return {
    whole: (below) => Math.floor(next() * below),
    pick: (list) => list[Math.floor(next() * list.length)] ?? list[0],
    chance: (probability) => next() < probability,
  };
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly pattern?: string;
}

const schemas = new WeakMap<z.ZodType, JsonSchema>();

/** A value that the schema takes, but for what patterns and checks of its own ask. */
export function makeValue(schema: z.ZodType, random: Random): unknown {
  const known = schemas.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  schemas.set(schema, known);
  return generate(known, known, random, 0);
}

function generate(schema: JsonSchema, root: JsonSchema, random: Random, depth: number): unknown {
  if (schema.$ref !== undefined) {
    const target = schema.$ref === '#' ? root : root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return depth > 5 ? null : generate(target ?? {}, root, random, depth + 1);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[random.whole(schema.enum.length)];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return generate(choices[random.whole(choices.length)] ?? {}, root, random, depth + 1);
  if (schema.allOf !== undefined) return generate(schema.allOf[0] ?? {}, root, random, depth + 1);
  return plainValue(schema, root, random, depth);
}

function plainValue(schema: JsonSchema, root: JsonSchema, random: Random, depth: number): unknown {
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return objectOf(schema, root, random, depth);
    case 'array': {
      const length = (schema.minItems ?? 0) + random.whole(3);
      return Array.from({ length }, () => generate(schema.items ?? {}, root, random, depth + 1));
    }
    case 'string':
      return textOf(schema, random);
    case 'integer':
    case 'number': {
      const low = Math.max(schema.minimum ?? -5, -1_000_000);
      return low + random.whole(Math.min((schema.maximum ?? low + 50) - low, 1_000) + 1);
    }
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    default:
      return random.pick([null, 1, 'text', [], {}, { a: [1, { b: 'c' }] }]);
  }
}

function objectOf(schema: JsonSchema, root: JsonSchema, random: Random, depth: number): unknown {
  const entries = Object.entries(schema.properties ?? {})
    .filter(([name]) => schema.required?.includes(name) || random.chance(0.6))
    .map(([name, part]): [string, unknown] => [name, generate(part, root, random, depth + 1)]);
  if (typeof schema.additionalProperties === 'object' && depth < 4)
    entries.push([`key${random.whole(9)}`, generate(schema.additionalProperties, root, random, depth + 1)]);
  return Object.fromEntries(entries);
}

function textOf({ format, minLength = 0, maxLength = 40 }: JsonSchema, random: Random): string {
  if (format === 'uuid') return `01890000-0000-7000-8000-${String(random.whole(1e9)).padStart(12, '0')}`;
  if (format === 'email') return `somebody${random.whole(1e6)}@example.org`;
  if (format === 'date-time') return '2026-11-01T10:00:00.000Z';
  if (format === 'uri') return 'https://example.org/';
  const text = random.pick(['a', 'Name ', 'pipelines', 'two words ', '0', 'é', '\u{1f4a9}', '*', "o'neill "]);
  return text.repeat(Math.ceil(Math.max(1, minLength) / text.length)).slice(0, Math.max(1, maxLength));
}

const odd: readonly [unknown, ...unknown[]] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  2 ** 53,
  -(2 ** 63),
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00\ud800',
  '\u202e',
  '\ufeff',
  'NaN',
  '1e999',
  "' or 1=1--",
  '../../etc/passwd',
  '{{ 1/0 }}',
  '{{ input.a.b.c }}',
  '__proto__',
  'x'.repeat(70_000),
  '\u{1f4a9}'.repeat(3_000),
  [],
  [[]],
  [null],
  {},
  { a: 1 },
  { toString: 1 },
  { length: -1 },
  { toJSON: 1 },
  nested(30),
  nested(70),
  Array.from({ length: 3_000 }, (_, at) => at),
  Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`k${at}`, at])),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let at = 0; at < depth; at += 1) value = at % 2 ? [value] : { a: value };
  return value;
}

/** The value with one thing about it changed, at a place anywhere in it. */
export function mutate(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.25)) return random.pick(odd);
  if (Array.isArray(value)) {
    if (value.length === 0 || random.chance(0.2)) return [...value, random.pick(odd)];
    const at = random.whole(value.length);
    return value.map((item, index) => (index === at ? mutate(item, random) : item));
  }
  const names = Object.keys(value);
  const name = names[random.whole(names.length)];
  if (name === undefined || random.chance(0.15)) return { ...value, [random.pick(oddNames)]: random.pick(odd) };
  if (random.chance(0.15)) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
  return { ...value, [name]: mutate((value as Record<string, unknown>)[name], random) };
}

const oddNames: readonly [string, ...string[]] = [
  'unknown',
  '',
  ' ',
  '\0',
  '\ud800',
  'toString',
  'constructor',
  'x'.repeat(5_000),
];
