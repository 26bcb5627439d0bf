// A background run in the browser: started, watched step by step while it works, steered, paused, resumed, cancelled.
import { createAgentRoute, listPersonasRoute } from '@gathering/contract/agents';
import { createProviderRoute } from '@gathering/contract/providers';
import { expect, it } from 'vitest';
import { type ChatAnswer, type ChatModel, startChatModel } from '../../server/test/fakes/chat-model.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

/** An agent of this name whose model answers in order. */
async function makeAgent(name: string, answers: readonly ChatAnswer[]): Promise<ChatModel> {
  const { api } = dashboard;
  const model = await startChatModel((asked) => answers[asked] ?? answers.at(-1) ?? {});
  const provider = name.toLowerCase();
  await api.call(createProviderRoute, {
    body: { name: provider, kind: 'openai-compatible', baseUrl: model.baseUrl, models: [{ id: 'fake-1' }] },
  });
  const { items } = await api.call(listPersonasRoute, { query: {} });
  await api.call(createAgentRoute, {
    body: { name, personaId: items[0]?.id ?? '', model: { provider, model: 'fake-1' }, skills: [] },
  });
  return model;
}

const plan = (...statuses: string[]) => ({
  tool: 'tasks_set_plan',
  input: {
    steps: statuses.map((status, at) => ({ step: at === 0 ? 'Count the stars' : 'Tell their number', status })),
  },
});
const finish = (result: string) => ({ tool: 'tasks_finish', input: { reached: true, result } });

async function startOnPage(page: Awaited<ReturnType<typeof dashboard.openPage>>, agent: string, goal: string) {
  await page.goto('/tasks');
  await page.getByRole('button', { name: 'New background run' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New background run' });
  await dialog.getByLabel('Goal').fill(goal);
  await dialog.getByLabel('Agent').locator('option', { hasText: agent }).waitFor({ state: 'attached' });
  await dialog.getByLabel('Agent').selectOption({ label: agent });
  await dialog.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('heading', { name: goal }).waitFor();
}

it('a goal is started, seen at work with plan and steps, steered, and read to its result', async () => {
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const model = await makeAgent('Stargazer', [
    {
      calls: [
        plan('doing', 'open'),
        { tool: 'tasks_note_progress', input: { note: 'Begun at the north.', percent: 30 } },
      ],
    },
    { text: 'The north is counted.', hold: first.promise },
    { calls: [plan('done', 'done'), finish('There are **nine** stars.')], hold: second.promise },
    { text: 'Done.' },
  ]);
  const page = await dashboard.openPage();
  await page.goto('/tasks');
  await page.getByText('No agent works in the background').waitFor();
  await startOnPage(page, 'Stargazer', 'Count the stars of the north.');
  // Its first turn has not ended: plan, note and steps are there all the same.
  const about = page.getByRole('region', { name: 'Goal and plan' });
  await about.getByText('Tell their number').waitFor();
  await about.getByText('Begun at the north.').waitFor();
  expect(await about.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('30');
  await page.getByRole('button', { name: /tasks_set_plan/ }).waitFor();

  await page.getByLabel('Steer it').fill('Also say how sure you are.');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('Waits for the next turn').waitFor();
  first.resolve();
  await page.getByText('Read by turn 2').waitFor();
  expect(model.calls[2]?.body).toContain('Also say how sure you are.');
  second.resolve();
  await page.getByRole('status').getByText('Completed').waitFor();
  await page.getByRole('article').getByText('nine').waitFor();
  // Each step of the past is still to be read.
  await page.getByRole('tab', { name: 'Steps' }).click();
  await page.getByLabel('Turn', { exact: true }).selectOption('1');
  await page.getByRole('button', { name: /tasks_note_progress/ }).click();
  await page.getByText('Begun at the north.').nth(1).waitFor();
  expect(new URL(page.url()).searchParams.get('turn')).toBe('1');
  await page.goto('/tasks');
  await page.getByRole('row').filter({ hasText: 'Count the stars of the north.' }).getByText('Completed').waitFor();
});

it('it is paused where its step ends, resumed, and cancelled at once, by keyboard', async () => {
  const [first, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const model = await makeAgent('Counter', [
    { calls: [plan('doing', 'open')], hold: first.promise },
    { text: 'one two', hold: rest.promise },
  ]);
  const page = await dashboard.openPage();
  await startOnPage(page, 'Counter', 'Count the stars of the south.');
  const status = page.locator('header').getByRole('status');
  await page.getByRole('button', { name: 'Pause' }).press('Enter');
  await status.getByText('Pausing').waitFor();
  first.resolve();
  await status.getByText('Paused').waitFor();
  expect(model.calls).toHaveLength(1);
  await page.getByRole('button', { name: 'Resume' }).press('Enter');
  await status.getByText('Running').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).press('Enter');
  await page.getByRole('button', { name: 'Cancel the background run' }).press('Enter');
  await status.getByText('Cancelled').waitFor();
  expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  rest.resolve();
  await page.reload();
  await status.getByText('Cancelled').waitFor();
});

it('one that did not reach its goal says why and what to do', async () => {
  await makeAgent('Talker', [{ calls: [plan('open')] }, { text: 'I shall begin soon.' }]);
  const page = await dashboard.openPage();
  await startOnPage(page, 'Talker', 'Count the stars of the east.');
  const alert = page.getByRole('alert');
  await alert.getByText('its turns brought nothing new').waitFor();
  await alert.getByText('choose a model that reasons').waitFor();
  await page.goto('/inbox');
  await page.getByText('A background run did not reach its goal: Count the stars of the east.').waitFor();
});
