// What the contract promises to both sides: routes, events and error codes begin with the name of the folder that answers for
// them, each name is used once, and every object, however deep, refuses fields that it does not know.
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { features } from './house-features.ts';
import { readSources, root } from './house-sources.ts';

interface Named<T> {
  place: string;
  value: T;
}

const files = readSources(['packages/contract/src'], ['.ts']).filter((file) => !file.isTest);

const exported: Named<unknown>[] = [];
for (const { path } of files) {
  const module: Record<string, unknown> = await import(pathToFileURL(`${root}/${path}`).href);
  for (const [name, value] of Object.entries(module)) exported.push({ place: `${basename(path)}: ${name}`, value });
}

interface RouteLike {
  name: string;
  method: string;
  path: string;
  permission: string;
  errors: readonly string[];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isRoute = (value: unknown): value is RouteLike =>
  isObject(value) && ['name', 'method', 'path', 'permission', 'reply', 'errors'].every((key) => key in value);
const isSchema = (value: unknown): value is z.ZodType => isObject(value) && '_zod' in value;

const routes = exported.filter((entry): entry is Named<RouteLike> => isRoute(entry.value));

/** The exported catalogue of that name, or a failure that says which is missing. */
function catalogue(name: string): string[] {
  const found = exported.find((entry) => entry.place.endsWith(`: ${name}`));
  if (!isObject(found?.value)) throw new Error(`The contract exports no catalogue "${name}".`);
  return Object.keys(found.value);
}

const duplicates = (values: readonly string[]): string[] => values.filter((value, at) => values.indexOf(value) !== at);
const nameForm = /^[a-z]+(\.[a-z]+(-[a-z0-9]+)*)$/;
const firstPart = (name: string): string => name.split('.')[0] ?? '';

test('the routes are found', () => {
  expect(routes.length).toBeGreaterThan(40);
});

test('every route is named by the feature that answers it, in the file of that feature', () => {
  const strangers = routes.filter(({ place, value }) => {
    const feature = firstPart(value.name);
    return (
      !nameForm.test(value.name) ||
      !features.includes(feature) ||
      !new RegExp(`^${feature}(-[a-z]+)*\\.ts:`).test(place)
    );
  });
  expect(strangers.map(({ place, value }) => `${place} is named ${value.name}`)).toEqual([]);
});

test('no two routes share a name, or a method and an address', () => {
  expect(duplicates(routes.map(({ value }) => value.name))).toEqual([]);
  // `/a/:id` and `/a/:name` are one address.
  const addresses = routes.map(({ value }) => `${value.method} ${value.path.replaceAll(/:\w+/g, ':')}`);
  expect(duplicates(addresses)).toEqual([]);
});

test('every event is named by the feature that writes it', () => {
  const strangers = catalogue('eventTypes').filter(
    (name) => !nameForm.test(name) || !features.includes(firstPart(name)),
  );
  expect(strangers).toEqual([]);
});

test('every error code is named by a feature or by the ground', () => {
  const ground = ['request', 'server', 'database'];
  const strangers = catalogue('errorCatalogue').filter(
    (name) => !nameForm.test(name) || ![...features, ...ground].includes(firstPart(name)),
  );
  expect(strangers).toEqual([]);
});

// promise: no-unknown-field
test('every object of the contract, however deep, refuses unknown fields', () => {
  const open = new Set<string>();
  for (const { place, value } of exported) {
    walk(value, place, (schema, path) => {
      if (isObjectSchema(schema) && !isStrict(schema)) open.add(path);
    });
  }
  expect([...open]).toEqual([]);
});

test('a lax object is found wherever it hides', () => {
  const lax = z.object({});
  const hidden = {
    nested: z.strictObject({ inner: lax }),
    listed: z.array(lax.optional()),
    chosen: z.union([z.string(), lax]),
    mapped: z.record(z.string(), lax.nullable()),
    lazy: z.lazy(() => lax),
    piped: z
      .pipe(
        z.string(),
        z.transform(() => ({})),
      )
      .pipe(lax),
    loose: z.looseObject({}),
    route: { reply: z.intersection(z.strictObject({}), lax) },
  };
  const blind = Object.entries(hidden).filter(([name, value]) => {
    let isFound = false;
    walk(value, name, (schema) => {
      isFound ||= isObjectSchema(schema) && !isStrict(schema);
    });
    return !isFound;
  });
  expect(blind.map(([name]) => name)).toEqual([]);
});

test('no PATCH fills in what the caller left out', () => {
  const filled = new Set<string>();
  for (const { place, value } of routes) {
    if (value.method !== 'PATCH' || !('body' in value)) continue;
    walk(value.body, `${place}.body`, (schema, path, depth) => {
      // Deeper objects are given whole, so their defaults reset nothing.
      if (depth <= 2 && ['default', 'prefault'].includes(schema._zod.def.type)) filled.add(path);
    });
  }
  expect([...filled]).toEqual([]);
});

const isObjectSchema = (schema: z.ZodType): schema is z.ZodObject => schema._zod.def.type === 'object';

function isStrict(schema: z.ZodObject): boolean {
  const rest = schema._zod.def.catchall;
  return rest !== undefined && rest._zod.def.type === 'never';
}

type See = (schema: z.ZodType, path: string, depth: number) => void;

/** Shows every schema that can be reached from a value: a schema, or an object or list that holds some. */
function walk(value: unknown, path: string, see: See, depth = 0, seen = new Set<unknown>()): void {
  if (!isObject(value) || seen.has(value)) return;
  seen.add(value);
  if (isSchema(value)) {
    see(value, path, depth);
    const definition: object = value._zod.def;
    if ('getter' in definition && typeof definition.getter === 'function') {
      walk(definition.getter(), path, see, depth + 1, seen);
    }
    for (const [key, part] of Object.entries(definition)) {
      if (key === 'shape') walkShape(part, path, see, depth, seen);
      else if (key !== 'checks') walk(part, path, see, depth + 1, seen);
    }
    return;
  }
  const isPlain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain) return;
  for (const [key, part] of Object.entries(value)) walk(part, `${path}.${key}`, see, depth, seen);
}

function walkShape(shape: unknown, path: string, see: See, depth: number, seen: Set<unknown>): void {
  if (!isObject(shape)) return;
  for (const [key, part] of Object.entries(shape)) walk(part, `${path}.${key}`, see, depth + 1, seen);
}
