// The audit page: filters in the address, an entry with all that it says, the seal, a verification, an export; new
// entries come by themselves.
import { readFile } from 'node:fs/promises';
import { verifyAuditRoute } from '@gathering/contract/audit';
import { meRoute } from '@gathering/contract/auth';
import { changeSettingsRoute } from '@gathering/contract/operations';
import { expect, it } from 'vitest';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

it('shows what comes, by filters that stay in the address, with the details of each entry', async () => {
  const page = await dashboard.openPage();
  await page.goto('/audit');
  const list = page.getByRole('table', { name: 'Audit entries' });
  await list.getByText('auth.sign-in').first().waitFor();
  await dashboard.api.call(changeSettingsRoute, { body: { eventRetentionDays: 77 } });
  await list.getByText('operations.change-settings').first().waitFor();
  const { name } = await dashboard.api.call(meRoute, {});
  await list.getByRole('row', { name: new RegExp(`change-settings .*${name}`) }).waitFor();
  // All of a row is in sight, its button too.
  const box = await list.getByRole('button', { name: 'Details' }).first().boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? Number.NaN)).toBeLessThanOrEqual(1280);

  await page.getByRole('button', { name: 'Action' }).click();
  await page.getByRole('menuitem', { name: 'operations.change-settings' }).click();
  await list.getByText('auth.sign-in').first().waitFor({ state: 'detached' });
  expect(new URL(page.url()).search).toBe('?action=operations.change-settings');
  await page.reload();
  await list.getByText('operations.change-settings').first().waitFor();
  // From one action the menu leads to another.
  await page.getByRole('button', { name: 'Action: operations.change-settings' }).click();
  await page.getByRole('menuitem', { name: 'auth.sign-in' }).waitFor();
  await page.keyboard.press('Escape');
  expect(await list.getByText('auth.sign-in').count()).toBe(0);

  await list.getByRole('button', { name: 'Details' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('settings/all').waitFor();
  await dialog.getByText('eventRetentionDays').waitFor();
  await dialog.getByRole('button', { name: 'All that was done to this' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect([...new URL(page.url()).searchParams]).toEqual([['object', 'settings/all']]);

  await page.goto('/audit?result=failed');
  await page.getByText('Nothing fits these filters.').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await list.getByText('auth.sign-in').first().waitFor();
  expect(new URL(page.url()).search).toBe('');
});

it('says how far it is sealed, verifies, and knows a head that does not hold', async () => {
  const page = await dashboard.openPage();
  await page.goto('/audit');
  await page.getByText(/Sealed up to position \d+\./).waitFor();
  await page.getByRole('button', { name: 'Verify' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Verify' }).click();
  await dialog.getByText('Whole', { exact: true }).waitFor();
  await dialog.getByLabel('A head that you kept').fill('1:abc');
  await dialog.getByText('Expected <position>:<hash>.').waitFor();
  // The verdict was on no head at all.
  await dialog.getByText('Whole', { exact: true }).waitFor({ state: 'detached' });
  const { hash } = await dashboard.api.call(verifyAuditRoute, { body: {} });
  await dialog.getByLabel('A head that you kept').fill(`1:${hash}`);
  await dialog.getByRole('button', { name: 'Verify' }).click();
  await dialog.getByText('Broken', { exact: true }).waitFor();
  await dialog.getByText(/Position 1 had another hash/).waitFor();
});

it('exports what the filters let through', async () => {
  const page = await dashboard.openPage();
  await page.goto('/audit?action=auth.sign-in');
  await page.getByRole('table', { name: 'Audit entries' }).getByText('auth.sign-in').first().waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('audit.jsonl');
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as { action: string; position: number | null });
  expect(entries.length).toBeGreaterThan(0);
  expect(new Set(entries.map(({ action }) => action))).toEqual(new Set(['auth.sign-in']));
});
