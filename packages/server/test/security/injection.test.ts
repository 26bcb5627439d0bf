// Texts that mean something to SQL, to patterns, expressions, templates and headers, given to every parameter of every route of
// the contract: they are values and nothing else.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPersonaRoute, readPersonaRoute } from '@gathering/contract/agents';
import { listNotificationsRoute } from '@gathering/contract/notifications';
import type { Route } from '@gathering/contract/route';
import { allRoutes } from '@gathering/contract/routes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { type Api, chain, makeDefinition, nodeOf, signIn, startDefinition, waitForEnd } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { hashTables, type InProcessServer, startInProcess } from '../in-process-server.ts';
import { type ExampleCall, makeExampleCalls, pathOf } from '../requests.ts';
import { faultsOf } from './answers.ts';
import { injections } from './injection-corpus.ts';

const queriesOf = (route: Route): [string, z.ZodType][] =>
  Object.entries((route.query?.shape ?? {}) as Record<string, z.ZodType>);

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return unwrap(schema.unwrap() as z.ZodType);
  return schema;
}

it('what is sorted by, and what a filter of kinds takes, is a closed list', () => {
  const open = allRoutes.flatMap((route) =>
    queriesOf(route)
      .filter(([name, schema]) => /sort|order|by$|status|kind|type|role|direction/i.test(name) && isFreeText(schema))
      .map(([name]) => `${route.name}.${name}`),
  );
  expect(open).toEqual([]);
});

function isFreeText(schema: z.ZodType): boolean {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) return isFreeText(inner.element as z.ZodType);
  return inner instanceof z.ZodString;
}

function countFound(route: Route, text: string): number {
  if (route.stream !== undefined) return text.split('\n').filter((line) => line !== '').length;
  return (JSON.parse(text) as { items?: unknown[] }).items?.length ?? 0;
}

eachDatabase((_open, makePlace, kind) => {
  // Both kinds are asked by the same statements: the slower one hears every third text.
  const texts = kind === 'server' ? injections : injections.filter((_, place) => place % 3 === 0);
  let server: InProcessServer;
  let api: Api;
  let calls: ReadonlyMap<string, ExampleCall>;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gathering-injection-'));
    server = await startInProcess(await makePlace());
    api = await signIn(server.url);
    calls = await makeExampleCalls(api, folder);
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const paramsOf = (route: Route) => calls.get(route.name)?.params ?? {};
  const ask = async (method: string, path: string, body?: string) => {
    const init = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body };
    const reply = await api.request(method, path, init);
    return { reply, text: await reply.text() };
  };

  it('the corpus is large, and holds no text twice', () => {
    expect(new Set(injections).size).toBe(injections.length);
    expect(injections.length).toBeGreaterThan(100);
  });

  interface Attempt {
    readonly route: Route;
    readonly where: string;
    readonly value: string;
    readonly path: string;
    /** Whatever is found, was found by what the text means. */
    readonly findsNothing: boolean;
  }
  function* attemptsInQueries(): Generator<Attempt> {
    for (const route of allRoutes.filter(({ method }) => method === 'GET'))
      for (const [where, schema] of queriesOf(route))
        for (const value of texts) {
          const path = `${pathOf(route, paramsOf(route))}?${new URLSearchParams({ [where]: value })}`;
          yield { route, where, value, path, findsNothing: isFreeText(schema) && where !== 'cursor' };
        }
  }
  function* attemptsInPaths(): Generator<Attempt> {
    for (const route of allRoutes)
      for (const where of Object.keys(paramsOf(route)))
        for (const value of texts) {
          const path = pathOf(route, { ...paramsOf(route), [where]: value });
          yield { route, where, value, path, findsNothing: false };
        }
  }

  const judge = async ({ route, where, value, path, findsNothing }: Attempt): Promise<unknown[]> => {
    const body = route.method === 'GET' ? undefined : calls.get(route.name)?.body;
    const { reply, text } = await ask(route.method, path, body === undefined ? undefined : JSON.stringify(body));
    const faults = faultsOf(reply.status, reply.headers.get('content-type'), text, value);
    if (reply.headers.has('set-cookie')) faults.push('a header was made of it');
    if (where === 'id' && reply.status < 400) faults.push('it led to something');
    const found = reply.status === 200 && findsNothing ? countFound(route, text) : 0;
    if (found > 0) faults.push(`it found ${found}`);
    return faults.length === 0 ? [] : [[route.name, where, value, reply.status, ...faults]];
  };

  it.each([
    ['given to a filter, a sort, a search or a cursor, they are refused or find nothing', attemptsInQueries],
    ['given as a part of a path, they lead to nothing', attemptsInPaths],
  ])('%s', async (_, attempts) => {
    const before = await hashTables(server.database);
    const wrong: unknown[] = [];
    let count = 0;
    for (const attempt of attempts()) {
      count += 1;
      wrong.push(...(await judge(attempt)));
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(1_000);
    expect(await hashTables(server.database)).toEqual(before);
  });

  it('as names of parameters they are unknown, and change no object of this process', async () => {
    const keys = Object.getOwnPropertyNames(Object.prototype).length;
    for (const route of allRoutes.filter(({ method }) => method === 'GET'))
      for (const query of [
        '__proto__=1',
        '__proto__[polluted]=1',
        '__proto__.polluted=1',
        'constructor=1',
        'constructor[prototype][polluted]=1',
        'hasOwnProperty=1',
        'toString=1',
        'limit[__proto__]=1',
        'limit[$gt]=0',
        "' or 1=1--=1",
      ]) {
        const { reply, text } = await ask('GET', `${pathOf(route, paramsOf(route))}?${query}`);
        expect([
          route.name,
          query,
          reply.status >= 400,
          faultsOf(reply.status, reply.headers.get('content-type'), text, query),
        ]).toEqual([route.name, query, true, []]);
      }
    for (const body of [
      '{"__proto__":{"polluted":1}}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{"name":{"__proto__":1}}',
    ])
      for (const route of allRoutes.filter((one) => one.body !== undefined)) {
        const { reply, text } = await ask(route.method, pathOf(route, paramsOf(route)), body);
        expect([
          route.name,
          reply.status >= 400,
          faultsOf(reply.status, reply.headers.get('content-type'), text),
        ]).toEqual([route.name, true, []]);
      }
    expect('polluted' in {}).toBe(false);
    expect(Object.getOwnPropertyNames(Object.prototype).length).toBe(keys);
  });

  it('what is stored comes back as it was written', async () => {
    const storable = injections.filter((text) => !text.includes('\0') && text.trim().length > 0 && text.length < 3_000);
    for (const [at, text] of storable.entries()) {
      const made = await api.call(createPersonaRoute, {
        body: { name: `Stored ${at}`, role: 'Reader', instructions: text },
      });
      const read = await api.call(readPersonaRoute, { params: { id: made.id } });
      expect(read.instructions).toBe(made.instructions);
      expect([text.trim(), text]).toContain(read.instructions);
    }
  });

  it('an expression in what a run is given is text, and is not evaluated', async () => {
    const texts = injections.filter((text) => /[{$#%<]/.test(text) && text.length < 200 && !text.includes('\0'));
    expect(texts.length).toBeGreaterThan(10);
    const definition = makeDefinition(
      'Telling',
      [{ id: 'tell', type: 'action', config: { kind: 'notify', title: 'Told', body: '{{ input.text }}' } }],
      chain('start', 'tell'),
    );
    for (const text of texts) {
      const run = await waitForEnd(api, (await startDefinition(api, definition, { text })).id);
      expect([text, run.status, nodeOf(run, 'tell').status]).toEqual([text, 'completed', 'completed']);
      const { items } = await api.call(listNotificationsRoute, { query: { limit: 1 } });
      expect(items[0]?.body).toBe(text);
    }
  });
});
