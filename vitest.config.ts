// All tests of the repository, one project a kind, so that a kind can be run alone: `npx vitest run --project unit`.
// Timeouts are generous: they end what hangs and judge nothing.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './packages/server/test/longest-first.ts';

const databases = 'packages/server/test/databases.setup.ts';
const minute = 60_000;

const project = (name: string, include: string[], more: { exclude?: string[]; globalSetup?: string[] } = {}) => ({
  test: {
    name,
    include,
    exclude: ['**/node_modules/**', '**/dist/**', ...(more.exclude ?? [])],
    globalSetup: more.globalSetup ?? [],
    environment: 'node' as const,
    pool: 'forks' as const,
    testTimeout: 2 * minute,
    hookTimeout: 3 * minute,
    teardownTimeout: minute,
  },
});

export default defineConfig({
  test: {
    // Tests wait for processes and disks as much as they compute.
    maxWorkers: Math.min(4, Math.max(3, availableParallelism())),
    reporters: ['default', ['json', { outputFile: 'test-results/vitest.json' }]],
    sequence: { sequencer: LongestFirst },
    projects: [
      project('contract', ['packages/contract/**/*.test.ts']),
      project('unit', ['packages/{server,web}/src/**/*.test.{ts,tsx}'], {
        exclude: ['**/*.{db,browser}.test.{ts,tsx}'],
      }),
      project('house', ['packages/server/test/*.test.ts'], { exclude: ['**/*.{db,browser}.test.ts'] }),
      project('db', ['packages/server/**/*.db.test.ts'], {
        exclude: ['packages/server/test/e2e/**'],
        globalSetup: [databases],
      }),
      project('e2e', ['packages/server/test/e2e/**/*.test.ts'], {
        exclude: ['**/*.browser.test.ts'],
        globalSetup: [databases],
      }),
      project('chaos', ['packages/server/test/chaos/**/*.test.ts']),
      project('security', ['packages/server/test/security/**/*.test.ts'], { globalSetup: [databases] }),
      project('web-browser', ['packages/{server,web}/**/*.browser.test.{ts,tsx}', 'packages/web/test/**/*.test.ts'], {
        globalSetup: [databases, 'packages/web/test/dashboard.setup.ts'],
      }),
    ],
  },
});
