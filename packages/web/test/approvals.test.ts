// Approvals through the browser: what waits is counted and shown with its exact values, decided on the page and in the view
// of its run, and seen by others at once.
import { type Approval, listApprovalsRoute } from '@gathering/contract/approvals';
import type { Json } from '@gathering/contract/json';
import { listRunsRoute } from '@gathering/contract/pipelines';
import { expect, it } from 'vitest';
import { makeDefinition, nodeOf, readRun, startDefinition, waitForEnd, waitForRun } from '../../server/test/api.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

const asking = (title: string, more: Record<string, Json> = {}) =>
  makeDefinition(
    'Paying bills',
    [
      {
        id: 'ask',
        type: 'approval',
        config: { title, body: 'The bill came on Monday.', arguments: { sum: '{{ input.sum }}', to: 'ACME' }, ...more },
      },
      { id: 'after', type: 'transform', config: { expression: '"paid"' } },
      { id: 'refused', type: 'transform', config: { expression: '"kept"' } },
    ],
    [
      ['start', 'ask'],
      ['ask', 'after'],
      ['ask', 'refused', 'rejected'],
    ],
  );

async function ask(title: string, more: Record<string, Json> = {}): Promise<{ runId: string; approval: Approval }> {
  const { id: runId } = await startDefinition(dashboard.api, asking(title, more), { sum: 250 });
  await waitForRun(dashboard.api, runId, 'to ask', (run) => nodeOf(run, 'ask').waitingFor?.kind === 'approval');
  const { items } = await dashboard.api.call(listApprovalsRoute, { query: { subject: `runs/${runId}` } });
  return { runId, approval: items[0] ?? expect.fail('nothing is asked') };
}

it('an empty page says what arrives there, and what is asked appears with its exact values', async () => {
  const page = await dashboard.openPage();
  await page.goto('/approvals');
  await page.getByText('Nothing waits for you').waitFor();
  const { runId } = await ask('Pay the bill?');
  const card = page.getByRole('article', { name: 'Pay the bill?' });
  await card.waitFor();
  expect(await card.getByLabel('Exact values').textContent()).toBe('Exact valuesto: ACMEsum: 250');
  await card.getByText('The bill came on Monday.').waitFor();
  const entry = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Approvals/ });
  await entry.getByText('1', { exact: true }).waitFor();
  await card.getByLabel('Comment').fill('It is due.');
  await card.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Nothing waits for you').waitFor();
  await entry.getByText('1', { exact: true }).waitFor({ state: 'detached' });
  const run = await waitForEnd(dashboard.api, runId);
  expect([run.status, run.output]).toEqual(['completed', { after: 'paid' }]);
  await page.getByRole('button', { name: 'See what was decided' }).click();
  await page.getByRole('article', { name: 'Pay the bill?' }).getByText('It is due.').waitFor();
});

it('a decision is made in the view of its run, and the notification leads to it', async () => {
  const { runId, approval } = await ask('Pay the second bill?');
  const page = await dashboard.openPage();
  await page.goto('/inbox');
  await page.getByRole('button', { name: 'Your approval is asked for: Pay the second bill?' }).click();
  await page.waitForURL(`**/approvals?approval=${approval.id}`);
  await page.getByRole('link', { name: 'Paying bills' }).click();
  const panel = page.getByRole('region', { name: 'Node ask' });
  await panel.getByRole('button', { name: 'Reject' }).click();
  await panel.getByText('Rejected').first().waitFor();
  const run = await waitForEnd(dashboard.api, runId);
  expect(run.output).toEqual({ refused: 'kept' });
});

it('what somebody else decided meanwhile is told, and nobody is asked any more', async () => {
  const { approval } = await ask('Pay the third bill?', { quorum: 1, excludeStarter: false });
  const page = await dashboard.openPage();
  await page.goto(`/approvals?approval=${approval.id}`);
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  const reply = await dashboard.api.request('POST', `/api/approvals/${approval.id}/votes`, {
    body: JSON.stringify({ decision: 'reject', shown: approval.shown }),
    headers: { 'content-type': 'application/json' },
  });
  expect(reply.status).toBe(200);
  await page.getByRole('button', { name: 'Approve' }).waitFor({ state: 'detached' });
  await page.getByRole('article').getByText('Rejected').first().waitFor();
});

it('a node that waits for a call is helped on in the view of its run, and sub-runs are listed', async () => {
  const { api } = dashboard;
  const wait = { id: 'paid', type: 'wait', config: { kind: 'signal', key: 'order 7' } };
  const { id } = await startDefinition(api, makeDefinition('Waiting', [wait], [['start', 'paid']]));
  await waitForRun(api, id, 'to wait', (run) => nodeOf(run, 'paid').waitingFor?.kind === 'signal');
  const page = await dashboard.openPage();
  await page.goto(`/runs/${id}?node=paid`);
  expect(await page.getByLabel('Key').inputValue()).toBe('order 7');
  await page.getByLabel('Key').fill('order 8');
  const send = page.getByRole('button', { name: 'Send what it waits for' });
  await send.click();
  await page.getByText('This node waits for another key.').waitFor();
  dashboard.expectNotes(/409 \(Conflict\)/);
  await page.getByLabel('Key').fill('order 7');
  // What cannot be read is not sent as if nothing stood there.
  await page.getByLabel('Body').fill('{"amount": ');
  await send.click();
  await page.locator('textarea:focus[aria-invalid="true"]').waitFor();
  expect(nodeOf(await readRun(api, id), 'paid').status).toBe('waiting');
  await page.getByLabel('Body').fill('{"amount": 5}');
  await send.click();
  await waitForEnd(api, id);
  expect(nodeOf(await readRun(api, id), 'paid').output).toEqual({ amount: 5 });

  const each = { id: 'each', type: 'map', config: { items: '[1, 2]', agentId: 'assistant', task: 'Say {{ item }}.' } };
  const list = await startDefinition(api, makeDefinition('List', [each], [['start', 'each']]));
  await waitForEnd(api, list.id);
  await page.goto(`/runs/${list.id}?node=each`);
  await page.getByRole('link', { name: 'Item 2' }).click();
  await page.getByRole('link', { name: 'another run' }).waitFor();
  const { items } = await api.call(listRunsRoute, { query: { parentRunId: list.id } });
  expect(page.url()).toContain(items.find(({ parent }) => parent?.item === 1)?.id ?? 'nowhere');
});
