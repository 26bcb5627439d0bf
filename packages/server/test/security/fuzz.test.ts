// Every route of the contract, called at random from its own schemas: with what it takes, with what it nearly takes and with
// what nothing takes, in every form that a body can have. FUZZ_SEED and FUZZ_ROUNDS repeat or prolong it.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { errorCatalogue, problemSchema } from '@gathering/contract/errors';
import type { Route } from '@gathering/contract/route';
import { allRoutes } from '@gathering/contract/routes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, signIn } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { type ExampleCall, makeExampleCalls } from '../requests.ts';
import { faultsOf } from './answers.ts';
import { choicesOf, makeValue, mutate, type Random } from './random-values.ts';

const seed = Number(process.env.FUZZ_SEED ?? 20_261_101);
const rounds = Number(process.env.FUZZ_ROUNDS ?? 25);

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

const bytesOf = (buffer: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(buffer);

/** A body as text, with what only text can have: a key twice, halves of surrogates, numbers that are none, a rest behind it. */
function writeOddly(value: unknown, random: Random): string {
  const text = JSON.stringify(value) ?? 'null';
  const inner = text.startsWith('{') && text.length > 2 ? text.slice(1, -1) : '"a":1';
  return random.pick([
    text,
    text,
    text,
    `{${inner},${inner}}`,
    `{${inner},"__proto__":{"a":1}}`,
    `{${inner},"a\\ud800":"\\udfff"}`,
    `{${inner},"n":1e9999}`,
    `{${inner},"n":${'9'.repeat(400)}}`,
    `{${inner},"n":-0}`,
    `\ufeff${text}`,
    `${text}\n${text}`,
    `${text},`,
    text.slice(0, -1),
    text.replaceAll('"', "'"),
    `[${text}]`,
    `${'['.repeat(20_000)}`,
    `{${inner},"d":${'['.repeat(80)}1${']'.repeat(80)}}`,
    'NaN',
    'undefined',
    '',
    ' ',
    '\0',
  ]);
}

function packBody(text: string, random: Random): Pick<Attempt, 'headers' | 'body'> {
  const type = 'application/json';
  return random.pick<() => Pick<Attempt, 'headers' | 'body'>>([
    () => ({ headers: { 'content-type': type }, body: text }),
    () => ({ headers: { 'content-type': type }, body: text }),
    () => ({ headers: { 'content-type': type }, body: text }),
    () => ({ headers: { 'content-type': type }, body: text }),
    () => ({ headers: { 'content-type': `${type}; charset=utf-16` }, body: text }),
    () => ({ headers: { 'content-type': `${type};a="${'b'.repeat(500)}"` }, body: text }),
    () => ({ headers: { 'content-type': 'text/plain' }, body: text }),
    () => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1&b=2' }),
    () => ({ headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x\r\n\r\n1\r\n--x--' }),
    () => ({ headers: { 'content-type': 'application/xml' }, body: '<a/>' }),
    () => ({ headers: { 'content-type': ';;;' }, body: text }),
    () => ({ headers: { 'content-type': type, 'content-encoding': 'gzip' }, body: bytesOf(gzipSync(text)) }),
    () => ({ headers: { 'content-type': type, 'content-encoding': 'deflate' }, body: bytesOf(deflateSync(text)) }),
    () => ({ headers: { 'content-type': type, 'content-encoding': 'br' }, body: bytesOf(brotliCompressSync(text)) }),
    () => ({ headers: { 'content-type': type }, body: bytesOf(Buffer.from(text, 'utf16le')) }),
    () => ({ headers: { 'content-type': type }, body: bytesOf(Buffer.from([0xff, 0xfe, 0x7b, 0x80, 0x7d])) }),
  ])();
}

/** Routes that end the session or spend time outside are called with what is refused, and left alone otherwise. */
const spared = /^auth\.(sign-out|log-?out|end-|change-password|delete|disable)|^providers\.test$/;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function pathFor(route: Route, known: Readonly<Record<string, string>>, random: Random): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    const given = random.chance(0.7) ? known[name] : undefined;
    const value =
      given ??
      (route.params === undefined ? '' : String((makeValue(route.params, random) as Record<string, unknown>)[name]));
    return encodeURIComponent(
      (random.chance(0.2) ? textOf(mutate(value, random)) : value).toWellFormed().slice(0, 400),
    );
  });
  if (route.query === undefined && random.chance(0.9)) return `/api${path}`;
  let query = route.query === undefined ? {} : makeValue(route.query, random);
  if (random.chance(0.4)) query = mutate(query, random);
  const entries = typeof query === 'object' && query !== null ? Object.entries(query) : [];
  const text = entries
    .map(
      ([name, value]) =>
        `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(textOf(value).toWellFormed().slice(0, 2_000))}`,
    )
    .join('&');
  return `/api${path}?${text.slice(0, 8_000)}`;
}

function makeAttempt(route: Route, known: ExampleCall | undefined, random: Random): Attempt {
  const path = pathFor(route, known?.params ?? {}, random);
  if (route.method === 'GET') return { method: route.method, path, headers: {}, body: undefined };
  const good = known?.body !== undefined && random.chance(0.4) ? known.body : makeBody(route, random);
  const mustFail = spared.test(route.name);
  const value = random.chance(0.6) ? mutate(good, random) : good;
  const { headers, body } = packBody(writeOddly(value, random), random);
  return { method: route.method, path, headers, body: mustFail ? '{"unknown":1}' : body };
}

const makeBody = (route: Route, random: Random): unknown =>
  route.body === undefined ? undefined : makeValue(route.body, random);

eachDatabase((_open, makePlace) => {
  let server: InProcessServer;
  let api: Api;
  let calls: ReadonlyMap<string, ExampleCall>;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gathering-fuzz-'));
    server = await startInProcess(await makePlace());
    api = await signIn(server.url);
    calls = await makeExampleCalls(api, folder);
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What a route may say when it is not to blame: it told so in the contract. */
  function isDeclared(route: Route, status: number, text: string): boolean {
    if (status < 500) return true;
    const { success, data } = problemSchema.safeParse(JSON.parse(text));
    return success && errorCatalogue[data.code].kind === 'unavailable' && route.errors.includes(data.code);
  }

  const routes = allRoutes.map((route, at) => ({ name: route.name, route, at }));
  it.each(routes)(`$name answers whatever comes (seed ${seed})`, async ({ route, at }) => {
    const random = choicesOf(seed + at);
    for (let round = 0; round < rounds; round += 1) {
      const attempt = makeAttempt(route, calls.get(route.name), random);
      const { method, path, headers, body } = attempt;
      const reply = await api.request(method, path, { headers, body: body ?? null, redirect: 'manual' });
      const text = await reply.text();
      const faults = faultsOf(reply.status, reply.headers.get('content-type'), text);
      if (!isDeclared(route, reply.status, text)) faults.push(`answered ${reply.status}`);
      if (faults.length > 0)
        throw new Error(
          `FUZZ_SEED=${seed}, ${route.name}, round ${round}: ${faults.join('; ')}\n${method} ${path.slice(0, 500)} ${JSON.stringify(headers)}\n${String(body).slice(0, 1_000)}\n${text.slice(0, 1_000)}`,
        );
    }
    expect((await fetch(`${server.url}/api/health/live`)).status).toBe(200);
    if ((await api.request('GET', '/api/auth/me')).status === 401) api = await signIn(server.url);
  });

  it('bodies in pieces with oddly written lengths and trailers are read or refused', async () => {
    const head = `POST /api/pipelines/validate HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${api.token}\r\nconnection: close\r\ncontent-type: application/json\r\n`;
    const chunked = `${head}transfer-encoding: chunked\r\n`;
    for (const request of [
      `${chunked}trailer: x-sum\r\n\r\n2\r\n{}\r\n0\r\nx-sum: 1\r\n\r\n`,
      `${chunked}\r\n2;ext="a"\r\n{}\r\n0\r\ncontent-length: 5\r\nauthorization: Bearer other\r\n\r\n`,
      `${chunked}\r\n2\r\n{}\r\n0\r\n${'x: 1\r\n'.repeat(5_000)}\r\n`,
      `${chunked}\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n`,
      `${chunked}\r\n-1\r\n{}\r\n0\r\n\r\n`,
      `${chunked}\r\nzz\r\n{}\r\n0\r\n\r\n`,
      `${chunked}\r\n2\r\n{}extra\r\n0\r\n\r\n`,
      `${chunked}content-encoding: gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      `${head}content-length: 2\r\nexpect: 100-continue\r\n\r\n{}`,
      `${head}content-length: 2\r\nexpect: nonsense\r\n\r\n{}`,
      `${head}content-length: 2\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n{}`,
      `${head}content-length: 99999999999999999999\r\n\r\n{}`,
    ]) {
      const text = await exchange(request);
      expect([
        request.slice(head.length),
        /^$|^HTTP\/1\.1 (100|[24]\d\d) /.test(text),
        /\n\s+at |node:/.test(text),
      ]).toEqual([request.slice(head.length), true, false]);
    }
    expect((await fetch(`${server.url}/api/health/live`)).status).toBe(200);
  });

  function exchange(request: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.end(request));
      let text = '';
      socket.on('data', (part) => {
        text += part;
      });
      socket.on('error', () => undefined);
      socket.once('close', () => resolve(text));
    });
  }
});
