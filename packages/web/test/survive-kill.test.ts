// The server dies in the middle of a run while a tab is open: the tab says so, comes back by itself and shows the end.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import type { Page } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { chain, makeDefinition, startDefinition } from '../../server/test/api.ts';
import { type OutsideServer, startOutsideServer } from '../../server/test/fakes/http-server.ts';
import { waitFor } from '../../server/test/wait-for.ts';
import { dashboardOfFile } from './dashboard.ts';

let outside: OutsideServer;
/** Paths that are not answered for now. */
const held = new Set<string>();
const dashboard = dashboardOfFile({
  env: async () => {
    outside = await startOutsideServer(({ path }) => (held.has(path) ? 'hang' : undefined));
    return { GATHERING_EGRESS_ALLOW: outside.hostPort };
  },
});
afterAll(() => outside.close());

/** What a browser says of a server that is away. */
const away =
  /ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|ERR_SOCKET_NOT_CONNECTED|WebSocket/;

function makeCalls(method: string, ids: readonly string[]): PipelineDefinition {
  const nodes = ids.map((id) => ({
    id,
    type: 'action',
    config: { kind: 'callApi', method, url: `${outside.url}/${method}/${id}` },
  }));
  return makeDefinition(`Calls by ${method}`, nodes, chain('start', ...ids));
}

async function openRun(page: Page, definition: PipelineDefinition): Promise<string> {
  const { id } = await startDefinition(dashboard.api, definition);
  await page.goto(`/runs/${id}`);
  await page.getByText('Live', { exact: true }).waitFor();
  return id;
}

// promise: open-tab-survives-kill
it('an open run view says that the server is away, goes live again by itself and shows the run complete', async () => {
  held.add('/GET/second');
  const page = await dashboard.openPage();
  await openRun(page, makeCalls('GET', ['first', 'second', 'third']));
  await page.evaluate('window.sameTab = true');
  await waitFor('the second call', () => outside.callsOf('/GET/second').length === 1);
  await page.getByText('Running, 2 of 4 nodes done').waitFor({ state: 'attached' });
  await dashboard.kill();
  await page.getByRole('button', { name: /^Offline/ }).waitFor();
  await page.getByText('2 of 4', { exact: true }).waitFor();
  held.clear();
  await dashboard.restart();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByText('Completed, 4 of 4 nodes done').waitFor({ state: 'attached' });
  expect(await page.evaluate('window.sameTab')).toBe(true);
  expect(outside.callsOf('/GET/first')).toHaveLength(1);
  dashboard.expectNotes(away);
});

// promise: unsafe-waits-for-a-person
it('an action that was cut off asks on the run view, and is repeated or skipped as the person says', async () => {
  held.add('/POST/order').add('/POST/payment');
  const page = await dashboard.openPage();
  const definition = makeCalls('POST', ['order', 'payment']);
  await openRun(page, definition);
  await waitFor('the order', () => outside.callsOf('/POST/order').length === 1);
  await dashboard.kill();
  await dashboard.restart();
  await page.getByText(/^Waiting, 1 of 3 nodes done/).waitFor({ state: 'attached' });
  await page.getByRole('link', { name: /^Inbox, 1 unread/ }).waitFor();
  await page.getByRole('link', { name: /^Inbox, 1 unread/ }).click();
  // The run view has a button of that name too.
  await page.getByRole('heading', { name: 'Inbox' }).waitFor();
  await page.getByRole('main').getByRole('button', { name: /order/ }).first().click();
  const node = page.getByRole('region', { name: 'Node order' });
  await node.getByText(/cut off/).waitFor();
  held.delete('/POST/order');
  await node.getByRole('button', { name: 'Repeat it' }).click();
  await waitFor('the order again and the payment', () => outside.callsOf('/POST/payment').length === 1);
  expect(outside.callsOf('/POST/order')).toHaveLength(2);

  await dashboard.kill();
  await dashboard.restart();
  await page
    .getByRole('button', { name: /^payment/ })
    .first()
    .click();
  await page.getByRole('region', { name: 'Node payment' }).getByRole('button', { name: 'Skip it' }).click();
  await page.getByText('Completed, 3 of 3 nodes done').waitFor({ state: 'attached' });
  expect(outside.callsOf('/POST/payment')).toHaveLength(1);
  dashboard.expectNotes(away);
});
