// The pages that are made from code: where each lies and what it must say.
import { describeErrors } from '../src/platform/describe-errors.ts';
import { describeSettings } from '../src/platform/describe-settings.ts';
import { describeFrames } from '../src/platform/ws/describe-frames.ts';

export interface GeneratedPage {
  /** From the repository's root. */
  readonly path: string;
  write(): string;
}

export const generatedPages: readonly GeneratedPage[] = [
  { path: 'docs/config.md', write: describeSettings },
  { path: 'docs/errors.md', write: describeErrors },
  { path: 'docs/frames.md', write: describeFrames },
];
