// The product's main job through the browser: a repository is registered, the shipped review is started, its nodes are
// seen to finish, and the report names what was planted.
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { makeRepository } from '../../server/test/make-repository.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

const key = `AKIA${'Q3EXZ7RT2LPW9VN4'}`;

function makePlantedRepository(): string {
  return makeRepository([
    { files: { 'README.md': '# Kettle\n\nBoils water.\n', 'src/kettle.js': 'export const boil = () => 100;\n' } },
    {
      files: { 'src/deploy.js': `// Deploys the kettle.\nconst region = 'eu-1';\nconst accessKeyId = '${key}';\n` },
      message: 'Deploy',
      at: '2026-02-01T10:00:00Z',
    },
  ]);
}

/** From here on every state that the page tells a screen reader is kept, in order. */
async function keepProgress(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`{
    window.progress = [];
    const look = () => {
      const text = document.querySelector('p[aria-live]')?.textContent;
      if (text && text.includes('nodes done') && text !== window.progress.at(-1)) window.progress.push(text);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  }`);
  return () => page.evaluate('window.progress');
}

// promise: review-in-browser
it('the shipped review of a repository is started, watched to its end and read with file and line', async () => {
  const folder = makePlantedRepository();
  const page = await dashboard.openPage();
  await page.goto('/projects');
  await page.getByRole('button', { name: 'Add a project' }).first().click();
  await page.getByLabel('Folder').fill(folder);
  await page.getByLabel('Name', { exact: true }).fill('Kettle');
  await page.getByRole('dialog').getByRole('button', { name: 'Add project' }).click();
  await page.getByRole('row').filter({ hasText: 'Kettle' }).filter({ hasText: 'git repository' }).waitFor();

  await page.getByRole('link', { name: 'Pipelines' }).click();
  const review = page.getByRole('row').filter({ hasText: 'Repository review' });
  await review.getByRole('button', { name: 'Run', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Run “Repository review”' });
  await dialog.getByLabel('Project').locator('option', { hasText: 'Kettle' }).waitFor({ state: 'attached' });
  const progress = await keepProgress(page);
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();

  await page.getByText('Completed', { exact: true }).first().waitFor();
  const seen = await progress();
  const counts = seen.map((text) => Number(/(\d+) of \d+ nodes done/.exec(text)?.[1]));
  expect(new Set(counts).size).toBeGreaterThanOrEqual(3);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(seen.at(-1)).toMatch(/^Completed, (\d+) of \1 nodes done$/);

  await page.getByRole('button', { name: 'Report', exact: true }).click();
  const finding = page.locator('article').getByText('src/deploy.js:3').first();
  await finding.waitFor();
  expect(await page.locator('article').textContent()).not.toContain(key);
  await page.reload();
  await finding.waitFor();
  await page.goBack();
  await review.getByText('Completed').waitFor();
});

it('a finished run says of each node what it was given, what it did step by step and what it made', async () => {
  const page = await dashboard.openPage();
  await page.goto('/runs');
  await page.getByRole('row').filter({ hasText: 'Repository review' }).getByRole('link').first().click();
  await page
    .getByRole('button', { name: /^History/ })
    .first()
    .click();
  const node = page.getByRole('region', { name: /^Node / });
  await node.getByText('Historian').first().waitFor();
  const step = node.getByRole('button', { name: /git_/ }).first();
  await step.click();
  await node.getByText('Arguments').waitFor();
  await node.getByRole('tab', { name: 'Output' }).click();
  await node.getByText('summary').first().waitFor();
  expect(new URL(page.url()).searchParams.get('tab')).toBe('output');
  await page.reload();
  await node.getByText('summary').first().waitFor();
});
