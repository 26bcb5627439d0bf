// What starts a pipeline, its versions and its files, through the browser.
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { startRunRoute } from '@gathering/contract/pipelines';
import { publishPipelineRoute } from '@gathering/contract/pipelines-versions';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { chain, createPipeline, makeDefinition } from '../../server/test/api.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

const wait = (name: string, seconds: number) =>
  makeDefinition(name, [{ id: 'wait', type: 'delay', config: { seconds } }], chain('start', 'wait'));

async function openMore(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'More for this pipeline' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

it('a webhook is made, shown once, starts runs that the list counts, and is switched off', async () => {
  const { id } = await createPipeline(dashboard.api, wait('Hooked', 0));
  const page = await dashboard.openPage();
  await page.goto(`/pipelines/${id}`);
  await openMore(page, 'Triggers');
  const list = page.getByRole('dialog', { name: 'Triggers' });
  await list.getByText('No trigger yet').waitFor();
  await list.getByRole('button', { name: 'Add a webhook' }).click();
  const form = page.getByRole('dialog', { name: 'Add a webhook' });
  await form.getByRole('button', { name: 'Make the address' }).click();
  await form.getByRole('alert').first().waitFor();
  await form.getByLabel('Name').fill('Shop');
  await form.getByRole('button', { name: 'Make the address' }).click();
  const made = page.getByRole('dialog', { name: 'Copy address and secret now' });
  const done = made.getByRole('button', { name: 'I have them' });
  await done.waitFor();
  const [url = '', secret = ''] = await made.locator('code.break-all').allTextContents();
  await done.click();
  const shop = list.getByRole('listitem').filter({ hasText: 'Shop' });
  await shop.getByText('never started a run').waitFor();
  expect(await page.content()).not.toContain(secret);

  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = `sha256=${createHmac('sha256', secret).update(`${timestamp}.{}`).digest('hex')}`;
  const signed = { 'x-gathering-timestamp': timestamp, 'x-gathering-signature': signature };
  const deliver = (headers: Record<string, string>) =>
    fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', ...headers } });
  expect((await deliver(signed)).status).toBe(202);
  await shop.getByText('1 run, last').waitFor();
  expect((await deliver({})).status).toBe(401);
  await page.reload();
  await shop.getByText(/Refused .*The signature is missing/).waitFor();

  await shop.getByRole('button', { name: 'More for Shop' }).click();
  await page.getByRole('menuitem', { name: 'Switch off' }).click();
  await shop.getByText('Off', { exact: true }).waitFor();
  expect((await deliver(signed)).status).toBe(404);
  await shop.getByRole('button', { name: 'More for Shop' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await page.getByRole('button', { name: 'Remove the trigger' }).click();
  await list.getByText('No trigger yet').waitFor();
});

it('a trigger of events is checked while it is typed, tried on what happened, and starts a run', async () => {
  const { id } = await createPipeline(dashboard.api, wait('Following', 0));
  const other = await createPipeline(dashboard.api, wait('Followed', 0));
  const page = await dashboard.openPage();
  await page.goto(`/pipelines/${id}?show=triggers`);
  await page.getByRole('button', { name: 'Follow events' }).click();
  const form = page.getByRole('dialog', { name: 'Follow events' });
  await form.getByLabel('Name').fill('After it');
  await form.getByLabel('Events', { exact: true }).selectOption('pipelines.created');
  await form.getByLabel('Filter').fill('input.name == "x"');
  await form.getByText(/Column 1: .*may use event/).waitFor();
  await form.getByLabel('Filter').fill('event.payload.name == "Followed"');
  await form.getByRole('button', { name: 'Try it on past events' }).click();
  await form.getByText(/taken 1 of the last \d+ events/).waitFor();
  await form.getByLabel('Events', { exact: true }).selectOption('pipelines.run-ended');
  await form.getByRole('button', { name: 'Leave out pipelines.created' }).click();
  await form.getByLabel('Filter').fill(`event.related.exists(one, one == "pipelines/${other.id}")`);
  await form.getByRole('button', { name: 'Add the trigger' }).click();
  const row = page.getByRole('listitem').filter({ hasText: 'After it' });
  await row.getByText('never started a run').waitFor();
  await dashboard.api.call(startRunRoute, { params: { id: other.id }, body: {} });
  await row.getByText('1 run, last').waitFor();
});

it('a draft is published, told apart from what runs, and an older version is brought back', async () => {
  const { id } = await createPipeline(dashboard.api, wait('Versioned', 0));
  const page = await dashboard.openPage();
  await page.goto(`/pipelines/${id}`);
  await page.getByText('Version 1', { exact: true }).waitFor();
  await page.getByRole('navigation', { name: 'Nodes' }).getByRole('button', { name: 'wait' }).click();
  await page.getByRole('region', { name: 'The chosen node' }).getByLabel('Seconds').fill('1');
  await page.keyboard.press('Control+s');
  await page.getByText('Draft, version 1 runs').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const run = page.getByRole('dialog', { name: /^Run/ });
  expect(await run.getByLabel('Version').inputValue()).toBe('draft');
  await run.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByText('Version 2', { exact: true }).waitFor();

  await openMore(page, 'Versions');
  const versions = page.getByRole('dialog', { name: 'Versions of “Versioned”' });
  const first = versions.getByRole('listitem').filter({ hasText: 'Version 1' });
  await first.getByRole('button', { name: 'Version 1', exact: true }).click();
  await first.getByText('Beside what is stored now, it changes wait.').waitFor();
  await first.getByRole('button', { name: 'Roll back to version 1' }).click();
  await page
    .getByRole('dialog', { name: 'Roll back to version 1?' })
    .getByRole('button', { name: 'Roll back' })
    .click();
  await versions.getByRole('listitem').filter({ hasText: 'Version 3' }).getByText('brings back 1').waitFor();
  await versions.getByRole('listitem').filter({ hasText: 'Version 2' }).getByText('Rolled back').waitFor();
  await versions.getByRole('button', { name: 'Close' }).last().click();
  await versions.waitFor({ state: 'detached' });
  await page.getByText('Version 3', { exact: true }).waitFor();
  const changed = dashboard.api.call(publishPipelineRoute, { params: { id }, body: {} });
  await expect(changed).rejects.toMatchObject({ problem: { code: 'pipelines.nothing-to-publish' } });
});

it('a pipeline is exported as a file, and a file with faults is imported once they are mended', async () => {
  const { id } = await createPipeline(dashboard.api, wait('Filed', 0));
  const page = await dashboard.openPage();
  await page.goto(`/pipelines/${id}`);
  const download = page.waitForEvent('download');
  await openMore(page, 'Export as YAML');
  const file = await download;
  expect(file.suggestedFilename()).toBe('Filed.yaml');
  const text = await readFile(await file.path(), 'utf8');

  await page.goto('/pipelines');
  await page.getByRole('button', { name: 'Import' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import a pipeline' });
  await dialog.getByLabel('Text of the file').fill(text.replace('to: wait', 'to: nowhere'));
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await dialog
    .getByRole('alert')
    .getByText(/nowhere/)
    .first()
    .waitFor();
  await dialog
    .getByText(/^\d+:\d+$/)
    .first()
    .waitFor();
  const mended = {
    name: 'mended.yaml',
    mimeType: 'text/yaml',
    buffer: Buffer.from(text.replace('Filed', 'Filed again')),
  };
  await dialog.getByLabel('Choose a file').setInputFiles(mended);
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await page.waitForURL(/\/pipelines\/[0-9a-f-]{36}$/);
  await page.getByRole('heading', { name: 'Filed again' }).first().waitFor();
  dashboard.expectNotes(/422 \(Unprocessable/);
});
