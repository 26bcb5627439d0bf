// The dashboard's files over a listening server: the page for every address, nothing outside of the folder.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { Drain } from './drain.ts';
import { createServer } from './server.ts';

let folder: string;
let app: FastifyInstance;
let base: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
  await writeFile(join(folder, 'secret.txt'), 'secret');
  app = await createServer({
    log: createLog('silent'),
    version: '1.2.3',
    routes: [],
    door: { makeCtx: async () => null, authorize: () => undefined, checkReplies: true },
    drain: new Drain(),
    corsOrigins: [],
    trustedProxies: [],
    https: false,
    dashboard: join(folder, 'dist'),
  });
  base = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

it('says that the dashboard is not built, and serves it once it is', async () => {
  const before = await fetch(base);
  expect(before.status).toBe(503);
  expect(await before.text()).toContain('not built yet');
  await mkdir(join(folder, 'dist', 'assets'), { recursive: true });
  await writeFile(join(folder, 'dist', 'index.html'), '<title>dashboard</title>');
  await writeFile(join(folder, 'dist', 'favicon.svg'), '<svg/>');
  await writeFile(join(folder, 'dist', 'assets', 'main-1a2b.js'), 'start()');
  for (const path of ['/', '/setup?token=a', '/runs/0199/nodes', '/pipelines']) {
    const page = await fetch(`${base}${path}`);
    expect([path, page.status, await page.text()]).toEqual([path, 200, '<title>dashboard</title>']);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  }
  const asset = await fetch(`${base}/assets/main-1a2b.js`);
  expect(asset.headers.get('cache-control')).toContain('immutable');
  expect(asset.headers.get('content-type')).toContain('javascript');
  expect((await fetch(`${base}/favicon.svg`)).headers.get('content-type')).toBe('image/svg+xml');
});

it('knows no file that is not there, and keeps no refusal in caches', async () => {
  for (const path of ['/assets/gone-1.js', '/gone.png', '/api/gone', '/ws/gone']) {
    const response = await fetch(`${base}${path}`);
    expect([path, response.status]).toEqual([path, 404]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({ code: 'request.not-found' });
  }
});

it('reads nothing outside of its folder', async () => {
  const ask = (path: string) =>
    new Promise<string>((resolve, reject) => {
      request({ host: '127.0.0.1', port: new URL(base).port, path }, (reply) => {
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.on('end', () => resolve(`${reply.statusCode} ${Buffer.concat(parts)}`));
      })
        .once('error', reject)
        .end();
    });
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/%00.js',
    '//secret.txt',
  ]) {
    const answered = await ask(path);
    expect([path, answered.slice(0, 3)]).toEqual([path, expect.stringMatching(/^4\d\d$/)]);
    expect(answered).not.toContain('500');
    expect(answered).not.toMatch(/ secret$/);
  }
});
