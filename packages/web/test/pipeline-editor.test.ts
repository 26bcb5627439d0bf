// The editor through the browser: a pipeline is drawn with keyboard and palette, its fault is mended, it is saved and run.
import { listPipelinesRoute, readPipelineRoute } from '@gathering/contract/pipelines';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { createPipeline, makeDefinition } from '../../server/test/api.ts';
import { waitFor } from '../../server/test/wait-for.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

async function addByKeyboard(page: Page, words: string): Promise<void> {
  await page.keyboard.press('/');
  await page.getByRole('dialog', { name: 'Add a node' }).waitFor();
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Add a node' }).waitFor({ state: 'detached' });
}

const nodeCount = (page: Page) => page.locator('.react-flow__node').count();
const edgeCount = (page: Page) => page.locator('.react-flow__edge').count();

// promise: editor-by-keyboard
it('a pipeline is drawn by keyboard and palette, mended, saved and run', async () => {
  const page = await dashboard.openPage();
  await page.goto('/pipelines/new');
  await page.getByLabel('Name', { exact: true }).fill('Two pauses');
  await page.locator('.react-flow__node').first().waitFor();
  const nodes = page.getByRole('navigation', { name: 'Nodes' });
  const form = page.getByRole('region', { name: 'The chosen node' });
  await nodes.getByRole('button', { name: 'Start' }).click();

  await addByKeyboard(page, 'condition');
  const faults = page.getByRole('region', { name: 'Faults' });
  const condition = page.getByRole('group', { name: /^Condition/ });
  await condition.getByRole('img', { name: 'has faults' }).waitFor();
  expect([await nodeCount(page), await edgeCount(page)]).toEqual([2, 1]);
  await nodes.getByRole('button', { name: 'Start' }).click();
  await faults
    .getByRole('button', { name: /expression/ })
    .first()
    .click();
  await form.getByLabel('Expression').fill('1 + ');
  await form
    .getByRole('alert')
    .filter({ hasText: /column/ })
    .waitFor();
  await form.getByLabel('Expression').fill('1 + 1 == 2');
  await condition.getByRole('img', { name: 'has faults' }).waitFor({ state: 'detached' });
  await faults.getByText('No faults: it can run.').waitFor();

  await nodes.getByRole('button', { name: 'Condition' }).click();
  await addByKeyboard(page, 'delay');
  await form.getByLabel('Seconds').fill('0');
  await page.getByRole('region', { name: 'Add' }).getByRole('button', { name: 'Delay' }).click();
  await form.getByLabel('Seconds').fill('0');
  await faults.getByText('No faults: it can run.').waitFor();
  // Edges are drawn once their nodes are measured.
  await page.locator('.react-flow__edge').nth(2).waitFor({ state: 'attached' });
  const drawn = [await nodeCount(page), await edgeCount(page)];
  expect(drawn).toEqual([4, 3]);

  await page.locator('.react-flow__pane').click({ position: { x: 5, y: 5 } });
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await page.locator('.react-flow__node').nth(3).waitFor({ state: 'detached' });
  await page.keyboard.press('Control+Shift+z');
  await page.keyboard.press('Control+Shift+z');
  await page.locator('.react-flow__node').nth(3).waitFor();
  await page.locator('.react-flow__edge').nth(2).waitFor({ state: 'attached' });
  expect([await nodeCount(page), await edgeCount(page)]).toEqual(drawn);
  await faults.getByText('No faults: it can run.').waitFor();

  await page.keyboard.press('Control+s');
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.waitForURL(/\/pipelines\/[0-9a-f-]{36}$/);
  await page.reload();
  await page.locator('.react-flow__node').nth(3).waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/\/runs\//);
  await page.getByText('Completed', { exact: true }).first().waitFor();
});

it('nodes are connected by drag and by choice, and what is not saved survives a reload', async () => {
  const page = await dashboard.openPage();
  await page.goto('/pipelines/new');
  await page.getByLabel('Name', { exact: true }).fill('By hand');
  await page.getByRole('region', { name: 'Add' }).getByRole('button', { name: 'Delay' }).click();
  const form = page.getByRole('region', { name: 'The chosen node' });
  await form.getByLabel('Seconds').fill('0');
  await page.getByRole('navigation', { name: 'Nodes' }).getByRole('button', { name: 'Start' }).click();
  await form.getByRole('button', { name: /^Disconnect/ }).click();
  await page.getByRole('region', { name: 'Faults' }).getByRole('button').first().waitFor();
  expect(await edgeCount(page)).toBe(0);
  await form.getByLabel('Connect to').selectOption({ index: 1 });
  await page.locator('.react-flow__edge').first().waitFor({ state: 'attached' });
  await form.getByRole('button', { name: /^Disconnect/ }).click();
  await page.locator('.react-flow__edge').first().waitFor({ state: 'detached' });

  const start = page.getByRole('group', { name: /^Trigger/ }).first();
  const delay = page.getByRole('group', { name: /^Delay/ }).first();
  await start.locator('.react-flow__handle.source').dragTo(delay.locator('.react-flow__handle.target'));
  await page.locator('.react-flow__edge').first().waitFor({ state: 'attached' });
  await page.getByText('No faults: it can run.').waitFor();
  await page.getByText('Not saved, kept in this browser').waitFor();
  await waitFor('the draft to be kept', () =>
    page.evaluate(`JSON.parse(localStorage['gathering.draft.pipeline.new'] ?? '{}').definition?.edges.length === 1`),
  );
  await page.reload();
  await page.getByText('Your unsaved changes were kept and are shown.').waitFor();
  expect(await edgeCount(page)).toBe(1);
});

it('branches are named in the form, and the ways of a node are offered by their names', async () => {
  const page = await dashboard.openPage();
  await page.goto('/pipelines/new');
  await page.getByLabel('Name', { exact: true }).fill('Many ways');
  await page.locator('.react-flow__node').first().waitFor();
  const nodes = page.getByRole('navigation', { name: 'Nodes' });
  const form = page.getByRole('region', { name: 'The chosen node' });
  const faults = page.getByRole('region', { name: 'Faults' });
  await nodes.getByRole('button', { name: 'Start' }).click();
  await addByKeyboard(page, 'condition');
  await form.getByLabel('Kind').selectOption({ label: 'Branches' });
  for (const [at, name] of ['small', 'large'].entries()) {
    await form.getByRole('button', { name: 'Add a branch' }).click();
    await form.getByLabel(`Name of branch ${at + 1}`).fill(name);
    await form
      .getByLabel('Taken when')
      .nth(at)
      .fill(at === 0 ? 'input.size < 5' : 'input.size >');
  }
  await form
    .getByRole('alert')
    .filter({ hasText: /column/ })
    .waitFor();
  await form.getByLabel('Taken when').nth(1).fill('input.size >= 5');
  await faults.getByText('No faults: it can run.').waitFor();

  await nodes.getByRole('button', { name: 'Condition' }).click();
  await addByKeyboard(page, 'approval');
  await form.getByLabel('Title').fill('Go on?');
  await nodes.getByRole('button', { name: 'Condition' }).click();
  const ways = form.getByLabel('Which way');
  expect(await ways.locator('option').allTextContents()).toEqual(['small', 'large']);
  await ways.selectOption('large');
  await form.getByLabel('Connect to').selectOption({ label: 'Approval' });
  await form.getByText('large', { exact: true }).first().waitFor();
  await nodes.getByRole('button', { name: 'Approval' }).click();
  await addByKeyboard(page, 'transform');
  await form.getByLabel('Expression').fill('nodes.approval.output.decision');
  await nodes.getByRole('button', { name: 'Approval' }).click();
  await form.getByLabel('Which way').selectOption('rejected');
  await form.getByLabel('Connect to').selectOption({ label: 'Transform' });
  await faults.getByText('No faults: it can run.').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.waitForURL(/\/pipelines\/[0-9a-f-]{36}/);
  const { items } = await dashboard.api.call(listPipelinesRoute, { query: {} });
  const { id = '' } = items.find(({ name }) => name === 'Many ways') ?? {};
  const { edges } = await dashboard.api.call(readPipelineRoute, { params: { id } });
  expect(edges.map(({ from, to, when }) => [from, to, when])).toEqual([
    ['start', 'condition', undefined],
    ['condition', 'approval', 'small'],
    ['condition', 'approval', 'large'],
    ['approval', 'transform', undefined],
    ['approval', 'transform', 'rejected'],
  ]);
});

it('a way for errors is drawn beside the usual one', async () => {
  const notify = (id: string) => ({ id, type: 'action', config: { kind: 'notify', title: id } });
  const { id } = await createPipeline(
    dashboard.api,
    makeDefinition(
      'Two ways out',
      [{ ...notify('ask'), onError: 'route' }, notify('use'), notify('tell')],
      [
        ['start', 'ask'],
        ['ask', 'use'],
        ['ask', 'tell', 'error'],
      ],
    ),
  );
  const page = await dashboard.openPage();
  await page.goto(`/pipelines/${id}`);
  await page.locator('.react-flow__edge').nth(2).waitFor({ state: 'attached' });
  expect(await edgeCount(page)).toBe(3);
  await page.locator('.react-flow__edge').getByText('error').waitFor();
});
