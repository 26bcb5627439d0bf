// Schedules as a person meets them: made from a form that shows the next instants while one types, run by hand, paused alone
// and all at once, edited with a look back, and found in the calendar. Changes come by themselves.
import { listSchedulesRoute } from '@gathering/contract/schedules';
import { expect, it } from 'vitest';
import { waitFor } from '../../server/test/wait-for.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

it('a schedule is made, refused with reasons, run, paused, compared with the past and seen in the calendar', async () => {
  const page = await dashboard.openPage();
  await page.goto('/schedules');
  await page.getByText('No schedule yet').waitFor();
  await page.getByRole('button', { name: 'New schedule' }).first().click();
  const dialog = page.getByRole('dialog');
  const next = dialog.getByRole('region', { name: 'Next instants' });
  await expect.poll(() => next.getByRole('listitem').count()).toBe(10);
  // What never comes due says so while one types, and is not sent.
  await dialog.getByLabel('Name').fill('Morning');
  await dialog.getByLabel('Cron expression').fill('0 0 30 2 *');
  await next.getByText('No day ever matches this expression').waitFor();
  await dialog.getByLabel('Then').selectOption('send_notification');
  await dialog.getByLabel('Headline').fill('Good morning');
  await dialog.getByRole('button', { name: 'Create schedule' }).click();
  await dialog.locator('[aria-invalid="true"]').first().waitFor();
  expect((await dashboard.api.call(listSchedulesRoute, { query: {} })).items).toEqual([]);
  await dialog.getByLabel('Cron expression').fill('*/5 * * * *');
  await expect.poll(() => next.getByRole('listitem').count()).toBe(10);
  await dialog.getByRole('button', { name: 'Create schedule' }).click();
  await page.getByRole('heading', { name: 'Morning', level: 1 }).waitFor();

  await page.getByText('Nothing came due yet').waitFor();
  await page.getByRole('button', { name: 'Run now' }).click();
  const receipts = page.getByRole('table', { name: 'Receipts' });
  await receipts.getByText('by hand').waitFor();
  await receipts.getByText('Completed').waitFor();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();

  await page.getByRole('button', { name: 'Edit' }).click();
  await dialog.getByLabel('Cron expression').fill('0 * * * *');
  await dialog.getByRole('button', { name: 'Compare with the past month' }).click();
  await dialog.getByRole('region', { name: 'Back-test' }).getByText('720 instants in place of').waitFor();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('0 * * * *').first().waitFor();

  await page.goto('/schedules');
  await page.getByRole('button', { name: 'Pause all' }).click();
  await page.getByText('All schedules are paused since').waitFor();
  const elsewhere = await dashboard.openPage();
  await elsewhere.goto('/schedules');
  await elsewhere.getByText('All schedules are paused since').waitFor();
  await elsewhere.getByRole('button', { name: 'Resume all' }).click();
  await page.getByRole('button', { name: 'Pause all' }).waitFor();

  await page.goto('/calendar');
  await page
    .getByRole('link', { name: /Morning/ })
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Agenda' }).click();
  await page.getByText('Completed, on time').first().waitFor();
  await page.getByRole('button', { name: 'Later' }).click();
  await waitFor('the address to move', () => page.url().includes('day='));
  await page
    .getByRole('link', { name: /Morning/ })
    .first()
    .click();
  await page.getByRole('heading', { name: 'Morning', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'More for Morning' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove the schedule' }).click();
  await page.getByText('No schedule yet').waitFor();
});
