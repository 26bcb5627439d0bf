import { expect, it } from 'vitest';
import { safeNext } from './safe-next.ts';

it('leads only to pages of ours after signing in', () => {
  expect(safeNext('/runs?status=failed')).toBe('/runs?status=failed');
  for (const bad of [null, '', 'https://x.org', '//x.org', '/\\x.org', 'javascript:alert(1)'])
    expect(safeNext(bad)).toBe('/');
});
