// A conversation through the browser: words as they come, tool calls as cards, an answer that is stopped.
import { createAgentRoute, listPersonasRoute } from '@gathering/contract/agents';
import { createProjectRoute } from '@gathering/contract/projects';
import { createProviderRoute } from '@gathering/contract/providers';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { type ChatAnswer, startChatModel } from '../../server/test/fakes/chat-model.ts';
import { makeProject } from '../../server/test/make-repository.ts';
import { dashboardOfFile } from './dashboard.ts';

const dashboard = dashboardOfFile();

async function makeReader(name: string, script: (asked: number) => ChatAnswer): Promise<string> {
  const { api } = dashboard;
  const { baseUrl } = await startChatModel(script);
  await api.call(createProviderRoute, {
    body: { name: name.toLowerCase(), kind: 'openai-compatible', baseUrl, models: [{ id: 'fake-1' }] },
  });
  const { items } = await api.call(listPersonasRoute, { query: {} });
  const agent = await api.call(createAgentRoute, {
    body: {
      name,
      personaId: items[0]?.id ?? '',
      model: { provider: name.toLowerCase(), model: 'fake-1' },
      skills: ['filesystem'],
    },
  });
  return agent.id;
}

async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: /^Message to/ });
  await field.fill(text);
  await field.press('Enter');
}

// promise: chat-streams
it('words and tool calls are shown as they come, and stay as they were after a reload', async () => {
  const held = Promise.withResolvers<void>();
  const folder = makeProject({ 'greeting.txt': 'hello\n' });
  await dashboard.api.call(createProjectRoute, { body: { name: 'Greetings', folder } });
  const agentId = await makeReader('Reader', (asked) =>
    asked === 0
      ? { calls: [{ tool: 'filesystem_read', input: { path: 'greeting.txt' } }] }
      : { text: 'Indeed the file says **hello** there.', hold: held.promise },
  );
  const page = await dashboard.openPage();
  await page.goto(`/agents/${agentId}`);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByLabel('Works in').selectOption({ label: 'Greetings' });
  await say(page, 'What does greeting.txt say?');

  const log = page.getByRole('log');
  await log.getByText('Indeed', { exact: false }).waitFor();
  await log.getByText('Writing').waitFor();
  expect(await log.textContent()).not.toContain('there.');
  const card = log.getByRole('button', { name: /filesystem_read/ });
  await card.getByRole('img', { name: 'Done' }).waitFor();
  await card.click();
  await log.getByText('hello').first().waitFor();
  held.resolve();
  await log.getByText('Indeed the file says hello there.').waitFor();
  await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });

  await page.reload();
  await log.getByText('Indeed the file says hello there.').waitFor();
  await card.waitFor();
});

it('an answer is stopped by its button, keeps what was said and the next one is answered', async () => {
  const agentId = await makeReader('Talker', (asked) =>
    asked === 0 ? { text: 'Once upon a time', hold: new Promise(() => undefined) } : { text: 'The end.' },
  );
  const page = await dashboard.openPage();
  await page.goto(`/agents/${agentId}`);
  await page.getByText('Live', { exact: true }).waitFor();
  await say(page, 'Tell me a story.');
  const log = page.getByRole('log');
  await log.getByText('Once').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await log.getByText('Stopped', { exact: true }).waitFor();
  await say(page, 'Finish it.');
  await log.getByText('The end.').waitFor();
  await page.getByRole('button', { name: 'Send' }).waitFor();
});

it('what is half written survives a reload', async () => {
  const page = await dashboard.openPage();
  await page.goto('/agents');
  await page.getByRole('row').filter({ hasText: 'Talker' }).getByRole('button', { name: 'Chat' }).click();
  const field = page.getByRole('textbox', { name: /^Message to/ });
  await field.fill('Half a thought');
  await page.reload();
  await field.waitFor();
  expect(await field.inputValue()).toBe('Half a thought');
});
