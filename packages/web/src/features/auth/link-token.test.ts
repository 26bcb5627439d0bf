import { expect, it } from 'vitest';
import { readLinkToken } from './link-token.ts';

it('the token of a link is what stands in its fragment', () => {
  expect(readLinkToken('#token=abc-_123')).toBe('abc-_123');
  for (const bad of ['', '#', '#token=', '#other=1', '?token=a']) expect(readLinkToken(bad)).toBe('');
});
