// Every route, given what it must not take: a refusal that names its code and the fault, and nothing written.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCatalogue, type Problem, problemSchema } from '@gathering/contract/errors';
import type { Route } from '@gathering/contract/route';
import { allRoutes } from '@gathering/contract/routes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { type Api, signIn } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { hashTables, type InProcessServer, startInProcess } from '../in-process-server.ts';
import { type ExampleCall, makeExampleCalls, pathOf } from '../requests.ts';

const unknownId = '01890000-0000-7000-8000-000000000000';
const writing = allRoutes.filter(({ method }) => method === 'POST' || method === 'PATCH' || method === 'PUT');

const asJson = { 'content-type': 'application/json' };

interface BadRequest {
  readonly what: string;
  readonly type?: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Statuses that are right. */
  readonly status: readonly number[];
}

const json = (what: string, value: unknown, status = [400]): BadRequest => ({
  what,
  body: JSON.stringify(value),
  status,
});

/** Fields of an object schema, whatever it is wrapped in. */
function shapeOf(schema: z.ZodType | undefined): Readonly<Record<string, z.ZodType>> {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return shapeOf(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};
}

/** A value that no field of ours takes; a field that takes anything is not broken. */
const never = { 'no such thing': [[]] };

function breakBody(route: Route, body: unknown): BadRequest[] {
  const good = (body ?? {}) as Record<string, unknown>;
  const shape = shapeOf(route.body);
  const fields = Object.entries(shape);
  const large = 'a'.repeat(10 * 1024 * 1024);
  const misfits = [
    json('an array', [good]),
    json('a text', 'text'),
    json('a number', 5),
    json('nothing', null),
    json('an unknown field', { ...good, unknownField: 1 }),
    json('a field of the prototype', { ...good, toString: 1 }),
    ...fields
      .filter(([, schema]) => !schema.safeParse(never).success)
      .map(([name]) => json(`a wrong type in ${name}`, { ...good, [name]: never })),
    ...fields
      .filter(([, schema]) => !schema.safeParse(undefined).success)
      .map(([name]) => json(`no ${name}`, Object.fromEntries(Object.entries(good).filter(([key]) => key !== name)))),
  ];
  // A route that starts something with whatever it is given takes all of these.
  const takesAnything = route.body?.safeParse(never).success === true;
  return [
    ...(takesAnything ? [] : misfits),
    { ...json('10 MB', { ...good, unknownField: large }), status: [413] },
    { what: 'deep JSON', body: `{"unknownField":${'['.repeat(5000)}${']'.repeat(5000)}}`, status: [400] },
    { what: 'JSON that is deep beyond measure', body: `${'[{"a":'.repeat(100_000)}`, status: [400] },
    { what: 'a wrong content type', type: 'text/plain', body: JSON.stringify(good), status: [415] },
    { what: 'a form', type: 'application/x-www-form-urlencoded', body: 'name=a', status: [415] },
    { what: 'malformed JSON', body: '{"name": ', status: [400] },
    { what: 'half of a text', body: '{"name": "a', status: [400] },
    { what: 'JSON with a prototype', body: '{"__proto__": {"name": "a"}}', status: [400] },
    { what: 'bytes that are no text', body: new Uint8Array([0x7b, 0xff, 0xfe, 0x00, 0x7d]), status: [400] },
  ];
}

async function readProblem(reply: Response): Promise<Problem> {
  expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = problemSchema.parse(await reply.json());
  expect(problem.status).toBe(reply.status);
  expect(errorCatalogue[problem.code].status).toBe(reply.status);
  return problem;
}

eachDatabase((_open, makePlace) => {
  let server: InProcessServer;
  let api: Api;
  let folder: string;
  let calls: ReadonlyMap<string, ExampleCall>;
  beforeAll(async () => {
    const place = await makePlace();
    server = await startInProcess(place);
    api = await signIn(server.url);
    folder = mkdtempSync(join(tmpdir(), 'gathering-example-'));
    calls = await makeExampleCalls(api, folder);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const callOf = (route: Route): ExampleCall => calls.get(route.name) ?? { params: {}, body: undefined };

  it('the examples cover every route that takes a body', () => {
    const forgotten = allRoutes.filter((route) => route.body !== undefined && callOf(route).body === undefined);
    expect(forgotten.map(({ name }) => name)).toEqual([]);
    const incomplete = allRoutes.filter((route) => Object.values(callOf(route).params).includes(''));
    expect(incomplete.map(({ name }) => name)).toEqual([]);
  });

  // promise: bad-input-writes-nothing
  it('a body that a route does not expect is refused with its code, and nothing is written', async () => {
    const before = await hashTables(server.database);
    const wrong: string[] = [];
    let sent = 0;
    for (const route of writing) {
      const { params, body } = callOf(route);
      for (const bad of breakBody(route, body)) {
        const headers = { 'content-type': bad.type ?? 'application/json' };
        const reply = await api.request(route.method, pathOf(route, params), { headers, body: bad.body });
        sent += 1;
        if (!bad.status.includes(reply.status)) wrong.push(`${route.name}, ${bad.what}: ${reply.status}`);
        const problem = await readProblem(reply);
        // Whoever sent a field that is wrong is told which.
        if (problem.code === 'request.invalid') expect(problem.faults?.length).toBeGreaterThan(0);
      }
    }
    expect(wrong).toEqual([]);
    expect(sent).toBeGreaterThan(450);
    expect(await hashTables(server.database)).toEqual(before);
  });

  // promise: no-way-in-without-sign-in
  it('no route lets anybody in without a token, whatever is sent', async () => {
    const before = await hashTables(server.database);
    const guarded = allRoutes.filter(({ permission }) => permission !== 'public');
    expect(guarded.length).toBeGreaterThan(40);
    const localTokenOfAnother = 'a'.repeat(43);
    for (const route of guarded) {
      const { params, body } = callOf(route);
      const hasBody = route.method !== 'GET';
      for (const authorization of [undefined, 'Bearer ', `Bearer ${localTokenOfAnother}`, `Basic ${btoa('a:b')}`]) {
        const reply = await fetch(`${server.url}${pathOf(route, params)}?access_token=${api.token}`, {
          method: route.method,
          headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
          ...(hasBody && { body: JSON.stringify(body ?? {}) }),
        });
        expect([route.name, reply.status, (await readProblem(reply)).code]).toEqual([route.name, 401, 'auth.required']);
      }
    }
    expect(await hashTables(server.database)).toEqual(before);
  });

  it('what does not exist is not found, and an id that is none is refused', async () => {
    const before = await hashTables(server.database);
    for (const route of allRoutes.filter(({ path }) => path.includes(':id'))) {
      const { params, body } = callOf(route);
      const init = body === undefined ? {} : { headers: asJson, body: JSON.stringify(body) };
      const missing = await api.request(route.method, pathOf(route, { ...params, id: unknownId }), init);
      const { code } = await readProblem(missing);
      expect([route.name, missing.status, route.errors.includes(code)]).toEqual([route.name, 404, true]);
      for (const id of ['none', '%00', "' or 1=1", unknownId.slice(1), 'x'.repeat(500)]) {
        const reply = await api.request(route.method, pathOf(route, { ...params, id }), init);
        await readProblem(reply);
        expect([route.name, id, [400, 404].includes(reply.status)]).toEqual([route.name, id, true]);
      }
    }
    expect(await hashTables(server.database)).toEqual(before);
  });

  it('a query that a route does not expect is refused', async () => {
    for (const route of allRoutes.filter(({ method }) => method === 'GET')) {
      const path = pathOf(route, callOf(route).params);
      const names = Object.keys(shapeOf(route.query));
      const queries = [
        'unknown=1',
        ...names.flatMap((name) => [`${name}=`, `${name}=%00`, `${name}=a&${name}=b`, `${name}=${'9'.repeat(400)}`]),
        ...(names.includes('limit') ? ['limit=0', 'limit=201', 'limit=1.5', 'limit=x'] : []),
        ...(names.includes('cursor') ? ['cursor=x', 'cursor=1-1-1', 'cursor=-1', 'cursor=%ff'] : []),
      ];
      for (const query of queries) {
        const reply = await api.request(route.method, `${path}?${query}`);
        const isText = !query.startsWith('unknown') && !query.startsWith('limit') && !query.startsWith('cursor');
        if (isText && reply.status === 200) continue;
        await readProblem(reply);
        expect([route.name, query, reply.status >= 400 && reply.status < 500]).toEqual([route.name, query, true]);
      }
    }
  });

  it('an address or a method that does not exist is not found', async () => {
    for (const [method, path] of [
      ['GET', '/api/nothing'],
      ['GET', '/api/pipelines/a/b/c/d'],
      ['PUT', '/api/pipelines'],
      ['DELETE', '/api/runs'],
      ['GET', '/api/%'],
      ['GET', '/api/..%2f..%2fetc/passwd'],
      ['POST', '/api'],
    ] as const) {
      const reply = await api.request(method, path);
      await readProblem(reply);
      expect([path, reply.status >= 400 && reply.status < 500]).toEqual([path, true]);
    }
  });
});
