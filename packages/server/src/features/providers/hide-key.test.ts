import { expect, test } from 'vitest';
import { hideKey } from './hide-key.ts';

const key = 'sk-0123456789abcdef';

function answering(pieces: readonly string[], init: ResponseInit = {}): typeof fetch {
  return async () => {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        for (const piece of pieces) controller.enqueue(encoder.encode(piece));
        controller.close();
      },
    });
    return new Response(body, init);
  };
}

test('the key is taken out of a body, wherever its pieces are cut', async () => {
  const text = `before ${key} between ${key}${key} after sk-0123 ö`;
  for (let cut = 0; cut <= text.length; cut++) {
    const reply = await hideKey(key, answering([text.slice(0, cut), text.slice(cut)]))('http://x');
    expect(await reply.text()).toBe('before [secret] between [secret][secret] after sk-0123 ö');
  }
});

test('status and headers stay, and what a header says of the key is taken out', async () => {
  const headers = { 'x-said': `Bearer ${key}`, 'content-type': 'application/json', 'content-length': '2' };
  const reply = await hideKey(key, answering(['{}'], { status: 401, headers }))('http://x');
  expect([reply.status, reply.headers.get('x-said')]).toEqual([401, 'Bearer [secret]']);
  expect(reply.headers.get('content-type')).toBe('application/json');
});

test('a reply without a body passes', async () => {
  const reply = await hideKey(key, async () => new Response(null, { status: 204 }))('http://x');
  expect(reply.status).toBe(204);
});

test('a header that cannot be sent does not tell the key', async () => {
  const odd = `${key}\u{1F511}`;
  const failed = hideKey(odd)('http://127.0.0.1:9', { headers: { authorization: `Bearer ${odd}` } });
  await expect(failed).rejects.toThrow();
  await failed.catch((error: Error) => expect(`${error.message} ${error.stack}`).not.toContain(key));
});

test('other failures come as they are', async () => {
  const failure = new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });
  const failed = hideKey(key, () => Promise.reject(failure))('http://x');
  await expect(failed).rejects.toBe(failure);
});
