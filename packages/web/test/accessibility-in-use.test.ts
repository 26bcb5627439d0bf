// Pages that are in use, with what people made and what went wrong, dark and light: axe finds nothing.
import { createPersonaRoute, listAgentsRoute, listPersonasRoute } from '@gathering/contract/agents';
import { createChatRoute, sendMessageRoute } from '@gathering/contract/agents-chats';
import { changePipelineRoute, listPipelinesRoute, startRunRoute } from '@gathering/contract/pipelines';
import { pauseRunRoute } from '@gathering/contract/pipelines-controls';
import { createTriggerRoute } from '@gathering/contract/pipelines-triggers';
import { createProjectRoute } from '@gathering/contract/projects';
import { createScheduleRoute, runScheduleRoute } from '@gathering/contract/schedules';
import { readTaskRoute, startTaskRoute } from '@gathering/contract/tasks';
import { expect, it } from 'vitest';
import { createPipeline, makeDefinition, startDefinition, startInFolder, waitForEnd } from '../../server/test/api.ts';
import { makeProject } from '../../server/test/make-repository.ts';
import { waitFor } from '../../server/test/wait-for.ts';
import { dashboardOfFile } from './dashboard.ts';
import { findOnEach, lists } from './look-at-pages.ts';

const dashboard = dashboardOfFile();

it('nothing is found on pages that are in use', async () => {
  const { api } = dashboard;
  const folder = makeProject({ 'greeting.txt': 'hello\n' });
  const project = await api.call(createProjectRoute, { body: { name: 'Greetings', folder } });
  const fails = makeDefinition(
    'Fails',
    [
      {
        id: 'read',
        type: 'action',
        config: { kind: 'callTool', tool: 'filesystem_read', arguments: { path: 'none' } },
      },
    ],
    [['start', 'read']],
  );
  const pipelines = await api.call(listPipelinesRoute, { query: {} });
  const agents = await api.call(listAgentsRoute, { query: {} });
  const agentId = agents.items[0]?.id ?? '';
  const works = makeDefinition(
    'Works',
    [{ id: 'ask', type: 'agent', config: { agentId: agents.items[0]?.handle ?? '', task: 'Read greeting.txt.' } }],
    [['start', 'ask']],
  );
  const waits = makeDefinition(
    'Waits',
    [{ id: 'pause', type: 'delay', config: { seconds: 3600 } }],
    [['start', 'pause']],
  );
  const [failed, completed] = await Promise.all([startInFolder(api, fails, folder), startDefinition(api, works)]);
  const turns = { ...waits, settings: { concurrencyKey: 'one', priority: 'high' as const } };
  const under = await startDefinition(api, turns);
  await api.call(pauseRunRoute, { params: { id: under.id } });
  // Of the two the second waits for its turn.
  const inTurn = await createPipeline(api, turns);
  await api.call(startRunRoute, { params: { id: inTurn.id }, body: {} });
  const queued = await api.call(startRunRoute, { params: { id: inTurn.id }, body: {} });
  const asks = makeDefinition(
    'Asks',
    [{ id: 'ask', type: 'approval', config: { title: 'Pay?', arguments: { sum: 5 } } }],
    [['start', 'ask']],
  );
  await Promise.all([startDefinition(api, asks), startDefinition(api, asks)]);
  await startDefinition(api, waits);
  await Promise.all([waitForEnd(api, failed.id), waitForEnd(api, completed.id)]);
  const chat = await api.call(createChatRoute, {
    params: { id: agentId },
    body: { title: 'A chat', projectId: project.id },
  });
  await api.call(sendMessageRoute, {
    params: { id: chat.id },
    body: { text: 'Read greeting.txt and list the files.' },
  });
  const { items: personas } = await api.call(listPersonasRoute, { query: {} });
  const own = await api.call(createPersonaRoute, {
    body: { name: 'Own', role: 'Tests pages', traits: ['calm', 'exact'], specializations: ['pages'] },
  });
  const hooked = await createPipeline(api, waits);
  const params = { id: hooked.id };
  const webhook = { kind: 'webhook' as const, name: 'Shop', signed: true };
  const { url } = await api.call(createTriggerRoute, { params, body: webhook });
  // Refused, since it is not signed: told beside the trigger.
  expect((await fetch(url ?? '', { method: 'POST' })).status).toBe(401);
  await api.call(createTriggerRoute, {
    params,
    body: {
      kind: 'event',
      name: 'Failures',
      types: ['pipelines.run-ended'],
      filter: 'event.payload.status == "failed"',
    },
  });
  await api.call(changePipelineRoute, { params, body: { description: 'A draft.' } });
  const task = await api.call(startTaskRoute, {
    body: { agent: agentId, goal: 'Read greeting.txt.', projectId: project.id },
  });
  await waitFor('the background run to end', async () => {
    return (await api.call(readTaskRoute, { params: { id: task.id } })).endedAt !== null;
  });
  const schedule = await api.call(createScheduleRoute, {
    body: {
      name: 'Tells',
      timing: { kind: 'interval', everySeconds: 3600 },
      action: { kind: 'send_notification', title: 'Told' },
    },
  });
  await api.call(runScheduleRoute, { params: { id: schedule.id } });
  const page = await dashboard.openPage();
  expect(
    await findOnEach(page, [
      ...lists,
      `/tasks/${task.id}`,
      `/tasks/${task.id}?tab=steps`,
      `/schedules/${schedule.id}`,
      `/schedules/${schedule.id}?edit=1`,
      '/calendar?view=week',
      '/calendar?view=agenda',
      `/personas?persona=${personas[0]?.id}`,
      `/personas?copy=${personas[0]?.id}`,
      `/personas?persona=${own.id}`,
      `/runs/${completed.id}`,
      `/runs/${completed.id}?node=ask`,
      `/runs/${failed.id}?node=read`,
      `/runs/${failed.id}?node=read&view=times`,
      `/runs/${under.id}?node=pause`,
      `/runs/${queued.id}`,
      `/pipelines/${pipelines.items[0]?.id}`,
      `/pipelines/${pipelines.items[0]?.id}?run=1`,
      `/pipelines/${hooked.id}`,
      `/pipelines/${hooked.id}?run=1`,
      `/pipelines/${hooked.id}?show=versions`,
      `/pipelines/${hooked.id}?show=triggers`,
      `/pipelines/${pipelines.items[0]?.id}?show=triggers`,
      `/pipelines/${hooked.id}?show=import`,
      `/agents/${agentId}/chats/${chat.id}`,
    ]),
  ).toEqual([]);
});
