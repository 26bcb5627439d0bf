// Personas through the browser: a ready one is read and taken as a beginning, one's own is changed, duplicated and
// removed, and refusals are said in the words of the server.
import { createAgentRoute, createPersonaRoute, listPersonasRoute, removeAgentRoute } from '@gathering/contract/agents';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

async function choose(page: Page, persona: string, entry: string): Promise<void> {
  await page.getByRole('button', { name: `More for ${persona}`, exact: true }).click();
  await page.getByRole('menuitem', { name: entry }).click();
}

async function personasByName() {
  const { items } = await dashboard.api.call(listPersonasRoute, { query: { limit: 200 } });
  return new Map(items.map((persona) => [persona.name, persona]));
}

it('a ready persona is read, and one of the own is made from it', async () => {
  const [ready] = [...(await personasByName()).values()];
  const name = ready?.name ?? '';
  const page = await dashboard.openPage();
  await page.goto('/agents');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Personas' }).click();
  await page.getByRole('heading', { name: 'Personas' }).waitFor();
  await rowOf(page, name).getByRole('link').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('cannot be changed or removed').waitFor();
  expect(await dialog.textContent()).toContain(ready?.instructions.split('\n')[0]);
  expect(await dialog.getByRole('textbox').count()).toBe(0);

  await dialog.getByRole('link', { name: 'Make your own' }).click();
  await page.getByRole('dialog', { name: `Your own from ${name}` }).waitFor();
  expect(await dialog.getByLabel('Role').inputValue()).toBe(ready?.role);
  await dialog.getByLabel('Name').fill('Own beginning');
  await dialog.getByLabel('Communication style').selectOption('concise');
  await dialog.getByRole('button', { name: 'Create persona' }).click();
  await dialog.waitFor({ state: 'detached' });
  await rowOf(page, 'Own beginning').getByText('own', { exact: true }).waitFor();

  const made = (await personasByName()).get('Own beginning');
  expect(made).toMatchObject({
    builtIn: false,
    communicationStyle: 'concise',
    role: ready?.role,
    traits: ready?.traits,
    specializations: ready?.specializations,
    instructions: ready?.instructions,
  });
});

it('faults are told beside their fields, and nothing is sent before they are mended', async () => {
  const before = (await personasByName()).size;
  const page = await dashboard.openPage();
  await page.goto('/personas?new=1');
  const dialog = page.getByRole('dialog', { name: 'New persona' });
  await dialog.getByLabel('Name').fill('Faulty');
  await dialog.getByText('Traits').click();
  await dialog.getByRole('button', { name: 'Create persona' }).click();
  await dialog.getByText('This is needed.', { exact: true }).waitFor();
  await dialog.getByText('Item 1: This is needed.').waitFor();
  expect((await personasByName()).size).toBe(before);
  await dialog.getByLabel('Role').fill('Finds faults');
  await dialog.getByRole('button', { name: 'Remove item 1' }).first().click();
  await dialog.getByRole('button', { name: 'Create persona' }).click();
  await rowOf(page, 'Faulty').waitFor();
  expect((await personasByName()).get('Faulty')).toMatchObject({ role: 'Finds faults', traits: [] });
});

it('what is half written survives a reload, and is gone once it was discarded', async () => {
  const page = await dashboard.openPage();
  const role = page.getByRole('dialog').getByLabel('Role');
  const { id } = await dashboard.api.call(createPersonaRoute, { body: { name: 'Changing', role: 'Old' } });
  for (const address of ['/personas?new=1', `/personas?persona=${id}`]) {
    await page.goto(address);
    await role.fill('Half a thought');
    await page.reload();
    await role.waitFor();
    expect(await role.inputValue()).toBe('Half a thought');
    await page.getByRole('button', { name: 'Discard' }).click();
    await role.waitFor({ state: 'detached' });
    await page.goto(address);
    expect(await role.inputValue()).not.toBe('Half a thought');
  }
  await role.fill('New');
  await page.getByRole('button', { name: 'Save' }).click();
  await role.waitFor({ state: 'detached' });
  await rowOf(page, 'Changing').getByText('New', { exact: true }).waitFor();
});

it('a name that is taken and an agent that uses a persona are refused with what to do', async () => {
  const { api } = dashboard;
  const { id: personaId } = await api.call(createPersonaRoute, { body: { name: 'Busy', role: 'Works' } });
  const agent = await api.call(createAgentRoute, { body: { name: 'Worker', personaId } });
  const page = await dashboard.openPage();
  await page.goto('/personas');
  await choose(page, 'Busy', 'Duplicate');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Busy');
  await dialog.getByRole('button', { name: 'Create persona' }).click();
  await dialog.getByRole('alert').getByText('A persona of this name exists.').waitFor();
  await dialog.getByRole('button', { name: 'Discard' }).click();

  await choose(page, 'Busy', 'Remove…');
  const remove = dialog.getByRole('button', { name: 'Remove the persona' });
  await remove.click();
  await dialog.getByRole('alert').getByText('Agents use this persona.').waitFor();
  await dialog.getByText('Give them another persona first.').waitFor();
  await api.call(removeAgentRoute, { params: { id: agent.id } });
  await remove.click();
  await dialog.waitFor({ state: 'detached' });
  await rowOf(page, 'Busy').waitFor({ state: 'detached' });
  expect((await personasByName()).has('Busy')).toBe(false);
  dashboard.expectNotes(/409 \(Conflict\)/);
});

it('ready personas offer no removal, and every persona is found by the palette and the keys', async () => {
  const [ready] = [...(await personasByName()).values()];
  const name = ready?.name ?? '';
  const page = await dashboard.openPage();
  await page.goto('/');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await page.getByRole('heading', { level: 1, name: 'Personas' }).waitFor();
  await page.getByRole('button', { name: `More for ${name}`, exact: true }).click();
  expect(await page.getByRole('menuitem').allTextContents()).toEqual(['Read', 'Make your own']);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`persona ${name}`);
  await page.getByRole('option', { name }).filter({ hasText: 'ready' }).click();
  await page.getByRole('dialog', { name }).getByText('cannot be changed').waitFor();
});

it('no persona, a list that cannot be read and one that is not there say what to do', async () => {
  const page = await dashboard.openPage();
  const list = '**/api/personas?*';
  await page.route(list, (route) => route.fulfill({ json: { items: [], nextCursor: null } }));
  await page.goto('/personas');
  await page.getByText('No persona yet').waitFor();
  await page.unroute(list);
  const held = Promise.withResolvers<void>();
  await page.route(list, async (route) => {
    await held.promise;
    await route.fulfill({ status: 500, body: '' });
  });
  await page.reload();
  await page.getByRole('status', { name: 'Loading' }).waitFor();
  held.resolve();
  const again = page.getByRole('button', { name: 'Try again' });
  await again.waitFor();
  await page.unroute(list);
  await again.click();
  await page.getByRole('table', { name: 'Personas' }).waitFor();

  await page.goto('/personas?persona=01980000-0000-7000-8000-000000000000');
  await page.getByRole('dialog').getByText('There is no such persona.').waitFor();
  dashboard.expectNotes(/status of (?:404|500)/);
});
