import type { LookupAddress } from 'node:dns';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Egress, isPublicAddress, openEgress } from './egress.ts';

async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const toLoopback = async (): Promise<LookupAddress[]> => [{ address: '127.0.0.1', family: 4 }];

function open(allow: readonly string[] = [], resolve?: (host: string) => Promise<readonly LookupAddress[]>): Egress {
  const egress = openEgress({ allow, resolve });
  onTestFinished(() => egress.close());
  return egress;
}

describe('addresses that are refused', () => {
  const tricks = [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://①②⑦.⓪.⓪.①/',
    'http://0.0.0.0/',
    'http://0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://198.18.0.1/',
    'http://192.0.0.192/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[0:0:0:0:0:ffff:10.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001::1]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://[4000::1]/',
    'http://user:word@203.0.113.5/',
    'http://user@example.org/',
    'ftp://example.org/',
    'file:///etc/passwd',
    'gopher://example.org/',
    'data:text/plain,hello',
    'javascript:alert(1)',
    '//example.org/',
    '',
    'http://',
  ];
  it.each(tricks)('%s', async (url) => {
    const refused = open([], () => Promise.reject(new Error('not even looked up')));
    await expect(refused.fetch(url)).rejects.toMatchObject({ name: 'EgressRefused', code: 'egress.refused' });
  });

  it.each(['localhost', 'localhost.', 'anything.example.org', '127.0.0.1.nip.io'])(
    '%s, when it resolves to this machine',
    async (host) => {
      const port = await listen((_, response) => response.end('inside'));
      await expect(open([], toLoopback).fetch(`http://${host}:${port}/`)).rejects.toMatchObject({
        code: 'egress.refused',
        message: expect.stringContaining('127.0.0.1'),
      });
    },
  );

  it('a name of which only one of several addresses is private', async () => {
    const mixed = async (): Promise<LookupAddress[]> => [
      { address: '93.184.215.14', family: 4 },
      { address: 'fd00::1', family: 6 },
    ];
    await expect(open([], mixed).fetch('http://mixed.example.org/')).rejects.toMatchObject({ code: 'egress.refused' });
  });

  it('a name that changes its address between two requests', async () => {
    const port = await listen((_, response) => response.end('inside'));
    const answers = ['127.0.0.1', '127.0.0.1'];
    const rebinding = async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }];
    const egress = open([], rebinding);
    await expect(egress.fetch(`http://rebind.example.org:${port}/`)).rejects.toMatchObject({ code: 'egress.refused' });
    await expect(egress.fetch(`http://rebind.example.org:${port}/`)).rejects.toMatchObject({ code: 'egress.refused' });
  });

  it('tells public addresses from all others', () => {
    expect(['8.8.8.8', '93.184.215.14', '2606:4700::1111', '2a00:1450::1'].every(isPublicAddress)).toBe(true);
    expect(['', 'name', '::', '4000::1', '192.0.2.1'].some(isPublicAddress)).toBe(false);
  });
});

describe('exceptions and redirects', () => {
  it('lets exactly the listed host and port through', async () => {
    const port = await listen((_, response) => response.end('inside'));
    const other = await listen((_, response) => response.end('other'));
    const egress = open([`127.0.0.1:${port}`, `Wiki.Internal:${port}`], toLoopback);
    expect((await egress.fetch(`http://127.0.0.1:${port}/`)).text).toBe('inside');
    expect((await egress.fetch(`http://wiki.internal:${port}/`)).text).toBe('inside');
    for (const url of [`http://127.0.0.1:${other}/`, `http://localhost:${port}/`]) {
      await expect(egress.fetch(url)).rejects.toMatchObject({ code: 'egress.refused' });
    }
  });

  it('checks every redirect: from a listed or exempt address to this machine is refused', async () => {
    const inside = await listen((_, response) => response.end('inside'));
    const targets = [
      `http://127.0.0.1:${inside}/`,
      `http://localhost:${inside}/`,
      'http://[::ffff:127.0.0.1]/',
      'file:///etc/passwd',
      'http://169.254.169.254/',
    ];
    for (const location of targets) {
      const outer = await listen((_, response) => response.writeHead(302, { location }).end());
      await expect(open([`127.0.0.1:${outer}`], toLoopback).fetch(`http://127.0.0.1:${outer}/`)).rejects.toMatchObject({
        code: 'egress.refused',
      });
      await expect(open([], toLoopback).fetch(`http://127.0.0.1:${outer}/`, { exempt: true })).rejects.toMatchObject({
        code: 'egress.refused',
      });
    }
  });

  it('keeps headers on the same origin and drops every header that may hold a key on another', async () => {
    const seen: IncomingMessage['headers'][] = [];
    const second = await listen((request, response) => {
      seen.push(request.headers);
      response.end('done');
    });
    const first = await listen((request, response) => {
      seen.push(request.headers);
      const location = request.url === '/a' ? '/b' : `http://127.0.0.1:${second}/`;
      response.writeHead(307, { location }).end();
    });
    const egress = open([`127.0.0.1:${first}`, `127.0.0.1:${second}`]);
    const headers = {
      Authorization: 'Bearer x',
      Cookie: 'c=1',
      'X-Api-Key': 'k',
      Accept: 'text/plain',
      Host: 'forged',
    };
    const reply = await egress.fetch(`http://127.0.0.1:${first}/a`, { headers });
    expect(reply).toMatchObject({ status: 200, text: 'done', url: `http://127.0.0.1:${second}/` });
    expect(
      seen.map((one) => [one.authorization, one.cookie, one['x-api-key'], one.accept, one.host === 'forged']),
    ).toEqual([
      ['Bearer x', 'c=1', 'k', 'text/plain', false],
      ['Bearer x', 'c=1', 'k', 'text/plain', false],
      [undefined, undefined, undefined, 'text/plain', false],
    ]);
  });

  it('turns POST into GET after 303, and does not send a body on to another server', async () => {
    const methods: string[] = [];
    const elsewhere = await listen((_, response) => response.end());
    const port = await listen((request, response) => {
      methods.push(request.method ?? '');
      if (request.url === '/end') response.end('end');
      else if (request.url === '/other') response.writeHead(307, { location: `http://127.0.0.1:${elsewhere}/` }).end();
      else response.writeHead(303, { location: '/end' }).end();
    });
    const egress = open([`127.0.0.1:${port}`, `127.0.0.1:${elsewhere}`]);
    expect((await egress.fetch(`http://127.0.0.1:${port}/`, { method: 'post', body: 'x' })).text).toBe('end');
    expect(methods).toEqual(['POST', 'GET']);
    await expect(egress.fetch(`http://127.0.0.1:${port}/other`, { method: 'POST', body: 'x' })).rejects.toMatchObject({
      code: 'egress.refused',
    });
  });

  it('ends a circle of redirects', async () => {
    const port = await listen((_, response) => response.writeHead(302, { location: '/' }).end());
    await expect(
      open([`127.0.0.1:${port}`]).fetch(`http://127.0.0.1:${port}/`, { maxRedirects: 3 }),
    ).rejects.toMatchObject({
      code: 'egress.refused',
      message: expect.stringContaining('after 3 redirects'),
    });
  });
});

describe('limits and failures', () => {
  it('caps bytes, also of what only grows when it is unpacked', async () => {
    const port = await listen((request, response) => {
      if (request.url === '/zip')
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000)));
      else response.end('x'.repeat(2000));
    });
    const egress = open([`127.0.0.1:${port}`]);
    for (const path of ['/', '/zip']) {
      await expect(egress.fetch(`http://127.0.0.1:${port}${path}`, { maxBytes: 1000 })).rejects.toMatchObject({
        code: 'egress.too-large',
      });
    }
    expect((await egress.fetch(`http://127.0.0.1:${port}/`, { maxBytes: 2000 })).bytes.byteLength).toBe(2000);
  });

  it('caps time, also while the body trickles, and lets an abort through with its reason', async () => {
    const port = await listen((request, response) => {
      if (request.url === '/body') response.writeHead(200).write('begun');
    });
    const egress = open([`127.0.0.1:${port}`]);
    for (const path of ['/', '/body']) {
      await expect(egress.fetch(`http://127.0.0.1:${port}${path}`, { timeoutMs: 100 })).rejects.toMatchObject({
        code: 'egress.timeout',
      });
    }
    const controller = new AbortController();
    const waiting = egress.fetch(`http://127.0.0.1:${port}/`, { signal: controller.signal });
    controller.abort(new Error('stopped by a person'));
    await expect(waiting).rejects.toThrow('stopped by a person');
  });

  it('explains what could not be reached, without the query', async () => {
    const port = await listen(() => undefined);
    const unknown = open([], () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })));
    await expect(unknown.fetch(`http://nothing.example.org:${port}/a?key=hidden`)).rejects.toMatchObject({
      code: 'egress.failed',
      message: `http://nothing.example.org:${port}/a could not be reached: its name is not known (ENOTFOUND).`,
    });
  });

  it('decodes text by its charset', async () => {
    const port = await listen((_, response) =>
      response.writeHead(200, { 'content-type': 'text/plain; charset=latin1' }).end(Buffer.from([0xe9])),
    );
    expect((await open([`127.0.0.1:${port}`]).fetch(`http://127.0.0.1:${port}/`)).text).toBe('é');
  });
});
