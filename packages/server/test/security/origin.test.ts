// Who may open a socket: pages of this server and of named origins, programs, and nobody else.
import { describe, expect, it } from 'vitest';
import { isOriginAllowed } from '../../src/platform/ws/check-origin.ts';
import { signIn } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { startInProcess } from '../in-process-server.ts';
import { upgrade } from './upgrade.ts';

const foreignTo = (host: string): string[] => {
  const [name = '', port = ''] = host.split(':');
  return [
    'https://evil.example',
    'null',
    '',
    'file://',
    'about:blank',
    'data:text/html,x',
    `http://${name}.evil.example:${port}`,
    `http://evil.example/${host}`,
    `http://evil.example?${host}`,
    `http://evil.example#${host}`,
    `http://${host}@evil.example`,
    `http://user@${host}`,
    `http://${host}/`,
    `http://${host}/path`,
    `http://${name}:${Number(port) + 1}`,
    `http://${name}`,
    `http://x${host}`,
    `http://${name}%00.evil.example:${port}`,
    `http://${name}\u3002evil.example:${port}`,
    `http://\u24c1ocalhost:${port}`,
    `chrome-extension://${host}`,
    `app://${host}`,
    `javascript://${host}`,
    `ws://${host}`,
    `//${host}`,
    host,
    `http://${host}, http://evil.example`,
    `http://evil.example http://${host}`,
  ];
};

describe('the rule on origins', () => {
  it.each(['127.0.0.1:4400', 'localhost:4400', 'gathering.example.org:443'])('at %s', (host) => {
    expect(isOriginAllowed(undefined, host, [])).toBe(true);
    expect(isOriginAllowed(`http://${host}`, host, [])).toBe(true);
    for (const origin of foreignTo(host)) expect([origin, isOriginAllowed(origin, host, [])]).toEqual([origin, false]);
    expect(isOriginAllowed('https://tools.example.org', host, ['https://tools.example.org'])).toBe(true);
    expect(isOriginAllowed('https://tools.example.org.evil.example', host, ['https://tools.example.org'])).toBe(false);
  });
});

eachDatabase((_open, makePlace) => {
  it('a page of another origin opens no socket, even with a ticket, which stays unused', async () => {
    const server = await startInProcess(await makePlace());
    try {
      const api = await signIn(server.url);
      const { host } = new URL(server.url);
      const reply = await api.request('POST', '/api/auth/socket-ticket');
      const { ticket } = (await reply.json()) as { ticket: string };
      for (const origin of foreignTo(host)) {
        const status = await upgrade(server.url, ticket, { origin: Buffer.from(origin, 'utf8').toString('latin1') });
        expect([origin, status]).toEqual([origin, origin === '' ? expect.any(Number) : 403]);
      }
      expect(await upgrade(server.url, ticket, { origin: `http://${host}` })).toBe(101);
      expect(await upgrade(server.url, ticket, {})).toBe(101);
    } finally {
      await server.stop();
    }
  });
});

it('a proxy that hands on another host does not make foreign pages its own', () => {
  const named = ['https://gathering.example.org'];
  expect(isOriginAllowed('https://gathering.example.org', '127.0.0.1:4400', [])).toBe(false);
  expect(isOriginAllowed('https://gathering.example.org', '127.0.0.1:4400', named)).toBe(true);
});
