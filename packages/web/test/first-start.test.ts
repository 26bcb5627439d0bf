// The first minutes of a newcomer: the link that the first start prints, the owner, Home, and the way back in.
import { expect, it } from 'vitest';
import { waitFor } from '../../server/test/wait-for.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile({ hasOwner: false });

const me = { name: 'Ada', email: 'ada@example.org', password: 'a long test sentence' };

const readSetupLink = () =>
  waitFor('the one-time link', () => /(http\S+\/setup\?token=\S+)/.exec(dashboard.printed)?.[1]);

// promise: first-start-by-link
it('the one-time link makes the owner, who lands on Home, signs out and signs in again', async () => {
  const page = await dashboard.openPage();
  await page.goto(dashboard.url);
  await page.getByRole('heading', { name: 'Nobody owns this server yet' }).waitFor();

  const link = await readSetupLink();
  await page.goto(link);
  await page.getByLabel('Your name').fill(me.name);
  await page.getByLabel('E-mail').fill(me.email);
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Become the owner' }).click();
  await page.getByRole('alert').filter({ hasText: '12 characters' }).waitFor();
  await page.getByLabel('Password').fill(me.password);
  await page.getByRole('button', { name: 'Become the owner' }).click();
  await page.getByText('Nothing waits for you.').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  expect(await page.title()).toBe('Home · GatheRing');

  await page.getByRole('button', { name: 'You and your settings' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await page.evaluate('JSON.stringify(localStorage) + JSON.stringify(sessionStorage)')).not.toMatch(/token/i);

  await page.getByLabel('E-mail').fill(me.email);
  await page.getByLabel('Password').fill('another long sentence');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').filter({ hasText: 'password' }).waitFor();
  dashboard.expectNotes(/401 \(Unauthorized\)/);
  await page.getByLabel('Password').fill(me.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Nothing waits for you.').waitFor();

  await page.goto(link);
  await page.getByText('Nothing waits for you.').waitFor();
});

it('who is not signed in is led to where they wanted to go after signing in', async () => {
  const page = await dashboard.openPage();
  await page.goto('/runs?status=failed');
  await page.getByLabel('E-mail').fill(me.email);
  await page.getByLabel('Password').fill(me.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
  expect(new URL(page.url()).search).toBe('?status=failed');
});
