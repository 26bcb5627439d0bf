// The client makes addresses that mean what was asked, and every failure is an ApiError with words for people.
import { expect, test } from 'vitest';
import * as z from 'zod';
import { ApiError, addressOf, createClient } from './client.ts';
import { defineRoute } from './route.ts';

const route = defineRoute({
  name: 'pipelines.read-node-turn',
  method: 'GET',
  path: '/runs/:id/nodes/:nodeId/turn',
  summary: '-',
  permission: 'pipelines.read',
  rate: 'standard',
  params: z.strictObject({ id: z.string(), nodeId: z.string() }),
  query: z.strictObject({ q: z.string().optional(), many: z.array(z.string()).optional(), n: z.number().optional() }),
  reply: z.strictObject({ ok: z.boolean() }),
  errors: [],
});
const write = defineRoute({
  name: 'pipelines.change',
  method: 'PATCH',
  path: '/pipelines/:id',
  summary: '-',
  permission: 'pipelines.write',
  rate: 'standard',
  params: z.strictObject({ id: z.string() }),
  body: z.strictObject({ name: z.string() }).optional(),
  reply: z.strictObject({ ok: z.boolean() }),
  errors: [],
});
const params = { id: 'r', nodeId: 'n' };

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A server that answers everything with one response, and what it was sent. */
function answering(response: () => Response | Promise<Response>, token: string | null = null) {
  const sent: Sent[] = [];
  const call = createClient({
    baseUrl: 'http://here',
    token: () => token,
    fetch: async (url, init) => {
      sent.push({ url: String(url), init: init ?? {} });
      return response();
    },
  });
  return { call, sent };
}
const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw new Error(`This is no ApiError: ${String(error)}`);
}

test('parameters and queries are written so that no character changes the address', () => {
  const nodeId = 'a/b?c#d %é😀';
  const address = addressOf(route, { params: { id: 'r', nodeId }, query: { q: 'x&y=z+1', many: ['1', '2'], n: 0 } });
  const url = new URL(address, 'http://here');
  expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'api', 'runs', 'r', 'nodes', nodeId, 'turn']);
  expect([...url.searchParams]).toEqual([
    ['q', 'x&y=z+1'],
    ['many', '1'],
    ['many', '2'],
    ['n', '0'],
  ]);
});

test('what is left out is not written', () => {
  expect(addressOf(route, { params, query: { q: undefined, n: null } })).toBe('/api/runs/r/nodes/n/turn');
});

test.each([undefined, null, '', '.', '..'])('a parameter %j that would lead to another address is refused', (id) => {
  expect(() => addressOf(route, { params: { id, nodeId: 'n' } })).toThrow(
    'pipelines.read-node-turn needs the parameter "id"',
  );
});

test('a body is sent as JSON with its type, and none where there is none', async () => {
  const { call, sent } = answering(() => json({ ok: true }), 'secret');
  expect(await call(write, { params: { id: 'p' }, body: { name: 'é' } })).toEqual({ ok: true });
  await call(write, { params: { id: 'p' }, body: undefined });
  expect(
    sent.map(({ url, init }) => [url, init.method, init.body, new Headers(init.headers).get('content-type')]),
  ).toEqual([
    ['http://here/api/pipelines/p', 'PATCH', '{"name":"é"}', 'application/json'],
    ['http://here/api/pipelines/p', 'PATCH', undefined, null],
  ]);
  expect(new Headers(sent[0]?.init.headers).get('authorization')).toBe('Bearer secret');
});

test('without a token nothing is said about who asks', async () => {
  const { call, sent } = answering(() => json({ ok: true }));
  await call(route, { params, query: {} });
  expect(new Headers(sent[0]?.init.headers).has('authorization')).toBe(false);
});

test('an answer without content is undefined', async () => {
  const { call } = answering(() => new Response(null, { status: 204 }));
  expect(await call(route, { params, query: {} })).toBeUndefined();
});

test('a refusal carries the problem and speaks its detail', async () => {
  const problem = {
    type: 'about:blank',
    title: 'There is no such run.',
    status: 404,
    code: 'pipelines.run-not-found',
    mend: 'List the runs.',
    requestId: 'q',
  };
  const plain = await failureOf(answering(() => json(problem, 404)).call(route, { params, query: {} }));
  expect([plain.status, plain.message, plain.problem]).toEqual([404, problem.title, problem]);
  const detailed = answering(() => json({ ...problem, detail: 'Run r is gone.' }, 404));
  expect((await failureOf(detailed.call(route, { params, query: {} }))).message).toBe('Run r is gone.');
});

test.each([
  ['a page of a proxy', 502, '<html>Bad gateway</html>'],
  ['a page where JSON was promised', 200, '<!doctype html>'],
  ['half of an answer', 200, '{"ok": tr'],
])('%s is told as what it is', async (_, status, text) => {
  const error = await failureOf(answering(() => new Response(text, { status })).call(route, { params, query: {} }));
  expect(error.status).toBe(status);
  expect(error.problem).toBeNull();
  expect(error.message).toBe(`The server answered ${status}, and not in JSON: is something else at this address?`);
});

test.each([
  ['JSON that is no problem', '{"error": "x"}'],
  ['nothing', ''],
])('a failure with %s is told by its status', async (_, text) => {
  const error = await failureOf(
    answering(() => new Response(text, { status: 500 })).call(route, { params, query: {} }),
  );
  expect([error.status, error.message]).toEqual([500, 'The server answered 500.']);
});

test('a server that cannot be reached is an ApiError with its cause', async () => {
  const cause = new TypeError('fetch failed');
  const error = await failureOf(answering(() => Promise.reject(cause)).call(route, { params, query: {} }));
  expect([error.status, error.message, error.cause]).toEqual([0, 'The server cannot be reached.', cause]);
});

test('an answer that breaks off is an ApiError', async () => {
  const broken = () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.error(new Error('reset')),
      }),
    );
  const error = await failureOf(answering(broken).call(route, { params, query: {} }));
  expect(error.message).toBe('The answer of the server broke off.');
});

test('a call that was called off ends with the reason given', async () => {
  const reason = new Error('no longer wanted');
  const { call } = answering(() => Promise.reject(reason));
  const signal = AbortSignal.abort(reason);
  await expect(call(route, { params, query: {} }, { signal })).rejects.toBe(reason);
});

test('the token of a browser session goes with what changes something, and with nothing else', async () => {
  const sent: RequestInit[] = [];
  const call = createClient({
    baseUrl: '',
    csrfToken: () => 'mine',
    fetch: async (_, init) => {
      sent.push(init ?? {});
      return Response.json({ ok: true });
    },
  });
  await call(route, { params, query: {} });
  await call(write, { params: { id: 'r' }, body: { name: 'a' } });
  const tokens = sent.map(({ headers }) => new Headers(headers).get('x-csrf-token'));
  expect(tokens).toEqual([null, 'mine']);
});
