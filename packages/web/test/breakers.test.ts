// The pages of what went wrong: breakers open and close before one's eyes and are reset by hand; dead letters say why, lead to
// their run, and are redriven or dismissed.
import { afterAll, expect, it } from 'vitest';
import { chain, makeDefinition, startDefinition, waitForEnd } from '../../server/test/api.ts';
import { type OutsideServer, startOutsideServer } from '../../server/test/fakes/http-server.ts';
import { insertDeadLetter } from '../../server/test/insert-dead-letter.ts';
import { dashboardOfFile } from './dashboard.ts';

let outside: OutsideServer;
let isDown = true;
const runId = '01994f3e-7a6b-7c1d-9e2f-3a4b5c6d7e8f';

const dashboard = dashboardOfFile({
  env: async () => {
    outside = await startOutsideServer((_call, reply) => {
      if (isDown) reply.writeHead(503).end();
    });
    return { GATHERING_EGRESS_ALLOW: outside.hostPort };
  },
  prepare: async (database) => {
    const payload = { runId, nodeId: 'tell', jobId: runId };
    await insertDeadLetter(database, 'pipelines.run-node', payload, {
      reason: 'The disk was full.',
      subject: `runs/${runId}`,
    });
  },
});

afterAll(() => outside?.close());

it('a breaker opens while one looks, says when its target is tried again, and is reset by hand', async () => {
  const page = await dashboard.openPage();
  await page.goto('/breakers');
  await page.getByText('Nothing has failed').waitFor();
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const call = (id: string) => ({
    id,
    type: 'action',
    config: { kind: 'callApi', url: `${outside.url}/${id}`, method: 'GET' },
  });
  const definition = makeDefinition('Asks', ids.map(call), chain('start', ...ids));
  const asks = {
    ...definition,
    nodes: definition.nodes.map((node) => (node.type === 'action' ? { ...node, onError: 'continue' as const } : node)),
  };
  await waitForEnd(dashboard.api, (await startDefinition(dashboard.api, asks)).id);
  expect(outside.calls).toHaveLength(5);
  const list = page.getByRole('table', { name: 'Breakers' });
  const row = list.getByRole('row', { name: new RegExp(`${outside.hostPort} Open 5 in a row it answered 503`) });
  await row.getByText(/^in \d+ s$/).waitFor();

  await row.getByRole('button', { name: `Reset ${outside.hostPort}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('It failed 5 times in a row.', { exact: false }).waitFor();
  await dialog.getByRole('button', { name: 'Reset' }).click();
  await list.getByRole('row', { name: new RegExp(`${outside.hostPort} Closed 0 in a row`) }).waitFor();
  isDown = false;
  await waitForEnd(dashboard.api, (await startDefinition(dashboard.api, asks)).id);
  expect(outside.calls).toHaveLength(11);

  await page.getByRole('button', { name: 'State' }).click();
  await page.getByRole('menuitem', { name: 'Half-open' }).click();
  await page.getByText('Nothing fits these filters.').waitFor();
  expect(new URL(page.url()).search).toBe('?state=half-open');
  await page.getByRole('button', { name: 'Show all' }).click();
  await list.waitFor();
});

it('a dead letter says why, leads to what it was about, stays when its redrive is refused, and is dismissed once', async () => {
  const page = await dashboard.openPage();
  await page.goto('/dead-letters');
  const list = page.getByRole('table', { name: 'Dead letters' });
  await list.getByRole('row', { name: /pipelines\.run-node The disk was full\. 10 Its run Dead/ }).waitFor();
  expect(await list.getByRole('link', { name: 'Its run' }).getAttribute('href')).toBe(`/runs/${runId}`);
  await list.getByRole('button', { name: 'Details of pipelines.run-node' }).click();
  const dialog = page.getByRole('dialog', { name: 'pipelines.run-node' });
  await dialog.getByText('nodeId').waitFor();
  // Its run is not there any more, so that there is nothing to go on with.
  await dialog.getByRole('button', { name: 'Redrive' }).click();
  await dialog.getByText('There is no such run.', { exact: false }).waitFor();
  dashboard.expectNotes(/404/);
  expect(new URL(page.url()).searchParams.has('letter')).toBe(true);

  const other = await dashboard.openPage();
  await other.goto('/dead-letters?state=dead');
  await other.getByRole('table', { name: 'Dead letters' }).waitFor();
  await dialog.getByRole('button', { name: 'Dismiss' }).click();
  await dialog.waitFor({ state: 'detached' });
  await list.getByText('Dismissed').waitFor();
  await other.getByText('Nothing fits these filters.').waitFor();
  await list.getByRole('button', { name: 'Details of pipelines.run-node' }).click();
  await dialog.getByText(/ by users\//).waitFor();
  expect(await dialog.getByRole('button', { name: 'Dismiss' }).count()).toBe(0);
});
