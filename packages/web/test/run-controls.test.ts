// Runs in the hands of a person: paused and resumed, retried, forked, their times walked through, one node tried by itself.
import { expect, it } from 'vitest';
import {
  chain,
  createPipeline,
  type GivenNode,
  makeDefinition,
  startDefinition,
  waitForEnd,
} from '../../server/test/api.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();
const notify = (id: string, title = id): GivenNode => ({ id, type: 'action', config: { kind: 'notify', title } });

it('a run is paused, resumed, cancelled and retried from its page', async () => {
  const { api } = dashboard;
  const definition = makeDefinition(
    'Held',
    [{ id: 'wait', type: 'delay', config: { seconds: 3600 } }],
    chain('start', 'wait'),
  );
  const { id } = await startDefinition(api, { ...definition, settings: { timeoutSeconds: 86_400, priority: 'high' } });
  const page = await dashboard.openPage();
  await page.goto(`/runs/${id}`);
  const state = page.getByRole('status').filter({ hasText: /Running|Paused|Cancelled/ });
  const about = page.getByRole('list', { name: 'About this run' });
  await about.getByText('High priority').waitFor();
  await about.getByText(/Its time is over/).waitFor();
  // By the keyboard alone: a button that goes leaves the focus to the one beside it.
  const focused = (name: string) => page.locator('button:focus').filter({ hasText: name }).waitFor();
  await page.getByRole('button', { name: 'Pause', exact: true }).focus();
  await page.keyboard.press('Enter');
  await state.getByText('Paused').waitFor();
  await about.getByText(/no further node begins/).waitFor();
  await focused('Resume');
  await page.keyboard.press('Enter');
  await state.getByText('Running').waitFor();
  await focused('Pause');
  await page.getByRole('button', { name: 'Cancel', exact: true }).focus();
  await page.keyboard.press('Enter');
  await focused('Keep');
  await page.keyboard.press('Escape');
  await focused('Cancel');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Cancel the run' }).focus();
  await page.keyboard.press('Enter');
  await state.getByText('Cancelled').waitFor();
  await focused('Retry');
  await page.getByRole('button', { name: 'Retry', exact: true }).click();
  await page
    .getByRole('dialog')
    .getByText(/may be done a second time/)
    .waitFor();
  await page.getByRole('button', { name: 'Retry the run' }).click();
  await state.getByText('Running').waitFor();
  await about.getByText('Retried 1 time').waitFor();
});

it('the times of the nodes are walked through with keys, zoomed and told in words', async () => {
  const { api } = dashboard;
  const fails = { id: 'broken', type: 'action', config: { kind: 'callApi', url: 'http://127.0.0.1:9/' } };
  const definition = makeDefinition('Timed', [notify('first'), fails], chain('start', 'first', 'broken'));
  const nodes = definition.nodes.map((node) =>
    node.id === 'broken' ? { ...node, retry: { attempts: 2, baseSeconds: 0.01, on: ['refused' as const] } } : node,
  );
  const { id } = await waitForEnd(api, (await startDefinition(api, { ...definition, nodes })).id);
  const page = await dashboard.openPage();
  await page.goto(`/runs/${id}`);
  await page.getByRole('button', { name: 'Times' }).click();
  const times = page.getByRole('region', { name: 'Times of the nodes' });
  const row = (name: string) => times.getByRole('button', { name: new RegExp(`^${name},`) });
  await row('start').focus();
  await page.keyboard.press('End');
  await times.locator('[data-gantt-row="broken"]:focus').waitFor();
  expect(await row('broken').getAttribute('aria-label')).toMatch(
    /^broken, Failed: failed try .*\(egress\.refused\), wait .*, work/,
  );
  await times.getByText(/^broken\. Failed: failed try/).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Node broken' }).waitFor();
  await expect.poll(() => page.url()).toContain('view=times');
  const out = times.getByRole('button', { name: 'Zoom out' });
  expect(await out.isDisabled()).toBe(true);
  await times.getByRole('button', { name: 'Zoom in' }).click();
  await times.getByRole('button', { name: 'Zoom in' }).click();
  expect(await out.isDisabled()).toBe(false);
  await times.getByRole('button', { name: 'Fit the whole run' }).click();
  expect(await out.isDisabled()).toBe(true);
});

it('a run is forked from a node with another input, and both pages lead to each other', async () => {
  const { api } = dashboard;
  const definition = makeDefinition(
    'Greeting',
    [notify('first'), notify('greet', 'Hello {{ input.name }}')],
    chain('start', 'first', 'greet'),
  );
  const first = await waitForEnd(api, (await startDefinition(api, definition, { name: 'Ada' })).id);
  const page = await dashboard.openPage();
  await page.goto(`/runs/${first.id}?node=greet`);
  await page.getByRole('button', { name: 'Fork from here' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Input', { exact: true }).fill('{ "name": "Grace"');
  await dialog.getByRole('button', { name: 'Fork', exact: true }).click();
  await dialog.locator('textarea:focus[aria-invalid="true"]').waitFor();
  await dialog.getByLabel('Input', { exact: true }).fill('{ "name": "Grace" }');
  await dialog.getByRole('button', { name: 'Fork', exact: true }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(first.id));
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  const run = await waitForEnd(api, id);
  expect(run.output).toMatchObject({ greet: { title: 'Hello Grace' } });
  await page
    .getByText(/Forked from/)
    .getByRole('link')
    .click();
  await page.waitForURL(`**/runs/${first.id}`);
  // Not the one of the page that is left, which is shown until this one is there.
  const facts = page.getByRole('list', { name: 'About this run' }).getByRole('listitem');
  await facts.filter({ hasNotText: 'Forked from' }).getByRole('link').click();
  await page.waitForURL(`**/runs/${id}`);
});

it('one node is run by itself from the editor, with what the last run gave filled in', async () => {
  const { api } = dashboard;
  const definition = makeDefinition(
    'Single',
    [notify('first', 'Told'), notify('second', '{{ nodes.first.output.title }} again')],
    chain('start', 'first', 'second'),
  );
  const pipeline = await createPipeline(api, definition);
  const started = await api.request('POST', `/api/pipelines/${pipeline.id}/runs`, {
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  const { id } = (await started.json()) as { id: string };
  await waitForEnd(api, id);
  const page = await dashboard.openPage();
  await page.goto(`/pipelines/${pipeline.id}`);
  await page.getByRole('navigation', { name: 'Nodes' }).getByRole('button', { name: 'second' }).click();
  await page.getByRole('button', { name: 'Run this node' }).click();
  const dialog = page.getByRole('dialog');
  const nodes = dialog.getByLabel('Other nodes');
  await expect.poll(() => nodes.inputValue()).toContain('Told');
  await nodes.fill('{ "first": { "output": { "title": "Changed" } } }');
  await dialog.getByRole('button', { name: 'Run the node' }).click();
  await page.waitForURL(/\/runs\//);
  await page.getByRole('heading', { name: 'Single: second', exact: true }).waitFor();
  await page.getByText('Completed', { exact: true }).first().waitFor();
  await page.getByText('Trial of one node').waitFor();
});

it('what holds for each run is set in the editor and kept', async () => {
  const { api } = dashboard;
  const pipeline = await createPipeline(api, makeDefinition('Settings', [notify('end')], chain('start', 'end')));
  const page = await dashboard.openPage();
  await page.goto(`/pipelines/${pipeline.id}`);
  await page.getByText('Each run').click();
  await page.getByLabel('Concurrency key').fill('{{ nodes.end.output }}');
  await page
    .getByText(/can only read input/)
    .first()
    .waitFor();
  await page.getByLabel('Concurrency key').fill('{{ input.customer }}');
  await page.getByLabel('Time limit in seconds').fill('60');
  await page.keyboard.press('Control+s');
  await page.getByText('Saved', { exact: true }).waitFor();
  const reply = await api.request('GET', `/api/pipelines/${pipeline.id}`);
  expect(await reply.json()).toMatchObject({
    settings: { timeoutSeconds: 60, concurrencyKey: '{{ input.customer }}' },
  });
});

it('a fork is not offered where it would be refused, and a run that waits for its turn says so everywhere', async () => {
  const { api } = dashboard;
  const size = { id: 'size', type: 'condition', config: { expression: 'true' } };
  const ways = makeDefinition(
    'Two ways',
    [size, notify('small'), notify('large')],
    [
      ['start', 'size'],
      ['size', 'small', 'then'],
      ['size', 'large', 'else'],
    ],
  );
  const { id } = await waitForEnd(api, (await startDefinition(api, ways)).id);
  const page = await dashboard.openPage();
  await page.goto(`/runs/${id}?node=large`);
  const panel = page.getByRole('region', { name: 'Node large' });
  await panel.getByText('No way that was taken leads here: fork from “size”, which chose another one.').waitFor();
  expect(await panel.getByRole('button', { name: 'Fork from here' }).count()).toBe(0);

  const hour = { id: 'hour', type: 'delay', config: { seconds: 3600 } };
  const turns = await createPipeline(api, {
    ...makeDefinition('In turn', [hour, notify('after')], chain('start', 'hour', 'after')),
    settings: { concurrencyKey: 'one' },
  });
  await page.goto(`/pipelines/${turns.id}?run=1`);
  const dialog = page.getByRole('dialog', { name: 'Run “In turn”' });
  await dialog.locator('select:focus').waitFor();
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('status').getByText('Running').waitFor();
  await page.goto(`/pipelines/${turns.id}?run=1`);
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('status').getByText('Pending').waitFor();
  await page.getByText('Queued').waitFor();
  await page
    .getByRole('button', { name: 'after, Pending' })
    .or(page.getByRole('button', { name: /^after/ }))
    .first()
    .click();
  await page.getByRole('button', { name: 'Fork from here' }).click();
  await page.getByRole('dialog').getByText('One node before it has not ended').waitFor();
  expect(await page.getByLabel('Other outputs').inputValue()).toContain('"hour": null');
  await page.keyboard.press('Escape');
  await page.locator('button:focus').filter({ hasText: 'Fork from here' }).waitFor();
  await page.getByRole('link', { name: 'See the runs before it' }).click();
  await page.getByRole('table', { name: 'Runs' }).getByText('Pending').waitFor();
  await page.getByRole('link', { name: 'Home', exact: true }).click();
  await page.getByRole('link', { name: /In turn.*queued/ }).waitFor();
});
