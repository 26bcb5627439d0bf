// What a role may not do is not offered: a viewer walks through every page without a refusal. And who sees a project is
// managed on its page, and counts at once for whoever has it open.
import { loginRoute } from '@gathering/contract/auth';
import { createProjectRoute, listProjectMembersRoute } from '@gathering/contract/projects';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { withToken } from '../../server/test/api.ts';
import { makeProject } from '../../server/test/make-repository.ts';
import { hashOnce, insertUser } from '../../server/test/make-user.ts';
import { dashboardOfFile } from './dashboard.ts';

const password = 'a long sentence for everybody';
const viewer = { id: '', email: '' };
const dashboard = dashboardOfFile({
  prepare: async (database) => {
    const { id, email } = await insertUser(database, { role: 'viewer', passwordHash: await hashOnce(password) });
    Object.assign(viewer, { id, email });
  },
});

async function enter(): Promise<Page> {
  const page = await dashboard.openPage({ signedIn: false });
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(viewer.email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  return page;
}

it('a viewer finds no dead end: every page is readable, and nothing that would be refused is offered', async () => {
  const page = await enter();
  const refused: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`);
  });
  const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
  await links.filter({ hasText: 'Settings' }).waitFor();
  expect(await links.allTextContents()).not.toContain('Audit');
  const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
  expect(addresses.length).toBeGreaterThan(7);
  const doing = /^(New|Add|Run|Save|Chat|Edit|Test|Remove|Cancel|Make default)\b/;
  const offered: string[] = [];
  const look = async (address: string): Promise<void> => {
    await page.goto(address);
    await page.waitForLoadState('networkidle');
    for (const role of ['button', 'link'] as const)
      for (const control of await page.locator('main').getByRole(role, { name: doing, disabled: false }).all())
        offered.push(`${address}: ${await control.textContent()}`);
  };
  for (const address of addresses) await look(address);
  // What the lists lead to.
  for (const list of ['/pipelines', '/agents']) {
    await page.goto(list);
    const row = page.locator('main').getByRole('link').first();
    await row.waitFor();
    await look((await row.getAttribute('href')) ?? '');
  }
  await page.getByText('not chat with them').waitFor();
  await page.keyboard.press('/');
  await page.getByPlaceholder('Search pages').waitFor();
  expect(await page.getByRole('option', { name: /^(New|Add|Run) / }).count()).toBe(0);
  expect(offered).toEqual([]);
  expect(refused).toEqual([]);
});

it('an owner adds a member and takes them out again; a page that is open shows it at once', async () => {
  const { api } = dashboard;
  const folder = makeProject({ 'a.txt': 'a\n' });
  const { id } = await api.call(createProjectRoute, { body: { name: 'Shared', folder } });
  const theirs = await enter();
  await theirs.goto('/projects');
  await theirs.getByText('No project yet').waitFor();
  await theirs.getByText('Live', { exact: true }).waitFor();

  const page = await dashboard.openPage();
  await page.goto('/projects');
  await page.getByRole('link', { name: 'Shared' }).first().click();
  await page.getByRole('button', { name: 'Add a member' }).click();
  await page.getByLabel('Name or e-mail').fill(viewer.email.slice(0, 12));
  await page.getByRole('button', { name: `Add ${viewer.email}` }).click();
  await page.getByRole('list', { name: 'Members' }).getByText(viewer.email).waitFor();
  await theirs.getByText('Shared', { exact: true }).first().waitFor();

  await page.getByRole('button', { name: `Remove ${viewer.email}` }).click();
  await page.getByRole('button', { name: 'Remove the member' }).click();
  await page.getByRole('list', { name: 'Members' }).getByText(viewer.email).waitFor({ state: 'detached' });
  await theirs.getByText('No project yet').waitFor();
  const { items } = await api.call(listProjectMembersRoute, { params: { id } });
  expect(items.map(({ userId }) => userId)).not.toContain(viewer.id);
  const { accessToken } = await api.call(loginRoute, { body: { email: viewer.email, password } });
  const read = await withToken(dashboard.url, accessToken).request('GET', `/api/projects/${id}/members`);
  expect(read.status).toBe(404);
});
