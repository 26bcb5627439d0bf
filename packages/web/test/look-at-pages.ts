// axe on pages of the dashboard, and the pages that every test of all pages visits.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** What axe finds on what is shown now. */
export async function look(page: Page): Promise<string[]> {
  await page.evaluate(await axe);
  const found: Finding[] = await page.evaluate(`axe.run(document).then(({ violations }) => violations)`);
  return found.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${impact} ${id} at ${target.join(' ')}: ${failureSummary}`),
  );
}

/** What axe finds on each of these pages once it is there, light and dark. */
export async function findOnEach(page: Page, addresses: readonly string[]): Promise<string[]> {
  const findings: string[] = [];
  for (const address of addresses) {
    await page.goto(address);
    await page.locator('h1').first().waitFor({ state: 'attached' });
    await page.waitForLoadState('networkidle');
    await page.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      findings.push(...(await look(page)).map((finding) => `${address} ${colorScheme}: ${finding}`));
    }
  }
  return findings;
}

export const lists = [
  '/',
  '/inbox',
  '/approvals',
  '/activity',
  '/pipelines',
  '/runs',
  '/tasks',
  '/schedules',
  '/calendar',
  '/agents',
  '/personas',
  '/projects',
  '/models',
  '/breakers',
  '/dead-letters',
  '/users',
  '/profile',
  '/audit',
  '/settings',
  '/account/sessions',
  '/account/api-keys',
];
