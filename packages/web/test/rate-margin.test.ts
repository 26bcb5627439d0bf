// How much the dashboard asks for at its busiest: pages that are kept fresh while runs make news without a pause. The limits of
// its server leave at least five times as much, so that nobody who only looks is ever refused.
import { rates, rateWindowSeconds } from '@gathering/contract/rates';
import { expect, it } from 'vitest';
import { chain, makeDefinition, startDefinition, waitForEnd } from '../../server/test/api.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile({ env: () => ({ GATHERING_RATE_LIMITS: 'default' }) });
const margin = 5;

/** The most requests of any window. */
function busiest(times: readonly number[]): number {
  const windowMs = rateWindowSeconds * 1_000;
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
}

it.each(['/', '/runs', '/activity', '/inbox', 'the run itself'])('%s stays far below the limits', async (place) => {
  const reads: number[] = [];
  const writes: number[] = [];
  const refused: string[] = [];
  const nodes = Array.from({ length: 12 }, (_, at) => ({
    id: `n${at}`,
    type: 'action',
    config: { kind: 'notify', title: `Told ${at}` },
  }));
  const definition = makeDefinition(`Telling at ${place}`, nodes, chain('start', ...nodes.map(({ id }) => id)));
  const first = await startDefinition(dashboard.api, definition);
  const page = await dashboard.openPage();
  page.on('request', (request) => {
    if (!new URL(request.url()).pathname.startsWith('/api/')) return;
    (request.method() === 'GET' ? reads : writes).push(performance.now());
  });
  page.on('response', (response) => {
    if (response.status() === 429) refused.push(response.url());
  });
  await page.goto(place.startsWith('/') ? place : `/runs/${first.id}`);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  for (let at = 0; at < 12; at += 1)
    await waitForEnd(dashboard.api, (await startDefinition(dashboard.api, definition)).id);
  await page.waitForLoadState('networkidle');
  process.stdout.write(`${place}: ${busiest(reads)} reads and ${busiest(writes)} writes in the busiest minute\n`);
  expect(refused).toEqual([]);
  expect(reads.length).toBeGreaterThan(0);
  expect(busiest(reads) * margin).toBeLessThanOrEqual(rates.relaxed.perMinute);
  expect(busiest(writes) * margin).toBeLessThanOrEqual(rates.standard.perMinute);
});
