// Requests that take their time, never end, or are larger than anything of ours: each is ended with a reason, and none keeps
// the others waiting.
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { problemSchema } from '@gathering/contract/errors';
import { jsonSchema } from '@gathering/contract/json';
import { defineRoute } from '@gathering/contract/route';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { answer } from '../../src/platform/http/bind.ts';
import { Drain } from '../../src/platform/http/drain.ts';
import { createServer } from '../../src/platform/http/server.ts';
import { createLog } from '../../src/platform/log.ts';

const echoRoute = defineRoute({
  name: 'echoes.make',
  method: 'POST',
  path: '/echoes',
  summary: 'What was sent.',
  permission: 'public',
  rate: 'unlimited',
  query: z.strictObject({ tag: z.array(z.string().max(10)).max(50).optional() }),
  body: z.strictObject({ value: jsonSchema }),
  reply: jsonSchema,
  errors: [],
});

let app: FastifyInstance;
let port = 0;
let answered = 0;
beforeAll(async () => {
  app = await createServer<null>({
    log: createLog('silent'),
    version: '1.2.3',
    routes: [
      answer(echoRoute, async (_: null, { body }) => {
        answered += 1;
        return body.value;
      }),
    ],
    door: { makeCtx: async () => null, authorize: () => undefined, checkReplies: true },
    drain: new Drain(),
    corsOrigins: [],
    trustedProxies: [],
    https: false,
    patience: { headersMs: 200, requestMs: 400, checkMs: 50 },
  });
  port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
});
afterAll(() => app.close());

/** A bare connection, and all that comes back on it until the server closes it. */
function open(write: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => write(socket));
    let text = '';
    socket.on('data', (part) => {
      text += part;
    });
    // A reset is an end as well: what was sent after the refusal was never read.
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(text));
  });
}

/** Sends a piece every few milliseconds for as long as the connection lasts. */
function trickle(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 20);
  socket.once('close', () => clearInterval(timer));
}

const head = 'POST /api/echoes HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';

function codeIn(text: string): string {
  return problemSchema.parse(JSON.parse(text.slice(text.indexOf('{', text.indexOf('\r\n\r\n'))))).code;
}

it('headers that never end are cut off', async () => {
  const text = await open((socket) => {
    socket.write('GET /api/openapi.json HTTP/1.1\r\nhost: localhost\r\n');
    trickle(socket, 'x-more: 1\r\n');
  });
  expect(text).toMatch(/^HTTP\/1\.1 (408|431) /);
});

it('a request of which nothing comes is cut off', async () => {
  expect(await open(() => undefined)).toMatch(/^$|^HTTP\/1\.1 408 /);
});

it('a body that never ends is cut off', async () => {
  const before = answered;
  const text = await open((socket) => {
    socket.write(`${head}content-length: 100000\r\n\r\n{"value":"`);
    trickle(socket, 'a');
  });
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  expect(codeIn(text)).toBe('request.timeout');
  expect(answered).toBe(before);
});

it('a body in pieces that never end is cut off', async () => {
  const text = await open((socket) => {
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
    trickle(socket, '1\r\na\r\n');
  });
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
});

it('a hundred slow connections do not keep a quick one waiting', async () => {
  const slow = Array.from({ length: 100 }, () =>
    open((socket) => {
      socket.write(head);
      trickle(socket, 'x: 1\r\n');
    }),
  );
  const reply = await fetch(`http://127.0.0.1:${port}/api/openapi.json`);
  expect(reply.status).toBe(200);
  await Promise.all(slow);
});

it('headers larger than 16 KiB, in one or in many, are refused', async () => {
  for (const more of [
    `x-large: ${'a'.repeat(17_000)}\r\n`,
    'x: 1\r\n'.repeat(5_000),
    `cookie: ${'a=b; '.repeat(4_000)}\r\n`,
  ]) {
    const text = await open((socket) => socket.write(`${head}${more}\r\n`));
    expect(text).toMatch(/^HTTP\/1\.1 (400|431) /);
    expect(text).toContain('application/problem+json');
  }
});

it('a body larger than the route takes is refused, whether it says so or not', async () => {
  const said = await open((socket) => {
    socket.write(`${head}connection: close\r\ncontent-length: 2000000\r\n\r\n`);
    socket.write('a'.repeat(2_000_000));
  });
  expect([said.slice(0, 12), codeIn(said)]).toEqual(['HTTP/1.1 413', 'request.too-large']);
  const unsaid = await fetch(`http://127.0.0.1:${port}/api/echoes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"value":"${'a'.repeat(1024 * 1024)}"}`,
  });
  expect([unsaid.status, problemSchema.parse(await unsaid.json()).code]).toEqual([413, 'request.too-large']);
});

it('JSON nested too deeply is refused, and JSON that only tries to be does no harm', async () => {
  const bodies = [65, 1_000, 100_000, 250_000].flatMap((depth) => [
    `{"value":${'['.repeat(depth)}${']'.repeat(depth)}}`,
    `{"value":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`,
    `{"value":${'['.repeat(depth)}`,
  ]);
  for (const body of bodies.filter(({ length }) => length < 1_000_000)) {
    const reply = await fetch(`http://127.0.0.1:${port}/api/echoes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([body.length, reply.status]).toEqual([body.length, 400]);
    expect(['request.too-deep', 'request.malformed']).toContain(problemSchema.parse(await reply.json()).code);
  }
});

it('what is packed is not unpacked: a small body cannot become a large one', async () => {
  const reply = await fetch(`http://127.0.0.1:${port}/api/echoes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(`{"value":"${'a'.repeat(50_000_000)}"}`),
  });
  expect(reply.status).toBeGreaterThanOrEqual(400);
  expect(reply.status).toBeLessThan(500);
});

it('thousands of parameters are refused without being listed one by one', async () => {
  for (const query of [
    Array.from({ length: 1_700 }, (_, at) => `a${at}=1`).join('&'),
    'tag=1&'.repeat(2_400),
    '&'.repeat(15_000),
    '[]=1&'.repeat(2_500),
  ]) {
    const reply = await fetch(`http://127.0.0.1:${port}/api/echoes?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"value":1}',
    });
    if (reply.status === 200) continue;
    const { code, faults } = problemSchema.parse(await reply.json());
    expect([code, (faults ?? []).length <= 100]).toEqual(['request.invalid', true]);
  }
});

it('many requests at once on one connection are answered in their order, and no other request is made of their parts', async () => {
  const count = 300;
  const body = (at: number) => `{"value":${at}}`;
  const text = await open((socket) => {
    for (let at = 0; at < count; at += 1)
      socket.write(
        `${head}${at === count - 1 ? 'connection: close\r\n' : ''}content-length: ${body(at).length}\r\n\r\n${body(at)}`,
      );
  });
  expect([...text.matchAll(/\r\n\r\n(\d+)/g)].map(([, value]) => Number(value))).toEqual(
    Array.from({ length: count }, (_, at) => at),
  );
});

it('a request whose length can be read in two ways is refused', async () => {
  const smuggled = 'GET /api/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n';
  for (const more of [
    'content-length: 5\r\ncontent-length: 6\r\n',
    'content-length: 5\r\ntransfer-encoding: chunked\r\n',
    'transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n',
    'transfer-encoding: xchunked\r\n',
    'content-length: +5\r\n',
    'content-length: 0x5\r\n',
    'content-length: -5\r\n',
    'content-length : 5\r\n',
    'content-length: 5\n',
  ]) {
    const before = answered;
    const text = await open((socket) => {
      socket.write(`${head}${more}\r\n0\r\n\r\n${smuggled}`);
      onTestFinished(() => void socket.destroy());
    });
    expect([more, text.slice(0, 10), text.includes('"openapi"')]).toEqual([more, 'HTTP/1.1 4', false]);
    expect(answered).toBe(before);
  }
});
