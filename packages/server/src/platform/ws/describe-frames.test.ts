// docs/frames.md says what the contract says. `vitest run -u` on this file writes it anew.
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeFrames } from './describe-frames.ts';

const page = fileURLToPath(new URL('../../../../../docs/frames.md', import.meta.url));

it('the page on frames is the one made from the contract', async () => {
  await expect(describeFrames()).toMatchFileSnapshot(page);
});
