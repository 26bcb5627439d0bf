import { expect, it } from 'vitest';
import { describeUserAgent } from './describe-user-agent.ts';

it('names browsers and systems as people know them, and programs as they name themselves', () => {
  const chrome =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
  expect(describeUserAgent(chrome)).toBe('Chrome on Linux');
  expect(describeUserAgent(`${chrome} Edg/140.0.0.0`)).toBe('Edge on Linux');
  expect(
    describeUserAgent(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    ),
  ).toBe('Safari on iPhone');
  expect(describeUserAgent('Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe(
    'Firefox on Windows',
  );
  expect(describeUserAgent('curl/8.5.0')).toBe('curl');
  expect(describeUserAgent(null)).toBe('Unnamed program');
});
