// What every answer tells a browser about what it may do, whatever kind of answer it is.
import { connect } from 'node:net';
import { AppError } from '@gathering/contract/errors';
import { defineRoute } from '@gathering/contract/route';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { answer } from '../../src/platform/http/bind.ts';
import { Drain } from '../../src/platform/http/drain.ts';
import { createServer, type ServerOptions } from '../../src/platform/http/server.ts';
import { createLog } from '../../src/platform/log.ts';

const greetRoute = defineRoute({
  name: 'greetings.read',
  method: 'GET',
  path: '/greetings/:name',
  summary: 'A greeting.',
  permission: 'public',
  rate: 'unlimited',
  params: z.strictObject({ name: z.string() }),
  reply: z.strictObject({ text: z.string() }),
  errors: [],
});
const routes = [
  answer(greetRoute, async (_: null, { params: { name } }) => {
    if (name === 'bug') throw new Error('a secret cause');
    if (name === 'busy') throw new AppError('server.overloaded');
    return { text: name };
  }),
];

const apps: FastifyInstance[] = [];
async function open(more: Partial<ServerOptions<null>> = {}): Promise<string> {
  const app = await createServer<null>({
    log: createLog('silent'),
    version: '1.2.3',
    routes,
    door: { makeCtx: async () => null, authorize: () => undefined, checkReplies: true },
    drain: new Drain(),
    corsOrigins: [],
    trustedProxies: [],
    https: false,
    dashboard: '/nothing/here',
    ...more,
  });
  apps.push(app);
  return app.listen({ port: 0, host: '127.0.0.1' });
}
afterEach(async () => {
  if (apps.length > 1) await apps.pop()?.close();
});
afterAll(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

const kinds: Readonly<Record<string, [method: string, path: string, status: number]>> = {
  'a reply': ['GET', '/api/greetings/you', 200],
  'a page that is not built': ['GET', '/', 503],
  'a file that is not there': ['GET', '/assets/none.js', 404],
  'a page of the documentation': ['GET', '/api/docs', 200],
  'an asset of the documentation': ['GET', '/api/docs/assets/swagger-ui.css', 200],
  'an address that does not exist': ['GET', '/api/none', 404],
  'a method that does not exist': ['DELETE', '/api/greetings/you', 404],
  'a refusal': ['GET', '/api/greetings/you?x=1', 400],
  'a bug': ['GET', '/api/greetings/bug', 500],
  'a server that is busy': ['GET', '/api/greetings/busy', 503],
  'a URL that cannot be read': ['GET', '/api/greetings/%', 400],
  'a question of a browser before it asks': ['OPTIONS', '/api/greetings/you', 404],
};

describe('every answer', () => {
  let url: string;
  beforeAll(async () => {
    url = await open();
  });

  it.each(Object.entries(kinds))('%s confines what a browser does with it', async (_, [method, path, status]) => {
    const reply = await fetch(`${url}${path}`, { method });
    await reply.arrayBuffer();
    expect(reply.status).toBe(status);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(/default-src '(self|none)'.*frame-ancestors 'none'/),
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'permissions-policy': expect.stringContaining('camera=()'),
      'x-request-id': expect.any(String),
    });
    for (const name of ['server', 'x-powered-by', 'strict-transport-security', 'access-control-allow-origin'])
      expect([name, reply.headers.get(name)]).toEqual([name, null]);
  });

  it('the policy on content lets nothing run that is not a file of this server', async () => {
    const text = (await fetch(`${url}/api/greetings/you`)).headers.get('content-security-policy') ?? '';
    const policy = Object.fromEntries(
      text.split(';').map((part) => {
        const [name = '', ...values] = part.trim().split(' ');
        return [name, values.join(' ')];
      }),
    );
    expect(policy).toEqual({
      'default-src': "'self'",
      'script-src': "'self'",
      'script-src-attr': "'none'",
      'style-src': "'self'",
      'style-src-elem': "'self' 'unsafe-inline'",
      'style-src-attr': "'none'",
      'img-src': "'self' data: blob:",
      'font-src': "'self' data:",
      'connect-src': "'self'",
      'worker-src': "'self' blob:",
      'object-src': "'none'",
      'base-uri': "'self'",
      'form-action': "'self'",
      'frame-ancestors': "'none'",
    });
  });

  it('the pages of this server keep to that policy: no inline script, no style in markup', async () => {
    for (const path of ['/', '/api/docs', '/api/docs/errors']) {
      const html = await (await fetch(`${url}${path}`)).text();
      expect([path, html.match(/<script(?![^>]*\bsrc=)[^>]*>|\sstyle="|\son\w+="|javascript:/g)]).toEqual([path, null]);
    }
  });

  it('a reply of the API is kept by no cache', async () => {
    for (const path of ['/api/greetings/you', '/api/greetings/bug', '/api/none'])
      expect((await fetch(`${url}${path}`)).headers.get('cache-control')).toBe('no-store');
  });

  it('no header is made of what a caller sends', async () => {
    for (const id of ['short', 'with space in it', 'a'.repeat(65), 'id;set-cookie:a', '<script>alert(1)</script>']) {
      const reply = await fetch(`${url}/api/greetings/you`, { headers: { 'x-request-id': id } });
      expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
    for (const name of ['%0d%0aset-cookie:%20a=b', 'x%0aset-cookie:a=b', '%E5%98%8A%E5%98%8Dset-cookie:a', '%c4%8dx']) {
      const reply = await fetch(`${url}/api/greetings/${name}`);
      expect([name, reply.headers.get('set-cookie')]).toEqual([name, null]);
    }
  });

  it('a connection that does not speak HTTP is told so and closed', async () => {
    for (const words of ['nonsense\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', '\u0016\u0003\u0001\u0000']) {
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(words));
        let text = '';
        socket.on('data', (part) => {
          text += part;
        });
        socket.once('close', () => resolve(text));
        socket.once('error', reject);
      });
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).toContain('application/problem+json');
      expect(answer).toContain('x-content-type-options: nosniff');
      expect(answer).not.toMatch(/\n\s+at |node:/);
    }
  });
});

describe('behind TLS', () => {
  it('the browser is told to come by https only, and to ask for nothing by http', async () => {
    const reply = await fetch(`${await open({ https: true })}/api/greetings/you`);
    expect(reply.headers.get('strict-transport-security')).toMatch(/^max-age=15552000/);
    expect(reply.headers.get('content-security-policy')).toContain('upgrade-insecure-requests');
  });
});
