// The pages that the server writes itself work under its own policy: nothing is blocked, and the console stays silent.
import { expect, it } from 'vitest';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

it('the reference of the API shows every route, and one of them in detail', async () => {
  const page = await dashboard.openPage({ signedIn: false });
  await page.goto('/api/docs');
  const route = page.locator('.opblock', { hasText: '/api/auth/login' }).first();
  await route.waitFor();
  await route.locator('button').first().click();
  await route.getByText('Responses').first().waitFor();
  expect(await page.locator('.opblock').count()).toBeGreaterThan(40);
});

it('the list of errors is a table', async () => {
  const page = await dashboard.openPage({ signedIn: false });
  await page.goto('/api/docs/errors');
  await page.getByRole('row').filter({ hasText: 'request.too-many' }).waitFor();
});
