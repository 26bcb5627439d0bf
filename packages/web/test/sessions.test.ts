// Signed in by a cookie: a reload keeps it, two tabs share it, what ends it in one ends it in the other, and one comes back to
// where one was. The pages of sessions and API keys.
import { loginRoute } from '@gathering/contract/auth';
import { createClient } from '@gathering/contract/client';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { withToken } from '../../server/test/api.ts';
import { owner } from '../../server/test/server-process.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
const unauthorized = /401 \(Unauthorized\)/;

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password').fill(owner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const live = (page: Page) => page.getByText('Live', { exact: true }).waitFor();

it('a reload keeps the session, no script can read it, and signing out in one tab signs out the other', async () => {
  const page = await dashboard.openPage({ signedIn: false });
  await page.goto('/pipelines');
  await signIn(page);
  await page.getByRole('heading', { name: 'Pipelines', exact: true }).waitFor();
  await live(page);
  expect(await page.evaluate('document.cookie')).toBe('');
  expect(await page.evaluate('JSON.stringify(localStorage) + JSON.stringify(sessionStorage)')).not.toMatch(/token/i);
  await page.reload();
  await live(page);

  const other = await page.context().newPage();
  await other.goto('/runs');
  await live(other);
  await page.getByRole('button', { name: 'You and your settings' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(new URL(other.url()).searchParams.get('next')).toBe('/runs');
  // Signing in again in one tab brings the other back to where it was.
  await signIn(page);
  await live(page);
  await other.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
  dashboard.expectNotes(unauthorized);
});

it('a session that ends in the middle of work leads to the sign-in page and back, and what was typed is still there', async () => {
  const page = await dashboard.openPage({ signedIn: false });
  await page.goto('/agents');
  await signIn(page);
  await page.getByRole('button', { name: 'Chat' }).first().click();
  const field = page.getByRole('textbox', { name: /^Message to/ });
  await field.fill('Half a thought');
  await live(page);
  const place = new URL(page.url()).pathname;

  const { accessToken } = await createClient({ baseUrl: dashboard.url })(loginRoute, { body: owner });
  const elsewhere = withToken(dashboard.url, accessToken);
  await elsewhere.request('POST', '/api/auth/logout-everywhere');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  dashboard.expectNotes(unauthorized);
  await signIn(page);
  await field.waitFor();
  expect(new URL(page.url()).pathname).toBe(place);
  expect(await field.inputValue()).toBe('Half a thought');
});

it('a session of another browser is seen and ended on the page of sessions', async () => {
  const page = await dashboard.openPage({ signedIn: false });
  const far = await dashboard.openPage({ signedIn: false, userAgent: phone });
  await far.goto('/');
  await signIn(far);
  await live(far);
  await page.goto('/account/sessions');
  await signIn(page);
  const rows = page.getByRole('table', { name: 'Sessions' }).getByRole('row');
  await rows.filter({ hasText: 'this one' }).filter({ hasText: 'Chrome' }).waitFor();
  const ofFar = rows.filter({ hasText: 'Safari on iPhone' });
  await ofFar.getByRole('button', { name: 'End the session of Safari on iPhone' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End the session' }).click();
  await far.getByRole('heading', { name: 'Sign in' }).waitFor();
  await ofFar.waitFor({ state: 'detached' });
  dashboard.expectNotes(unauthorized);
});

it('an API key is made with chosen permissions, shown once, works, and is revoked', async () => {
  const page = await dashboard.openPage({ signedIn: false });
  await page.goto('/');
  await signIn(page);
  await live(page);
  await page.getByRole('button', { name: 'You and your settings' }).click();
  await page.getByRole('menuitem', { name: 'API keys' }).click();
  await page.getByText('No API key yet').waitFor();
  await page.getByRole('button', { name: 'New API key' }).first().click();
  const dialog = page.getByRole('dialog');
  // What was only passed through is no fault yet.
  await dialog.getByLabel('Only what I choose').click();
  expect(await dialog.getByRole('alert').count()).toBe(0);
  await dialog.getByLabel('Name').fill('Nightly');
  await dialog.getByRole('button', { name: 'Make the key' }).click();
  await dialog.getByText('Choose at least one.').waitFor();
  await dialog.getByLabel('pipelines.read').check();
  await dialog.getByRole('button', { name: 'Make the key' }).click();
  await page.getByRole('dialog', { name: 'Copy the key now' }).waitFor();
  await page.keyboard.press('Escape');
  const key = (await page.getByRole('dialog', { name: 'Copy the key now' }).getByText(/^gk_/).textContent()) ?? '';
  const api = withToken(dashboard.url, key);
  expect((await api.request('GET', '/api/pipelines')).status).toBe(200);
  expect((await api.request('GET', '/api/agents')).status).toBe(403);
  await page.getByRole('button', { name: 'I have it' }).click();
  const row = page.getByRole('table', { name: 'API keys' }).getByRole('row').filter({ hasText: 'Nightly' });
  await row.waitFor();
  expect(await page.content()).not.toContain(key);
  await row.getByRole('button', { name: 'Revoke Nightly' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke the key' }).click();
  await page.getByText('No API key yet').waitFor();
  expect((await api.request('GET', '/api/pipelines')).status).toBe(401);
});

it('signing in is sent once however often it is pressed, and a refusal leads to what is to be mended', async () => {
  const page = await dashboard.openPage({ signedIn: false });
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let sent = 0;
  await page.route('**/api/auth/browser-login', async (route) => {
    sent += 1;
    await held;
    await route.continue();
  });
  await page.goto('/sign-in');
  await page.getByText('Forgot your password?', { exact: false }).waitFor();
  await page.getByLabel('E-mail').fill(owner.email);
  const field = page.getByLabel('Password');
  await field.fill('not the password');
  const button = page.getByRole('button', { name: 'Sign in' });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.locator('button[aria-disabled="true"]').waitFor();
  await page.keyboard.press('Enter');
  await field.press('Enter');
  await button.focus();
  await button.and(page.locator(':focus')).waitFor();
  answer();
  await page.getByText('The e-mail or the password is wrong.').waitFor();
  await field.and(page.locator(':focus')).waitFor();
  expect(sent).toBe(1);
  dashboard.expectNotes(unauthorized);
});

it('what is to be copied is copied over plain HTTP too, where the browser has no clipboard', async () => {
  const page = await dashboard.openPage({ signedIn: false });
  await page.addInitScript(`Object.defineProperty(navigator, 'clipboard', { value: undefined })`);
  await page.goto('/users?invite=1');
  await signIn(page);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill('copy@example.org');
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  const link = await dialog.getByLabel('Link of the invitation').inputValue();
  const copy = dialog.getByRole('button', { name: 'Copy the link' });
  await copy.click();
  await dialog.getByRole('button', { name: 'Copied' }).waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByLabel('Search users').focus();
  await page.keyboard.press('ControlOrMeta+V');
  expect(await page.getByLabel('Search users').inputValue()).toBe(link.slice(0, 100));
});
