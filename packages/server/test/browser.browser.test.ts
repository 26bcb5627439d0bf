// The browser that the tests look through: it draws text, also on a machine without fonts, and it reaches this machine's servers.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenedBrowser, openBrowser } from './browser.ts';

let opened: OpenedBrowser;
let server: Server;

const pageOf = (color: string): string =>
  `<!doctype html><meta charset="utf-8"><title>${color}</title><body style="background: white"><h1 style="color: ${color}">Grüße</h1>`;

beforeAll(async () => {
  server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(pageOf(request.url?.slice(1) ?? ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened = await openBrowser();
});
afterAll(async () => {
  await opened?.close();
  await new Promise((resolve) => server.close(resolve));
});

test('text is drawn, not left blank', async () => {
  const { port } = server.address() as AddressInfo;
  const page = await opened.browser.newPage({ viewport: { width: 300, height: 100 } });
  const pictures: Buffer[] = [];
  for (const color of ['black', 'white']) {
    await page.goto(`http://127.0.0.1:${port}/${color}`);
    expect(await page.title()).toBe(color);
    expect(await page.textContent('h1')).toBe('Grüße');
    pictures.push(await page.screenshot());
  }
  await page.close();
  expect(pictures[0]?.equals(pictures[1] ?? Buffer.alloc(0))).toBe(false);
});

test('two users can look at once without sharing anything', async () => {
  const { port } = server.address() as AddressInfo;
  const contexts = await Promise.all([opened.browser.newContext(), opened.browser.newContext()]);
  const seen: (string | null)[] = [];
  for (const context of contexts) {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${port}/black`);
    seen.push(await page.evaluate("localStorage.getItem('who')"));
    await page.evaluate("localStorage.setItem('who', 'me')");
  }
  await Promise.all(contexts.map((context) => context.close()));
  expect(seen).toEqual([null, null]);
});
