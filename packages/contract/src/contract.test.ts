// What holds for every route: its schemas can be published, its lists are paged, its refusals exist and are used.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { errorCatalogue, errorCodes } from './errors.ts';
import { permissions } from './permissions.ts';
import type { Route } from './route.ts';
import { allRoutes } from './routes.ts';

const parametersOf = (route: Route): string[] =>
  [...route.path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => name ?? '');

test('the routes are there', () => {
  expect(allRoutes.length).toBeGreaterThan(40);
});

describe.each(allRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_, route) => {
  test('names exactly the parameters of its path', () => {
    expect(Object.keys(route.params?.shape ?? {}).sort()).toEqual(parametersOf(route).sort());
  });

  test('can be published as JSON Schema, what comes in and what goes out', () => {
    for (const part of [route.params, route.query, route.body])
      if (part) expect(z.toJSONSchema(part, { io: 'input', target: 'draft-2020-12' })).toBeTypeOf('object');
    if (route.status !== 204) expect(z.toJSONSchema(route.reply, { io: 'output' })).toBeTypeOf('object');
  });

  test('refuses unknown fields of every object that a caller sends', () => {
    for (const part of [route.params, route.query, route.body]) {
      if (!part) continue;
      const lax = findAll(z.toJSONSchema(part, { io: 'input' })).filter(
        (schema) => 'properties' in schema && schema.additionalProperties !== false,
      );
      expect(lax).toEqual([]);
    }
  });

  test('may refuse only with codes that exist, each said once', () => {
    expect(route.errors.filter((code) => !Object.hasOwn(errorCatalogue, code))).toEqual([]);
    expect(new Set(route.errors).size).toBe(route.errors.length);
  });

  test('has a known permission, and a body only where its method has one', () => {
    expect(permissions).toContain(route.permission);
    expect(route.summary).toMatch(/^[A-Z].*[.?]$/s);
    if (route.method === 'GET' || route.method === 'DELETE') expect(route.body).toBeUndefined();
  });

  test('sets no default where a change leaves something out', () => {
    if (route.method !== 'PATCH' || !route.body) return;
    const accepted = route.body.safeParse({});
    if (accepted.success) expect(accepted.data).toEqual({});
    expect(
      Object.keys(findProperties(z.toJSONSchema(route.body, { io: 'input' }))).filter((key) => hasDefault(route, key)),
    ).toEqual([]);
  });
});

test('every list is paged by limit and cursor', () => {
  const lists = allRoutes.filter((route) => isPage(route.reply));
  expect(lists.length).toBeGreaterThan(6);
  for (const route of lists)
    expect(Object.keys(route.query?.shape ?? {}), route.name).toEqual(expect.arrayContaining(['limit', 'cursor']));
});

test('what answers with a status of its own answers with one that fits its method', () => {
  for (const route of allRoutes) {
    if (route.method === 'DELETE') expect(route.status, route.name).toBe(204);
    if (route.status === 201 || route.status === 202) expect(route.method, route.name).toBe('POST');
  }
});

test('every error has a sentence and a mend, and its status says its kind', () => {
  for (const [code, { status, title, mend, kind }] of Object.entries(errorCatalogue)) {
    expect(title, code).toMatch(/^[A-Z].*\.$/);
    expect(mend, code).toMatch(/^[A-Z`].*\.$/);
    if (kind === 'refused') expect(status >= 400 && status < 500, code).toBe(true);
    else expect(status >= 500, code).toBe(true);
  }
});

test('every error is used somewhere: promised by a route, or thrown', () => {
  const sources = [...readSources('../../contract/src'), ...readSources('../../server/src')].join('\n');
  // What every route may answer is said by the HTTP door, at times by its status alone.
  const particular = errorCodes.filter((code) => !/^(request|server|database)\./.test(code));
  const unused = particular.filter((code) => !sources.includes(`'${code}'`));
  expect(unused).toEqual([]);
});

/** Sources but for tests and the catalogue itself. */
function readSources(folder: string): string[] {
  const root = fileURLToPath(new URL(folder, import.meta.url));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'errors.ts')
    .map((name) => readFileSync(`${root}/${name}`, 'utf8'));
}

type JsonSchemaNode = Record<string, unknown>;

function findAll(schema: unknown): JsonSchemaNode[] {
  if (schema === null || typeof schema !== 'object') return [];
  const inner = Object.values(schema).flatMap(findAll);
  return Array.isArray(schema) ? inner : [schema as JsonSchemaNode, ...inner];
}

function findProperties(schema: JsonSchemaNode): Record<string, unknown> {
  return typeof schema.properties === 'object' && schema.properties !== null ? { ...schema.properties } : {};
}

/** Left out of an otherwise empty change, the key must not come back with a value. */
function hasDefault(route: Route, key: string): boolean {
  const property = route.body ? findProperties(z.toJSONSchema(route.body, { io: 'input' }))[key] : undefined;
  return property !== null && typeof property === 'object' && 'default' in property;
}

function isPage(reply: z.ZodType): boolean {
  return reply instanceof z.ZodObject && 'items' in reply.shape && 'nextCursor' in reply.shape;
}
