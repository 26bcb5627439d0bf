// A listening server with two routes of its own: every kind of bad input is a problem+json with a stable code.
// promise: no-unknown-field
import { request as sendRaw } from 'node:http';
import { connect } from 'node:net';
import { AppError, problemSchema } from '@gathering/contract/errors';
import { idSchema } from '@gathering/contract/ids';
import { jsonSchema } from '@gathering/contract/json';
import { defineRoute } from '@gathering/contract/route';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DatabaseUnavailable } from '../db/database.ts';
import { isId } from '../ids.ts';
import { createLog } from '../log.ts';
import { answer, type Caller, type Door, withStatus } from './bind.ts';
import { CallerGone } from './caller-signal.ts';
import { closeServer, Drain } from './drain.ts';
import { createServer } from './server.ts';

const id = '01994f3e-7a6b-7c1d-9e2f-3a4b5c6d7e8f';
const createBox = defineRoute({
  name: 'boxes.create',
  method: 'POST',
  path: '/shelves/:id/boxes',
  summary: 'Make a box.',
  permission: 'projects.write',
  rate: 'standard',
  status: 201,
  params: z.strictObject({ id: idSchema }),
  query: z.strictObject({
    limit: z.coerce.number().int().min(1).max(9).default(5),
    tag: z.array(z.string().max(10)).optional(),
  }),
  body: z.strictObject({
    name: z.string().min(1).max(20),
    kind: z.enum(['wood', 'tin']).default('tin'),
    password: z.string().min(12).optional(),
    content: z.strictObject({ weight: z.number().min(0) }).optional(),
    anything: jsonSchema.optional(),
  }),
  reply: jsonSchema,
  errors: [],
});
const removeBox = defineRoute({
  name: 'boxes.remove',
  method: 'DELETE',
  path: '/boxes/:id',
  summary: 'Remove a box.',
  permission: 'projects.write',
  rate: 'standard',
  status: 204,
  params: z.strictObject({ id: idSchema }),
  reply: z.undefined(),
  errors: [],
});
const readBox = defineRoute({
  name: 'boxes.read',
  method: 'GET',
  path: '/boxes/:id',
  summary: 'One box.',
  permission: 'public',
  rate: 'standard',
  params: z.strictObject({ id: z.string() }),
  reply: z.strictObject({ name: z.string() }),
  errors: ['projects.not-found'],
});

interface TestCtx {
  readonly caller: Caller;
}

let app: FastifyInstance;
let base = '';
let drain: Drain;
const lines: string[] = [];
/** What the routes received; bad input must add nothing. */
let received: unknown[] = [];
/** Answers of `boxes.read`, by id. */
const readers: Record<string, (ctx: TestCtx) => Promise<{ name: string }>> = {};

const routes = [
  answer(createBox, async (_: TestCtx, input) => {
    received.push(input);
    return { ...input.body, limit: input.query.limit, tag: input.query.tag ?? null };
  }),
  answer(removeBox, async (_: TestCtx, input) => {
    received.push(input);
  }),
  answer(readBox, async (ctx: TestCtx, { params }) => {
    const reader = readers[params.id];
    if (reader === undefined) throw new AppError('projects.not-found');
    return params.id === 'slow-status' ? withStatus(503, await reader(ctx)) : reader(ctx);
  }),
];
const door: Door<TestCtx> = {
  makeCtx: async (caller) => ({ caller }),
  authorize: ({ caller }, route) => {
    if (route.permission !== 'public' && caller.bearerToken !== 'key') throw new AppError('auth.required');
  },
  checkReplies: true,
};

async function start(more: Partial<Parameters<typeof createServer<TestCtx>>[0]> = {}): Promise<FastifyInstance> {
  const log = createLog('debug', { write: (line) => lines.push(line) });
  return createServer({
    log,
    version: '1.2.3',
    routes,
    door,
    drain: new Drain(),
    corsOrigins: [],
    trustedProxies: [],
    https: false,
    ...more,
  });
}

beforeAll(async () => {
  drain = new Drain();
  app = await start({ drain });
  base = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => app.close());
beforeEach(() => {
  received = [];
  lines.length = 0;
});

const json = { 'content-type': 'application/json', authorization: 'Bearer key' };
const send = (path: string, init: RequestInit = {}) => fetch(`${base}/api${path}`, init);
const post = (body: string, headers: Record<string, string> = json, query = '') =>
  send(`/shelves/${id}/boxes${query}`, { method: 'POST', headers, body });

/** Checks the form that every refusal has. */
async function readProblem(response: Response) {
  const text = await response.text();
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(text).not.toMatch(/\bat .*\.(ts|js):\d+/);
  const problem = problemSchema.parse(JSON.parse(text));
  expect(problem.status).toBe(response.status);
  expect(problem.requestId).toBe(response.headers.get('x-request-id'));
  return problem;
}

async function expectRefused(response: Response, code: string) {
  const problem = await readProblem(response);
  expect(problem.code).toBe(code);
  expect(received).toEqual([]);
  return problem;
}

describe('good input', () => {
  it('reaches its function with defaults filled, and the reply comes back', async () => {
    const response = await post(JSON.stringify({ name: 'a' }));
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ name: 'a', kind: 'tin', limit: 5, tag: null });
    expect(received).toEqual([{ params: { id }, query: { limit: 5 }, body: { name: 'a', kind: 'tin' } }]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('takes one value of a list in the query like several', async () => {
    expect(await (await post('{"name":"a"}', json, '?tag=x&limit=7')).json()).toMatchObject({ tag: ['x'], limit: 7 });
    expect(await (await post('{"name":"a"}', json, '?tag=x&tag=y')).json()).toMatchObject({ tag: ['x', 'y'] });
  });

  it('takes a DELETE that says JSON and sends nothing', async () => {
    const response = await send(`/boxes/${id}`, { method: 'DELETE', headers: json });
    expect(response.status).toBe(204);
    expect(received).toEqual([{ params: { id } }]);
  });

  it('takes a content type with a charset', async () => {
    const response = await post('{"name":"ü"}', { ...json, 'content-type': 'application/json; charset=utf-8' });
    expect(await response.json()).toMatchObject({ name: 'ü' });
  });
});

describe('bad input', () => {
  it('names every fault of path, query and body at once, each with its rule, what was got and an example', async () => {
    const response = await send('/shelves/nine/boxes?limit=many&colour=red', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ kind: 'gold', content: { weight: 'heavy' }, password: 'tooshort', more: 1 }),
    });
    const { faults = [] } = await expectRefused(response, 'request.invalid');
    const byPlace = Object.fromEntries(faults.map((fault) => [`${fault.in}${fault.at}`, fault]));
    expect(byPlace).toMatchObject({
      'params/id': { rule: 'format', got: '"nine"', example: expect.stringMatching(/^"[0-9a-f-]{36}"$/) },
      'query/limit': { rule: 'type', got: '"many"', example: '5' },
      'query/colour': { rule: 'unknown-field', got: '"red"', message: 'There is no such field; known: limit, tag.' },
      'body/name': { rule: 'required', message: 'This field is required.', example: '"text"' },
      'body/kind': { rule: 'one-of', got: '"gold"', example: '"tin"' },
      'body/content/weight': { rule: 'type', got: '"heavy"', message: 'Expected number, got string.', example: '1' },
      'body/password': { rule: 'too-small', got: 'a text of 8 characters (not shown)' },
      'body/more': { rule: 'unknown-field', got: '1' },
    });
    expect(Object.keys(byPlace)).toHaveLength(8);
  });

  it.each([
    ['a list in place of an object', '[]'],
    ['a number in place of an object', '7'],
    ['null in place of an object', 'null'],
    ['nothing', ''],
  ])('refuses %s', async (_, body) => {
    const { faults } = await expectRefused(await post(body), 'request.invalid');
    expect(faults).toMatchObject([{ in: 'body', at: '' }]);
  });

  it('refuses a body where none is expected, but not an empty object', async () => {
    const init = { method: 'DELETE', headers: json };
    const { faults } = await expectRefused(await send(`/boxes/${id}`, { ...init, body: '{"a":1}' }), 'request.invalid');
    expect(faults).toMatchObject([{ in: 'body', at: '/a', rule: 'unknown-field' }]);
    expect((await send(`/boxes/${id}`, { ...init, body: '{}' })).status).toBe(204);
  });

  it('refuses two values where one is expected', async () => {
    const { faults } = await expectRefused(await post('{"name":"a"}', json, '?limit=1&limit=2'), 'request.invalid');
    expect(faults).toMatchObject([{ in: 'query', at: '/limit', got: 'a list of 2' }]);
  });

  it('refuses text that no database can hold', async () => {
    for (const name of ['a\\u0000b', '\\ud800']) {
      const { faults } = await expectRefused(await post(`{"name":"${name}"}`), 'request.invalid');
      expect(faults).toMatchObject([{ in: 'body', at: '/name', rule: 'text' }]);
    }
    const { faults } = await expectRefused(await post('{"name":"a","anything":{"\\u0000":1}}'), 'request.invalid');
    expect(faults).toMatchObject([{ at: '/anything', rule: 'text' }]);
  });

  it('refuses what is not JSON without quoting it', async () => {
    const { detail } = await expectRefused(await post('{"password": hunter2hunter2}'), 'request.malformed');
    expect(detail).toMatch(/^The body is not valid JSON/);
    expect(detail).not.toContain('hunter2');
    expect(lines.join('')).not.toContain('hunter2');
  });

  it('refuses keys that would change the prototype of an object', async () => {
    await expectRefused(await post('{"name":"a","__proto__":{"x":1}}'), 'request.malformed');
    await expectRefused(await post('{"name":"a","anything":{"constructor":{"prototype":{}}}}'), 'request.malformed');
  });

  it('refuses JSON that is nested too deeply, however deep', async () => {
    for (const depth of [65, 10_000, 500_000]) {
      const deep = '['.repeat(depth) + ']'.repeat(depth);
      await expectRefused(await post(`{"name":"a","anything":${deep}}`), 'request.too-deep');
      const objects = Math.min(depth, 100_000);
      await expectRefused(await post(`${'{"a":'.repeat(objects)}1${'}'.repeat(objects)}`), 'request.too-deep');
    }
  });

  it('refuses ten megabytes, and the refusal arrives', async () => {
    await expectRefused(await post(JSON.stringify({ name: 'a'.repeat(10_000_000) })), 'request.too-large');
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 10; i += 1) controller.enqueue(new Uint8Array(1_000_000));
        controller.close();
      },
    });
    const init = { method: 'POST', headers: json, body: chunks, duplex: 'half' as const };
    await expectRefused(await send(`/shelves/${id}/boxes`, init), 'request.too-large');
  });

  it('refuses a stranger before reading what he sends', async () => {
    const response = await post(`{"name":"${'a'.repeat(10_000_000)}"}`, { 'content-type': 'application/json' });
    await expectRefused(response, 'auth.required');
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    await expectRefused(await post('not json', { authorization: 'Bearer other' }), 'auth.required');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    ';',
  ])('refuses the content type %s', async (type) => {
    await expectRefused(await post('{"name":"a"}', { ...json, 'content-type': type }), 'request.unsupported-type');
  });

  it('refuses a body without a content type', async () => {
    const body = new Uint8Array([123, 125]);
    const init = { method: 'POST', headers: { authorization: 'Bearer key' }, body };
    await expectRefused(await send(`/shelves/${id}/boxes`, init), 'request.unsupported-type');
  });

  it('refuses a body that is shorter than it says', async () => {
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(base).port), '127.0.0.1');
      socket.once('error', reject);
      socket.once('data', (data) => resolve(String(data).split('\r\n', 1)[0] ?? ''));
      socket.write(`POST /api/boxes HTTP/1.1\r\nhost: a\r\ncontent-length: abc\r\n\r\n`);
    });
    expect(status).toBe('HTTP/1.1 400 Bad Request');
  });

  it('knows nothing at an unknown address, and says which methods an address answers', async () => {
    await expectRefused(await send('/nothing/here'), 'request.not-found');
    await expectRefused(await fetch(`${base}/elsewhere`, { method: 'POST' }), 'request.not-found');
    const response = await send(`/boxes/${id}`, { method: 'PUT', headers: json, body: '{}' });
    const { detail } = await expectRefused(response, 'request.not-found');
    expect(detail).toBe('This address answers DELETE and GET, not PUT.');
    expect(response.headers.get('allow')).toBe('DELETE, GET');
    await expectRefused(await send(`/boxes/unknown`), 'projects.not-found');
  });

  it('refuses a URL that cannot be decoded, and one with an endless part', async () => {
    const raw = (path: string) =>
      new Promise<Response>((resolve, reject) => {
        const { port } = new URL(base);
        sendRaw({ host: '127.0.0.1', port, path }, (reply) => {
          const parts: Buffer[] = [];
          reply.on('data', (part: Buffer) => parts.push(part));
          reply.on('end', () => {
            const headers = Object.entries(reply.headers).map(([key, value]): [string, string] => [key, String(value)]);
            resolve(new Response(Buffer.concat(parts), { status: reply.statusCode ?? 0, headers }));
          });
        })
          .once('error', reject)
          .end();
      });
    await expectRefused(await raw('/api/boxes/%ZZ'), 'request.malformed');
    await expectRefused(await raw(`/api/boxes/${'a'.repeat(600)}`), 'request.not-found');
    await expectRefused(await raw('/api/../../etc/passwd'), 'request.not-found');
  });

  it('answers what is no HTTP at all in the same form', async () => {
    const answered = await new Promise<string>((resolve, reject) => {
      const parts: string[] = [];
      const socket = connect(Number(new URL(base).port), '127.0.0.1', () => socket.write('HELLO\r\n\r\n'));
      socket.once('error', reject);
      socket.on('data', (part) => parts.push(String(part)));
      socket.once('end', () => resolve(parts.join('')));
    });
    const [head = '', body = ''] = answered.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request/);
    expect(problemSchema.parse(JSON.parse(body)).code).toBe('request.malformed');
  });
});

describe('what goes wrong inside', () => {
  it('leaves as a generic sentence, while the log has the whole cause', async () => {
    readers.bug = async () => {
      throw new Error('the pump burst', { cause: new Error('pressure 9000') });
    };
    const problem = await readProblem(await send('/boxes/bug', { headers: { 'x-request-id': 'given-by-me-1' } }));
    expect(problem).toMatchObject({ code: 'server.bug', requestId: 'given-by-me-1' });
    expect(JSON.stringify(problem)).not.toContain('pump');
    const logged = lines.find((line) => line.includes('the pump burst'));
    expect(logged).toContain('pressure 9000');
    expect(JSON.parse(logged ?? '')).toMatchObject({ level: 'error', requestId: 'given-by-me-1', route: 'boxes.read' });
  });

  it('says that the database is unavailable, with a time to wait', async () => {
    readers.gone = async () => {
      throw new DatabaseUnavailable('The database at db:5432 cannot be reached (ECONNREFUSED).');
    };
    const response = await send('/boxes/gone');
    expect(response.headers.get('retry-after')).toBe('2');
    const problem = await readProblem(response);
    expect(problem.code).toBe('database.unavailable');
    expect(JSON.stringify(problem)).not.toContain('5432');
  });

  it('treats a reply that breaks the contract as a bug', async () => {
    readers.wrong = async () => ({ name: 'a', passwordHash: 'x' }) as { name: string };
    const problem = await readProblem(await send('/boxes/wrong'));
    expect(problem.code).toBe('server.bug');
  });

  it('lets a route answer with another status', async () => {
    readers['slow-status'] = async () => ({ name: 'a' });
    const response = await send('/boxes/slow-status');
    expect([response.status, await response.json()]).toEqual([503, { name: 'a' }]);
  });

  it('aborts the signal of a request whose caller goes away', async () => {
    const arrived = Promise.withResolvers<AbortSignal>();
    readers.waits = async ({ caller }) => {
      arrived.resolve(caller.signal);
      return new Promise((_, reject) => caller.signal.addEventListener('abort', () => reject(caller.signal.reason)));
    };
    const controller = new AbortController();
    const response = send('/boxes/waits', { signal: controller.signal });
    const signal = await arrived.promise;
    expect(signal.aborted).toBe(false);
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    controller.abort();
    await expect(response).rejects.toThrow();
    await aborted;
    expect(signal.reason).toBeInstanceOf(CallerGone);
    expect(lines.some((line) => line.includes('"level":"error"'))).toBe(false);
  });

  it('never aborts the signal of a request that was answered', async () => {
    let signal: AbortSignal | undefined;
    readers.quick = async ({ caller }) => {
      signal = caller.signal;
      return { name: 'a' };
    };
    await (await send('/boxes/quick', { headers: { connection: 'close' } })).text();
    expect(signal?.aborted).toBe(false);
  });
});

describe('every reply', () => {
  it('carries a request id: a sane one that was given, else a new one', async () => {
    const idOf = async (given: string) =>
      (await send('/boxes/x', { headers: { 'x-request-id': given } })).headers.get('x-request-id') ?? '';
    expect(await idOf('trace-0001.a_b')).toBe('trace-0001.a_b');
    for (const given of ['short', 'a'.repeat(65), 'has space in', '"quoted-quoted"']) {
      expect(isId(await idOf(given))).toBe(true);
    }
  });

  it('forbids scripts of others, frames and guessing of types', async () => {
    const { headers } = await send('/boxes/x');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('opens the API to pages of configured origins only', async () => {
    const open = await start({ corsOrigins: ['https://tools.example.org'] });
    const ask = async (origin: string) =>
      (await open.inject({ method: 'GET', url: '/api/boxes/x', headers: { origin } })).headers;
    expect((await ask('https://tools.example.org'))['access-control-allow-origin']).toBe('https://tools.example.org');
    expect((await ask('https://evil.example.org'))['access-control-allow-origin']).not.toBe('https://evil.example.org');
    await open.close();
  });
});

describe('the start', () => {
  it('refuses two routes of one name or address, and a route without a permission', async () => {
    const run = async () => ({ name: '' });
    const bound = (more: object) => answer({ ...readBox, ...more } as typeof readBox, run);
    await expect(start({ routes: [bound({}), bound({ path: '/other' })] })).rejects.toThrow('Two routes are named');
    await expect(start({ routes: [bound({}), bound({ name: 'a.b', path: '/boxes/:other' })] })).rejects.toThrow(
      'Two routes answer GET /boxes/:other.',
    );
    await expect(start({ routes: [bound({ permission: undefined })] })).rejects.toThrow('names no permission');
  });
});

describe('the end', () => {
  it('refuses writes, answers reads and what was open, then closes', async () => {
    const drain = new Drain();
    const server = await start({ drain });
    const address = await server.listen({ port: 0, host: '127.0.0.1' });
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    readers.open = async () => {
      arrived.resolve();
      await release.promise;
      return { name: 'finished' };
    };
    const open = fetch(`${address}/api/boxes/open`);
    await arrived.promise;
    drain.begin();
    const refused = await fetch(`${address}/api/boxes/${id}`, { method: 'DELETE', headers: json });
    expect(await expectRefused(refused, 'server.draining')).toMatchObject({ status: 503 });
    expect(refused.headers.get('retry-after')).toBe('2');
    readers.read = async () => ({ name: 'a' });
    expect((await fetch(`${address}/api/boxes/read`)).status).toBe(200);
    const closed = closeServer(server, drain, 60_000);
    release.resolve();
    expect(await (await open).json()).toEqual({ name: 'finished' });
    await closed;
    await expect(fetch(`${address}/api/boxes/read`)).rejects.toThrow();
  });

  it('aborts what outlasts its time', async () => {
    const drain = new Drain();
    const server = await start({ drain });
    const address = await server.listen({ port: 0, host: '127.0.0.1' });
    const arrived = Promise.withResolvers<void>();
    readers.endless = async ({ caller }) => {
      arrived.resolve();
      return new Promise((_, reject) =>
        caller.signal.addEventListener('abort', () => reject(new AppError('server.draining'))),
      );
    };
    const open = fetch(`${address}/api/boxes/endless`);
    await arrived.promise;
    const closed = closeServer(server, drain, 0);
    await expectRefused(await open, 'server.draining');
    await closed;
  });
});
