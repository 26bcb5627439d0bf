// What a call of an API does when repeated, what is sent, and what becomes of every kind of answer.
import { maxJsonDepth } from '@gathering/contract/json';
import type { NodeConfig } from '@gathering/contract/pipeline-definition';
import { describe, expect, test } from 'vitest';
import { noBreakers } from '../../../../test/fakes/no-breakers.ts';
import type { Ctx } from '../../../ctx.ts';
import { type Egress, EgressRefused, type EgressReply, type EgressRequest } from '../../../platform/egress.ts';
import type { NodeWorkRow } from '../store/runs.ts';
import { callApi, effectOfCall, withoutQuery } from './call-api.ts';
import { NodeFailure } from './node-kind.ts';

type CallApi = Extract<NodeConfig<'action'>, { kind: 'callApi' }>;
const call = (more: Partial<CallApi> = {}): CallApi => ({ kind: 'callApi', url: 'https://api.example/v1', ...more });

function reply(text: string, more: { status?: number; type?: string } = {}): EgressReply {
  const headers = { 'content-type': more.type ?? 'application/json' };
  return { status: more.status ?? 200, headers, bytes: Buffer.from(text), text, url: 'https://api.example/v1' };
}

/** Runs a call against a world that answers as told; what was sent is kept. */
function against(answer: EgressReply | Error) {
  const sent: { url: string; request: EgressRequest }[] = [];
  const egress: Egress = {
    fetch: (url, request = {}) => {
      sent.push({ url, request });
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    open: () => () => Promise.reject(new Error('Nothing is streamed here.')),
    close: () => Promise.resolve(),
  };
  const run = (config: CallApi) =>
    callApi(
      {
        ctx: { egress, breakers: noBreakers, version: '1.2.3', signal: new AbortController().signal } as Ctx,
        node: {} as NodeWorkRow,
        config,
        projectRoot: null,
        announce: () => Promise.resolve(true),
        evaluate: () => Promise.resolve(null),
      },
      config,
      'run:node',
    );
  return { run, sent };
}

async function failureOf(promise: Promise<unknown>): Promise<NodeFailure> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof NodeFailure) return error;
  throw new Error(`This is no NodeFailure: ${String(error)}`);
}

describe('the effect of a repetition', () => {
  test.each([
    [undefined, 'none'],
    ['GET', 'none'],
    ['HEAD', 'none'],
    ['PUT', 'idempotent'],
    ['DELETE', 'idempotent'],
    ['POST', 'unsafe'],
    ['PATCH', 'unsafe'],
  ] as const)('%s is %s', (method, effect) => {
    expect(effectOfCall(call(method === undefined ? {} : { method }))).toBe(effect);
  });

  test('a call with a key of its own is known to its server, however the header is written', () => {
    for (const name of ['Idempotency-Key', 'idempotency-key', 'IDEMPOTENCY-KEY'])
      expect(effectOfCall(call({ method: 'POST', headers: { [name]: 'k' } }))).toBe('keyed');
    expect(effectOfCall(call({ method: 'POST', headers: { 'x-idempotency-key': 'k' } }))).toBe('unsafe');
  });
});

test.each([
  ['https://a.example/b', 'https://a.example/b'],
  ['https://a.example/b?key=secret', 'https://a.example/b'],
  ['https://a.example/b#token=secret', 'https://a.example/b'],
  ['https://a.example/?a=1?b=2#c', 'https://a.example/'],
  ['https://me:secret@a.example/b?x=1', 'https://a.example/b'],
  ['https://a.example/b?x=1\ny=secret', 'https://a.example/b'],
  ['?only', ''],
  ['', ''],
])('%j is shown as %j', (url, shown) => {
  expect(withoutQuery(url)).toBe(shown);
});

describe('what is sent', () => {
  test('a JSON body goes with its type, and effects carry a key that stays the same', async () => {
    const { run, sent } = against(reply('{}'));
    await run(call({ method: 'POST', body: { a: [1] } }));
    await run(call({ method: 'POST', body: { a: [1] } }));
    expect(sent[0]?.request.body).toBe('{"a":[1]}');
    expect(sent.map(({ request }) => request.headers?.['idempotency-key'])).toEqual(['run:node', 'run:node']);
    expect(sent[0]?.request.headers?.['content-type']).toBe('application/json');
  });

  test('text goes as it is, and nothing is sent for nothing', async () => {
    const { run, sent } = against(reply('{}'));
    await run(call({ method: 'PUT', body: 'plain "text"' }));
    await run(call());
    await run(call({ method: 'POST', body: null }));
    expect(sent.map(({ request }) => request.body)).toEqual(['plain "text"', undefined, undefined]);
    expect(sent[0]?.request.headers?.['content-type']).toBe('text/plain; charset=utf-8');
    expect(sent[1]?.request.headers).not.toHaveProperty('idempotency-key');
    expect(sent[2]?.request.headers).not.toHaveProperty('content-type');
  });

  test('headers of the node win over ours, whatever their case', async () => {
    const { run, sent } = against(reply('{}'));
    const headers = { Accept: 'text/csv', 'CONTENT-TYPE': 'application/xml', 'Idempotency-Key': 'mine' };
    await run(call({ method: 'POST', body: '<a/>', headers }));
    expect(sent[0]?.request.headers).toMatchObject({
      accept: 'text/csv',
      'content-type': 'application/xml',
      'idempotency-key': 'mine',
      'user-agent': 'GatheRing/1.2.3',
    });
  });

  test('a call has half a minute unless it says otherwise', async () => {
    const { run, sent } = against(reply('{}'));
    await run(call());
    await run(call({ timeoutSeconds: 1.5 }));
    expect(sent.map(({ request }) => request.timeoutMs)).toEqual([30_000, 1_500]);
  });

  test('an address or header that a template made something else of is refused before anything is sent', async () => {
    const { run, sent } = against(reply('{}'));
    const filled = (config: object) => ({ ...call(), ...config }) as CallApi;
    for (const [config, what] of [
      [{ url: 5 }, 'The address became 5'],
      [{ url: null }, 'The address became null'],
      [{ url: undefined }, 'The address became nothing'],
      [{ url: ['a'] }, 'The address became ["a"]'],
      [{ headers: { 'x-a': { b: 1 } } }, 'The header "x-a" became {"b":1}'],
      [{ headers: { 'x-a': null } }, 'The header "x-a" became null'],
    ] as const) {
      const failure = await failureOf(run(filled(config)));
      expect(failure.code).toBe('pipelines.api-config');
      expect(failure.message).toContain(what);
    }
    expect(sent).toEqual([]);
    await run(filled({ headers: { 'x-count': 5 } }));
    expect(sent[0]?.request.headers?.['x-count']).toBe('5');
  });
});

describe('what comes back', () => {
  const bodyOf = async (answer: EgressReply) => {
    const output = await against(answer).run(call());
    return output !== null && typeof output === 'object' && 'body' in output ? output.body : undefined;
  };

  test('JSON is a value, by whatever name its type goes', async () => {
    for (const type of ['application/json', 'application/json; charset=utf-8', 'application/problem+json', 'TEXT/JSON'])
      expect(await bodyOf(reply('{"a": [1]}', { type }))).toEqual({ a: [1] });
    expect(await bodyOf(reply('null'))).toBeNull();
  });

  test('everything else is text, and so is what only claims to be JSON', async () => {
    expect(await bodyOf(reply('{"a": 1}', { type: 'text/plain' }))).toBe('{"a": 1}');
    expect(await bodyOf(reply('{"a": ', {}))).toBe('{"a": ');
    expect(await bodyOf(reply('', {}))).toBe('');
  });

  test('JSON that is nested deeper than a value may be stays text', async () => {
    const nest = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(await bodyOf(reply(nest(maxJsonDepth)))).toBeInstanceOf(Array);
    expect(await bodyOf(reply(nest(maxJsonDepth + 2)))).toBe(nest(maxJsonDepth + 2));
    expect(await bodyOf(reply(nest(400_000)))).toBe(nest(400_000));
  });

  test('characters that no database holds do not reach one', async () => {
    expect(await bodyOf(reply('a\0b', { type: 'text/plain' }))).toBe('a�b');
    expect(await bodyOf(reply('{"k\\u0000": ["\\ud800"]}'))).toEqual({ 'k�': ['�'] });
  });

  test('keys with a meaning in JavaScript stay data', async () => {
    expect(JSON.stringify(await bodyOf(reply('{"__proto__": {"a": 1}}')))).toBe('{"__proto__":{"a":1}}');
  });

  test('a status that is not accepted fails the node with its answer and without the query', async () => {
    const failure = await failureOf(
      against(reply('{"why": "no"}', { status: 404 })).run(call({ url: 'https://api.example/v1?key=secret' })),
    );
    expect(failure).toMatchObject({
      code: 'pipelines.api-status',
      status: 'failed',
      output: { status: 404, body: { why: 'no' } },
    });
    expect(failure.message).toBe('GET https://api.example/v1 answered 404.');
  });

  test('a list of accepted statuses replaces the usual ones', async () => {
    const accept = call({ acceptStatus: [404] });
    expect(await against(reply('{}', { status: 404 })).run(accept)).toMatchObject({ status: 404 });
    expect((await failureOf(against(reply('{}', { status: 200 })).run(accept))).code).toBe('pipelines.api-status');
  });

  test.each([
    ['egress.refused', 'failed', 'GATHERING_EGRESS_ALLOW'],
    ['egress.timeout', 'timed_out', 'answers'],
    ['egress.too-large', 'failed', 'answers'],
    ['egress.failed', 'failed', 'answers'],
  ] as const)('%s ends the node %s and says what to do', async (code, status, next) => {
    const failure = await failureOf(against(new EgressRefused(code, 'It did not work.')).run(call()));
    expect([failure.code, failure.status, failure.message]).toEqual([code, status, 'It did not work.']);
    expect(failure.next).toContain(next);
  });

  test('what is no refusal is not taken for one', async () => {
    const bug = new TypeError('a bug');
    await expect(against(bug).run(call())).rejects.toBe(bug);
  });
});
