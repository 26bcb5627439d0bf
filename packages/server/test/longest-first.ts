// The order of test files: what takes longest begins first and the shortest kinds come last, so that no worker is left alone with
// a long one at the end. By itself vitest takes one kind after the other.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Over a minute each on two cores, the longest first. */
const long = [
  'packages/server/test/e2e/survive-kill.test.ts',
  'packages/server/test/security/rotate-secrets.test.ts',
  'packages/server/test/e2e/survive-kill-waits.test.ts',
  'packages/server/test/e2e/command-run.test.ts',
  'packages/web/test/accessibility-in-use.test.ts',
  'packages/server/test/chaos/chaos.test.ts',
  'packages/server/test/security/traversal.test.ts',
  'packages/server/test/security/injection.test.ts',
  'packages/web/test/accessibility.test.ts',
  'packages/server/test/security/canaries.test.ts',
  'packages/server/src/features/schedules/simulated-year.db.test.ts',
  'packages/server/test/e2e/command-refusals.test.ts',
  'packages/server/test/e2e/schedule-clocks.test.ts',
  'packages/web/test/rate-margin.test.ts',
];

/** Kinds whose files take a few seconds at most. */
const short = ['contract', 'house', 'unit'];

function placeOf({ moduleId, project }: TestSpecification): number {
  const place = long.indexOf(relative(root, moduleId));
  if (place !== -1) return place;
  return long.length + (short.includes(project.name) ? 1 : 0);
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

for (const file of long)
  if (!existsSync(join(root, file))) throw new Error(`${file} is no test file: take it out of longest-first.ts.`);
