import { expect, test } from 'vitest';
import { hideCredentials, hideSecrets, hideText } from './redact.ts';

test.each([
  ['https://me:pass@example.org/a?b', 'https://[secret]@example.org/a?b'],
  [
    'see postgres://me:p%40ss@db:5432/x and http://:only@host',
    'see postgres://[secret]@db:5432/x and http://[secret]@host',
  ],
  ['{"url":"http:\\/\\/me:pass@host\\/"}', '{"url":"http:\\/\\/[secret]@host\\/"}'],
  ['https://example.org/a:b@c', 'https://example.org/a:b@c'],
  ['git@host:path and mail a@b.example', 'git@host:path and mail a@b.example'],
  ['https://name@example.org/', 'https://name@example.org/'],
])('%j is kept as %j', (text, kept) => {
  expect(hideCredentials(text)).toBe(kept);
});

test('a long text without an address takes no longer than its length asks for', () => {
  const text = `${'a:'.repeat(200_000)}//${'b:'.repeat(200_000)}`;
  expect(hideCredentials(text)).toBe(text);
});

test('what is named like a secret is left out, and everything else stays', () => {
  const config = {
    url: 'https://me:pass@example.org',
    headers: { Authorization: 'Bearer x', accept: '*/*', 'X-Api-Key': 'k', cookie: '' },
    body: { password: { deep: 1 }, tokens: 5, token: 't', list: ['https://a:b@c', 1, null] },
  };
  expect(hideSecrets(config)).toEqual({
    url: 'https://[secret]@example.org',
    headers: { Authorization: '[secret]', accept: '*/*', 'X-Api-Key': '[secret]', cookie: '' },
    body: { password: '[secret]', tokens: 5, token: '[secret]', list: ['https://[secret]@c', 1, null] },
  });
});

test('a known secret is found wherever it stands, and no secret finds nothing', () => {
  expect([hideText('key sk-1, again sk-1', 'sk-1'), hideText('key', '')]).toEqual([
    'key [secret], again [secret]',
    'key',
  ]);
});
