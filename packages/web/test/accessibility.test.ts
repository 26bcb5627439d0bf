// Every page of a new server, dark and light: axe finds nothing, nothing moves, and the console stays silent.
import { expect, it } from 'vitest';
import { dashboardOfFile } from './dashboard.ts';
import { findOnEach, lists, look } from './look-at-pages.ts';

const dashboard = dashboardOfFile();

it('nothing is found on the pages of a new server', async () => {
  const page = await dashboard.openPage();
  expect(
    await findOnEach(page, [
      ...lists,
      '/pipelines/new',
      '/pipelines?import=1',
      '/schedules?new=1',
      '/calendar?view=week',
      '/calendar?view=agenda',
      '/agents?new=1',
      '/tasks?new=1',
      '/personas?new=1',
      '/projects?new=1',
      '/models?new=1',
      '/users?invite=1',
      '/account/api-keys?new=1',
      '/nowhere',
    ]),
  ).toEqual([]);
});

it('nothing that is shown moves when more of its page arrives', async () => {
  const page = await dashboard.openPage();
  await page.addInitScript(`{
    window.moved = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  }`);
  const moved: [string, number][] = [];
  for (const address of lists) {
    await page.goto(address);
    await page.locator('h1').first().waitFor({ state: 'attached' });
    await page.waitForLoadState('networkidle');
    moved.push([address, await page.evaluate('window.moved')]);
  }
  expect(moved.filter(([, share]) => share > 0.01)).toEqual([]);
});

it('an address that names nothing says so and leads on', async () => {
  const page = await dashboard.openPage();
  const nobody = '01994f3e-7a6b-7c1d-9e2f-3a4b5c6d7e8f';
  const places: [string, string, string][] = [
    [`/runs/${nobody}`, 'There is no such run', '/runs'],
    ['/runs/nonsense', 'There is no such page', '/runs'],
    [`/pipelines/${nobody}`, 'There is no such pipeline', '/pipelines'],
    ['/pipelines/nonsense', 'There is no such page', '/pipelines'],
    [`/tasks/${nobody}`, 'There is no such background run', '/tasks'],
    [`/agents/${nobody}`, 'There is no such agent', '/agents'],
    [`/schedules/${nobody}`, 'There is no such schedule', '/schedules'],
  ];
  for (const [address, title, back] of places) {
    await page.goto(address);
    await page.getByRole('heading', { name: title }).waitFor();
    expect(await look(page)).toEqual([]);
    await page.getByRole('link', { name: /^See all/ }).click();
    await page.waitForURL(`**${back}`);
  }
  dashboard.expectNotes(/40[04] \((?:Not Found|Bad Request)\)/);
});

it('nothing is found where one signs in', async () => {
  const page = await dashboard.openPage({ signedIn: false });
  expect(
    await findOnEach(page, ['/sign-in', '/register', '/invitation#token=a', '/reset-password#token=a', '/invitation']),
  ).toEqual([]);
});
