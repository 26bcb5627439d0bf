// Addresses that lead to this machine or into private networks, in every spelling, given to everything that calls addresses: a
// server on this machine that must never be called counts its calls.
import type { LookupAddress } from 'node:dns';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Ctx } from '../../src/ctx.ts';
import { callApi } from '../../src/features/pipelines/nodes/call-api.ts';
import type { NodeWorkRow } from '../../src/features/pipelines/store/runs.ts';
import { openModel } from '../../src/features/providers/index.ts';
import { changeProvider, createProvider, readProvider } from '../../src/features/providers/service.ts';
import { testProvider } from '../../src/features/providers/test-provider.ts';
import { allTools, callTool } from '../../src/features/skills/index.ts';
import { type Egress, openEgress } from '../../src/platform/egress.ts';
import { eachDatabase } from '../db.ts';
import { type OutsideServer, startOutsideServer } from '../fakes/http-server.ts';
import { noBreakers } from '../fakes/no-breakers.ts';
import { makeTestCtx } from '../make-ctx.ts';
import { makeToolContext } from '../make-repository.ts';

/** Hosts that are this machine, another one of its network, or none that anybody may reach from outside. */
const hosts: readonly string[] = [
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '127.0.1',
  '127.255.255.254',
  '0',
  '0.0.0.0',
  '0x0',
  '00000000',
  '2130706433',
  '0x7f000001',
  '0x7F.0x0.0x0.0x1',
  '0x7f.1',
  '0177.0.0.1',
  '0177.0000.0000.0001',
  '017700000001',
  '127.0x0.0.1',
  '127.0.0.0x1',
  '%31%32%37.0.0.1',
  '127%2e0%2e0%2e1',
  '\u2460\u2461\u2466.\u24ea.\u24ea.\u2460',
  '\uff11\uff12\uff17\uff0e\uff10\uff0e\uff10\uff0e\uff11',
  '127\u30020\u30020\u30021',
  '127\uff610\uff610\uff611',
  '\u{1d7cf}\u{1d7d0}\u{1d7d5}.0.0.1',
  'localhost',
  'localhost.',
  'LOCALHOST',
  'lo\u00adcalhost',
  '\u24c1ocalhost',
  'anything.localhost',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::FFFF:7F00:0001]',
  '[::127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
  '[fe80::1]',
  '[fe80::1%25lo]',
  '[::1%25lo]',
  '[::1%lo]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fec0::1]',
  '[ff02::1]',
  '[100::1]',
  '10.0.0.1',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '[::ffff:169.254.169.254]',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
];
const withUser = [
  'u@127.0.0.1',
  'u:p@127.0.0.1',
  'example.org@127.0.0.1',
  'example.org%40127.0.0.1',
  'example.org#@127.0.0.1',
];
/** Written with another scheme, or with one that is not the first thing. */
const addressesAt = (port: number): string[] => [
  ...[...hosts, ...withUser].map((host) => `http://${host}:${port}/`),
  `//127.0.0.1:${port}/`,
  `http:/127.0.0.1:${port}/`,
  `http:127.0.0.1:${port}/`,
  `http:\\\\127.0.0.1:${port}\\`,
  `http://\\127.0.0.1:${port}/`,
  ` http://127.0.0.1:${port}/`,
  `http://127.0.0.1:${port}\\@example.org/`,
  `HTTP://127.0.0.1:${port}/`,
  `h\ttp://127.0.0.1:${port}/`,
  `ht\ntp://127.0.0.1:${port}/`,
  `ftp://127.0.0.1:${port}/`,
  `gopher://127.0.0.1:${port}/_GET%20/`,
  `ws://127.0.0.1:${port}/`,
  `unix:/var/run/docker.sock`,
  `file:///etc/passwd`,
  `data:text/plain,inside`,
  `blob:http://127.0.0.1:${port}/x`,
  `javascript:fetch('http://127.0.0.1:${port}')`,
];

let inside: OutsideServer;
let port: number;
beforeEach(async () => {
  inside = await startOutsideServer();
  port = Number(new URL(inside.url).port);
});
afterEach(async () => {
  await inside.close();
});

function open(allow: readonly string[] = [], resolve?: (host: string) => Promise<readonly LookupAddress[]>): Egress {
  const egress = openEgress({ allow, resolve });
  onTestFinished(() => egress.close());
  return egress;
}

/** Every name leads to this machine, as names of an attacker do. */
const toLoopback = async (): Promise<LookupAddress[]> => [{ address: '127.0.0.1', family: 4 }];
const isRefused = (error: unknown): boolean =>
  error instanceof Error && (/^egress\./.test(String('code' in error ? error.code : '')) || isRefused(error.cause));

it('the forms are many, and each is written once', () => {
  const forms = addressesAt(1);
  expect(forms.length).toBeGreaterThanOrEqual(60);
  expect(new Set(forms).size).toBe(forms.length);
});

it('the door itself calls none of them, whether it answers whole or in pieces', async () => {
  const egress = open([], toLoopback);
  for (const address of addressesAt(port)) {
    const whole = await egress.fetch(address, { timeoutMs: 5_000 }).then(() => 'called', isRefused);
    const pieces = await egress
      .open(false)(address, { signal: AbortSignal.timeout(5_000) })
      .then(() => 'called', isRefused);
    expect([address, whole, pieces]).toEqual([address, true, true]);
  }
  expect(inside.calls).toEqual([]);
});

it('the skill calls none of them, and says so as a result', async () => {
  const [httpGet] = allTools.filter(({ name }) => name === 'http_get');
  if (httpGet === undefined) throw new Error('There is no such tool.');
  for (const address of addressesAt(port)) {
    const result = await callTool(httpGet, { url: address, timeoutSeconds: 5 }, makeToolContext(null));
    expect([address, result.ok]).toEqual([address, false]);
  }
  expect(inside.calls).toEqual([]);
});

it('a node that calls an API calls none of them', async () => {
  const egress = open([], toLoopback);
  for (const address of addressesAt(port)) {
    const called = callApi(
      {
        ctx: { egress, breakers: noBreakers, version: '1.2.3', signal: new AbortController().signal } as Ctx,
        node: {} as NodeWorkRow,
        config: { kind: 'callApi', url: address },
        projectRoot: null,
        announce: () => Promise.resolve(true),
        evaluate: () => Promise.resolve(null),
      },
      { kind: 'callApi', url: address, timeoutSeconds: 5 },
      'key',
    );
    expect([address, await called.then(() => 'called', isRefused)]).toEqual([address, true]);
  }
  expect(inside.calls).toEqual([]);
});

it('no redirect leads to any of them, whatever its status', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    let location = '';
    const outer = await startOutsideServer((_, reply) => void reply.writeHead(status, { location }).end());
    const egress = open([outer.hostPort], toLoopback);
    for (const address of addressesAt(port).filter((one) => !/[^\x20-\x7e]/.test(one))) {
      location = address;
      const ended = await egress.fetch(outer.url, { timeoutMs: 5_000 }).then((reply) => reply.url, isRefused);
      // What is no address of its own is a path on the server that redirects.
      if (typeof ended === 'string') expect([address, new URL(ended).host]).toEqual([address, outer.hostPort]);
      const streamed = await egress
        .open(true)(outer.url)
        .then(
          () => 'called',
          () => 'refused',
        );
      expect([address, streamed]).toEqual([address, 'refused']);
    }
  }
  expect(inside.calls).toEqual([]);
}, 300_000);

describe('a name', () => {
  it('that answers with a public address first and with this machine when it is called is not called', async () => {
    for (const answers of [
      ['93.184.215.14', '127.0.0.1'],
      ['127.0.0.1', '93.184.215.14'],
      ['93.184.215.14', '169.254.169.254'],
    ]) {
      const left = [...answers];
      const asked: string[] = [];
      const egress = open([], async () => {
        const address = left.shift() ?? '127.0.0.1';
        asked.push(address);
        return [{ address, family: 4 }];
      });
      for (let at = 0; at < 3; at += 1)
        await egress.fetch(`http://rebinding.example.org:${port}/`, { timeoutMs: 300 }).catch((error: unknown) => {
          expect(isRefused(error)).toBe(true);
        });
      expect(asked.length).toBe(3);
    }
    expect(inside.calls).toEqual([]);
  });

  it('of which one of several addresses is private is not called', async () => {
    for (const bad of [
      '127.0.0.1',
      '::1',
      '::ffff:10.0.0.1',
      '169.254.169.254',
      'fd00::1',
      '0.0.0.0',
      'not an address',
    ])
      for (const order of [0, 1]) {
        const both: LookupAddress[] = [
          { address: '93.184.215.14', family: 4 },
          { address: bad, family: bad.includes(':') ? 6 : 4 },
        ];
        const egress = open([], async () => (order === 0 ? both : both.reverse()));
        const refused = await egress
          .fetch(`http://mixed.example.org:${port}/`, { timeoutMs: 5_000 })
          .then(() => false, isRefused);
        expect([bad, order, refused]).toEqual([bad, order, true]);
      }
    expect(inside.calls).toEqual([]);
  });

  it('that an operator allows is called at that port and no other', async () => {
    const egress = open([`wiki.internal:${port}`], toLoopback);
    expect((await egress.fetch(`http://wiki.internal:${port}/`)).status).toBe(200);
    for (const address of [
      `http://wiki.internal:${port + 1}/`,
      `http://wiki.internal.example.org:${port}/`,
      `http://xwiki.internal:${port}/`,
    ])
      expect([address, await egress.fetch(address).then(() => false, isRefused)]).toEqual([address, true]);
    expect(inside.calls.length).toBe(1);
  });
});

eachDatabase((openDatabase) => {
  it('a provider whose address no owner entered reaches no private network', async () => {
    const ctx = makeTestCtx(await openDatabase());
    const admin = { ...ctx, actor: { ...ctx.actor, id: 'u2', role: 'admin' as const } };
    const models = [{ id: 'one' }];
    for (const kind of ['openai-compatible', 'ollama', 'openai', 'anthropic', 'mistral', 'deepseek'] as const) {
      const body = { name: `inside-${kind}`, kind, baseUrl: inside.url, apiKey: 'a key of twelve', models };
      const made = await createProvider(admin, { body });
      const tested = await testProvider(admin, { params: { id: made.id }, body: { model: 'one' } });
      expect([kind, tested.ok, tested.message]).toEqual([kind, false, expect.stringContaining('private network')]);
    }
    const ollama = await createProvider(admin, { body: { name: 'unlisted', kind: 'ollama', baseUrl: inside.url } });
    expect((await readProvider(admin, { params: { id: ollama.id } })).models).toEqual([]);
    expect(inside.calls).toEqual([]);
  });

  it('an owner may name a server of their own, until somebody else changes its address', async () => {
    const ctx = makeTestCtx(await openDatabase());
    const admin = { ...ctx, actor: { ...ctx.actor, id: 'u2', role: 'admin' as const } };
    const body = { name: 'own', kind: 'openai-compatible' as const, baseUrl: inside.url, models: [{ id: 'one' }] };
    const { id } = await createProvider(ctx, { body });
    await testProvider(ctx, { params: { id }, body: { model: 'one' } });
    expect(inside.calls.length).toBe(1);
    await changeProvider(admin, { params: { id }, body: { enabled: true } });
    await testProvider(admin, { params: { id }, body: { model: 'one' } });
    expect(inside.calls.length).toBe(2);
    await changeProvider(admin, { params: { id }, body: { baseUrl: `${inside.url}/other` } });
    await testProvider(ctx, { params: { id }, body: { model: 'one' } });
    expect(inside.calls.length).toBe(2);
    await expect(openModel(ctx, { provider: 'own', model: 'one' })).resolves.toMatchObject({ provider: 'own' });
  });
});
