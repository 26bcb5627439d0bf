// Signatures of webhooks: every fault of the header fields is named, and only the right one at the right time is taken.
import { expect, test } from 'vitest';
import { checkSignature, signHook } from './check-signature.ts';

const now = new Date('2026-11-01T10:00:00.000Z');
const seconds = (offset: number) => String(now.getTime() / 1000 + offset);
const body = '{"a":"ü"}';

function rulesOf(given: { timestamp?: string; signature?: string; body?: string }) {
  const signed = { timestamp: undefined, signature: undefined, body, ...given };
  const checked = checkSignature('secret', signed, 300, now);
  return 'faults' in checked ? checked.faults.map(({ at, rule }) => `${at} ${rule}`) : checked;
}

test('the documented example signs as documented', () => {
  // printf '%s' '1793527200.{"a":1}' | openssl dgst -sha256 -hmac secret
  expect(signHook('secret', '1793527200', '{"a":1}')).toBe(
    'sha256=1c4d296fd2708a084ece208d86fe066a81b538d2ae3316cd474b5cd3de85dd1e',
  );
});

test('a signature within the window is taken, in whatever letters, at both ends of the window', () => {
  for (const offset of [0, -300, 300]) {
    const timestamp = seconds(offset);
    const signature = signHook('secret', timestamp, body);
    const given = { timestamp, signature: signature.toUpperCase().replace('SHA256', 'sha256') };
    expect(rulesOf(given)).toEqual({ signature, signedAt: new Date(Number(timestamp) * 1000) });
  }
});

test.each([
  [{}, ['/x-gathering-timestamp missing', '/x-gathering-signature missing']],
  [{ timestamp: 'soon', signature: 'md5=1' }, ['/x-gathering-timestamp form', '/x-gathering-signature form']],
  [{ timestamp: seconds(0), signature: signHook('other', seconds(0), body) }, ['/x-gathering-signature signature']],
  [{ timestamp: seconds(1), signature: signHook('secret', seconds(0), body) }, ['/x-gathering-signature signature']],
  [
    { timestamp: seconds(0), signature: signHook('secret', seconds(0), body), body: '{"a": "ü"}' },
    ['/x-gathering-signature signature'],
  ],
  [
    { timestamp: seconds(-301), signature: signHook('other', seconds(-301), body) },
    ['/x-gathering-timestamp replay-window', '/x-gathering-signature signature'],
  ],
  [
    { timestamp: seconds(301), signature: signHook('secret', seconds(301), body) },
    ['/x-gathering-timestamp replay-window'],
  ],
  [
    { timestamp: '999999999999999', signature: signHook('secret', '999999999999999', body) },
    ['/x-gathering-timestamp form'],
  ],
])('%j is refused with every fault', (given, rules) => {
  expect(rulesOf(given)).toEqual(rules);
});
