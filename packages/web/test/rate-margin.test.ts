// How much the dashboard asks for at its busiest: pages that are kept fresh while runs make news without a pause. The limits of
// its server leave at least five times as much, so that nobody who only looks is ever refused.
import { setTimeout as pause } from 'node:timers/promises';
import { rates, rateWindowSeconds } from '@gathering/contract/rates';
import { expect, it } from 'vitest';
import { chain, makeDefinition, startDefinition, waitForEnd } from '../../server/test/api.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile({ env: () => ({ GATHERING_RATE_LIMITS: 'default' }) });
const margin = 5;
const starts = 40;
const stormMs = 6_000;

/** What a minute at this pace would have; the first page with all that it needs is counted once. */
function perMinute(times: readonly number[], fromMs: number, toMs: number): number {
  const minutes = (toMs - fromMs) / (rateWindowSeconds * 1_000);
  return Math.ceil(times.filter((at) => at >= fromMs).length / minutes) + times.filter((at) => at < fromMs).length;
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
  await page.waitForLoadState('networkidle');
  const from = performance.now();
  for (let at = 1; at <= starts; at += 1) {
    await waitForEnd(dashboard.api, (await startDefinition(dashboard.api, definition)).id);
    // Spread over several of the pauses between two readings: fewer would count one more or less by chance.
    await pause(Math.max(0, from + (at * stormMs) / starts - performance.now()));
  }
  const to = performance.now();
  const [read, written] = [perMinute(reads, from, to), perMinute(writes, from, to)];
  process.stdout.write(`${place}: ${read} reads and ${written} writes a minute, over ${Math.round(to - from)} ms\n`);
  expect(refused).toEqual([]);
  expect(reads.length).toBeGreaterThan(0);
  expect(read * margin).toBeLessThanOrEqual(rates.relaxed.perMinute);
  expect(written * margin).toBeLessThanOrEqual(rates.standard.perMinute);
});
