// Pages of other origins cannot read an answer of this server, unless their origin is one that an operator named.
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { Drain } from '../../src/platform/http/drain.ts';
import { createServer } from '../../src/platform/http/server.ts';
import { createLog } from '../../src/platform/log.ts';

const named = 'https://tools.example.org';
const foreign = [
  'https://evil.example',
  'null',
  'http://tools.example.org',
  'https://tools.example.org.evil.example',
  'https://tools.example.org:8443',
  'https://evil.example/https://tools.example.org',
  'https://sub.tools.example.org',
  'https://xtools.example.org',
  'https://TOOLS.EXAMPLE.ORG',
  'https://tools.example.org/',
  'https://tools.example.org%00.evil.example',
  'https://tools-example.org',
  'file://',
  '*',
];

const apps: FastifyInstance[] = [];
async function open(corsOrigins: readonly string[]): Promise<string> {
  const app = await createServer<null>({
    log: createLog('silent'),
    version: '1.2.3',
    routes: [],
    door: { makeCtx: async () => null, authorize: () => undefined, checkReplies: true },
    drain: new Drain(),
    corsOrigins,
    trustedProxies: [],
    https: false,
  });
  apps.push(app);
  return app.listen({ port: 0, host: '127.0.0.1' });
}
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

const grants = (reply: Response): string[] =>
  [...reply.headers.keys()].filter((name) => name.startsWith('access-control-'));

const preflight = (url: string, origin: string) =>
  fetch(`${url}/api/openapi.json`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'authorization' },
  });

describe('with no origin named', () => {
  it('no page of another origin is granted anything, whatever it calls itself', async () => {
    const url = await open([]);
    for (const origin of [...foreign, named]) {
      expect([origin, grants(await fetch(`${url}/api/openapi.json`, { headers: { origin } }))]).toEqual([origin, []]);
      expect([origin, grants(await preflight(url, origin))]).toEqual([origin, []]);
    }
  });
});

describe('with one origin named', () => {
  it('that one may read answers and their limits, without cookies of this server', async () => {
    const url = await open([named]);
    const reply = await fetch(`${url}/api/openapi.json`, { headers: { origin: named } });
    expect(reply.headers.get('access-control-allow-origin')).toBe(named);
    expect(reply.headers.get('access-control-allow-credentials')).toBeNull();
    expect(reply.headers.get('access-control-expose-headers')).toContain('retry-after');
    expect(reply.headers.get('vary')?.toLowerCase()).toContain('origin');
    const asked = await preflight(url, named);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-methods')).toContain('DELETE');
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
  });

  it('no other may, however much it looks like it', async () => {
    const url = await open([named]);
    for (const origin of foreign)
      for (const reply of [
        await fetch(`${url}/api/openapi.json`, { headers: { origin } }),
        await preflight(url, origin),
      ])
        expect([origin, reply.headers.get('access-control-allow-origin')]).toEqual([origin, null]);
  });
});
