// Every resource over HTTP: made, read, listed, changed, removed, as the contract says; replies are checked against it.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as agents from '@gathering/contract/agents';
import * as agentsChats from '@gathering/contract/agents-chats';
import { listAuditRoute } from '@gathering/contract/audit';
import * as auth from '@gathering/contract/auth';
import { listEventsRoute } from '@gathering/contract/events';
import * as notifications from '@gathering/contract/notifications';
import * as operations from '@gathering/contract/operations';
import * as pipelines from '@gathering/contract/pipelines';
import * as projects from '@gathering/contract/projects';
import * as providers from '@gathering/contract/providers';
import { listSkillsRoute } from '@gathering/contract/skills';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, chain, createPipeline, makeDefinition, signIn, startDefinition, waitForEnd } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { owner } from '../server-process.ts';

const tell = makeDefinition(
  'Tell',
  [{ id: 'tell', type: 'action', config: { kind: 'notify', title: 'Hello {{ input.who }}' } }],
  [['start', 'tell']],
  { type: 'object', properties: { who: { type: 'string' } }, required: ['who'], additionalProperties: false },
);

const refusedWith = (code: string) => ({ problem: { code } });

eachDatabase((_open, makePlace, kind) => {
  let server: InProcessServer;
  let api: Api;
  let folder: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'gathering-crud-')));
    server = await startInProcess(await makePlace());
    api = await signIn(server.url);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('projects', async () => {
    const made = await api.call(projects.createProjectRoute, { body: { name: 'One', folder } });
    expect(made).toMatchObject({ name: 'One', folder, isGitRepository: false });
    const params = { id: made.id };
    expect(await api.call(projects.readProjectRoute, { params })).toEqual(made);
    const changed = await api.call(projects.changeProjectRoute, { params, body: { description: 'A folder.' } });
    expect(changed).toMatchObject({ name: 'One', description: 'A folder.' });
    const taken = api.call(projects.createProjectRoute, { body: { name: 'One', folder } });
    await expect(taken).rejects.toMatchObject(refusedWith('projects.name-taken'));
    const missing = api.call(projects.createProjectRoute, { body: { name: 'Two', folder: join(folder, 'missing') } });
    await expect(missing).rejects.toMatchObject(refusedWith('projects.folder-unusable'));
    const list = await api.call(projects.listProjectsRoute, { query: {} });
    expect(list.items.map(({ id }) => id)).toContain(made.id);
    await api.call(projects.removeProjectRoute, { params });
    const gone = api.call(projects.readProjectRoute, { params });
    await expect(gone).rejects.toMatchObject(refusedWith('projects.not-found'));
  });

  it('personas, of which six are ready, and agents', async () => {
    const ready = await api.call(agents.listPersonasRoute, { query: {} });
    expect(ready.items.filter(({ builtIn }) => builtIn)).toHaveLength(6);
    const builtIn = { id: ready.items[0]?.id ?? '' };
    const change = api.call(agents.changePersonaRoute, { params: builtIn, body: { role: 'Other' } });
    await expect(change).rejects.toMatchObject(refusedWith('agents.persona-built-in'));

    const persona = await api.call(agents.createPersonaRoute, { body: { name: 'Mine', role: 'Helper' } });
    const params = { id: persona.id };
    expect(await api.call(agents.readPersonaRoute, { params })).toEqual(persona);
    const other = await api.call(agents.changePersonaRoute, { params, body: { traits: ['calm'] } });
    expect(other).toMatchObject({ name: 'Mine', traits: ['calm'] });

    const agent = await api.call(agents.createAgentRoute, {
      body: { name: 'My agent', personaId: persona.id, skills: ['text'], limits: { maxSteps: 3 } },
    });
    expect(agent).toMatchObject({ handle: 'my-agent', skills: ['text'], limits: { maxSteps: 3, maxSeconds: 600 } });
    const byAgent = { id: agent.id };
    expect(await api.call(agents.readAgentRoute, { params: byAgent })).toEqual(agent);
    const renamed = await api.call(agents.changeAgentRoute, { params: byAgent, body: { name: 'Renamed' } });
    expect(renamed).toMatchObject({ name: 'Renamed', handle: 'my-agent', skills: ['text'] });
    const unknownSkill = api.call(agents.changeAgentRoute, { params: byAgent, body: { skills: ['magic'] } });
    await expect(unknownSkill).rejects.toMatchObject(refusedWith('agents.skill-unknown'));
    const inUse = api.call(agents.removePersonaRoute, { params });
    await expect(inUse).rejects.toMatchObject(refusedWith('agents.persona-in-use'));
    const pipeline = await createPipeline(
      api,
      makeDefinition(
        'Uses it',
        [{ id: 'a', type: 'agent', config: { agentId: 'my-agent', task: 'Go' } }],
        [['start', 'a']],
      ),
    );
    const used = api.call(agents.removeAgentRoute, { params: byAgent });
    await expect(used).rejects.toMatchObject(refusedWith('agents.in-use'));
    await api.call(pipelines.removePipelineRoute, { params: { id: pipeline.id } });
    await api.call(agents.removeAgentRoute, { params: byAgent });
    await api.call(agents.removePersonaRoute, { params });
    const { items } = await api.call(agents.listAgentsRoute, { query: {} });
    expect(items.map(({ id }) => id)).not.toContain(agent.id);
  });

  it('chats and messages, several at once with one agent', async () => {
    const { items } = await api.call(agents.listAgentsRoute, { query: {} });
    const agent = items.find(({ handle }) => handle === 'assistant');
    const params = { id: agent?.id ?? '' };
    const [first, second] = await Promise.all([
      api.call(agentsChats.createChatRoute, { params, body: {} }),
      api.call(agentsChats.createChatRoute, { params, body: { title: 'Second' } }),
    ]);
    const say = (chatId: string, text: string) =>
      api.call(agentsChats.sendMessageRoute, { params: { id: chatId }, body: { text } });
    const answers = await Promise.all([say(first.id, 'What are you?'), say(second.id, 'Who are you?')]);
    for (const answer of answers) expect(answer).toMatchObject({ role: 'assistant', stopReason: 'completed' });
    expect(answers.map(({ text }) => /offline/i.test(text))).toEqual([true, true]);
    const messages = await api.call(agentsChats.listMessagesRoute, { params: { id: first.id }, query: {} });
    expect(messages.items.map(({ role }) => role)).toEqual(['assistant', 'user']);
    const turn = await api.call(agentsChats.readTurnRoute, { params: { id: answers[0]?.turnId ?? '' } });
    expect(turn).toMatchObject({ status: 'completed', stopReason: 'completed' });
    expect(await api.call(agentsChats.stopTurnRoute, { params: { id: first.id } })).toEqual({ stopped: false });
    expect(await api.call(agentsChats.readChatRoute, { params: { id: first.id } })).toMatchObject({
      title: 'What are you?',
    });
    await api.call(agentsChats.removeChatRoute, { params: { id: first.id } });
    const chats = await api.call(agentsChats.listChatsRoute, { params, query: {} });
    expect(chats.items.map(({ id }) => id)).toEqual([second.id]);
  });

  it('pipelines and runs', async () => {
    const made = await createPipeline(api, tell);
    expect(made).toMatchObject({ name: 'Tell', version: 1, nodes: tell.nodes });
    const params = { id: made.id };
    expect(await api.call(pipelines.readPipelineRoute, { params })).toEqual(made);
    const changed = await api.call(pipelines.changePipelineRoute, { params, body: { description: 'New', version: 1 } });
    expect([changed.version, changed.description]).toEqual([2, 'New']);
    const stale = api.call(pipelines.changePipelineRoute, { params, body: { name: 'Late', version: 1 } });
    await expect(stale).rejects.toMatchObject(refusedWith('pipelines.changed'));
    expect(await api.call(pipelines.validatePipelineRoute, { params, body: {} })).toEqual({ valid: true, faults: [] });
    const cyclic = makeDefinition(
      'Round',
      [
        { id: 'a', type: 'parallel' },
        { id: 'b', type: 'parallel' },
      ],
      chain('start', 'a', 'b', 'a'),
    );
    const { valid, faults } = await api.call(pipelines.validatePipelineRoute, { params, body: { definition: cyclic } });
    expect([valid, faults.map(({ rule }) => rule)]).toEqual([false, ['cycle']]);
    await expect(createPipeline(api, cyclic)).rejects.toMatchObject(refusedWith('pipelines.invalid'));

    const wrongInput = api.call(pipelines.startRunRoute, { params, body: { input: { whom: 'x' } } });
    await expect(wrongInput).rejects.toMatchObject(refusedWith('pipelines.input-invalid'));
    const init = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ input: { who: 'you' } }) };
    const started = await api.request('POST', `/api/pipelines/${made.id}/runs`, init);
    const run = pipelines.runSchema.parse(await started.json());
    expect([started.status, run.status, run.pipelineId]).toEqual([202, 'running', made.id]);
    const ended = await waitForEnd(api, run.id);
    expect(ended.output).toEqual({ tell: { title: 'Hello you', body: '' } });
    const runs = await api.call(pipelines.listRunsRoute, { query: { pipelineId: made.id, status: 'completed' } });
    expect(runs.items.map(({ id }) => id)).toEqual([run.id]);
    const listed = await api.call(pipelines.listPipelinesRoute, { query: { limit: 1 } });
    expect(listed.items[0]).toMatchObject({ id: made.id, nodeCount: 2, lastRun: { id: run.id, status: 'completed' } });
    expect(listed.nextCursor).not.toBeNull();

    const waits = makeDefinition('Waits', [{ id: 'd', type: 'delay', config: { seconds: 3600 } }], [['start', 'd']]);
    await api.call(pipelines.changePipelineRoute, { params, body: { nodes: waits.nodes, edges: waits.edges } });
    const waiting = await api.call(pipelines.startRunRoute, { params, body: { draft: true } });
    const inUse = api.call(pipelines.removePipelineRoute, { params });
    await expect(inUse).rejects.toMatchObject(refusedWith('pipelines.in-use'));
    await api.call(pipelines.cancelRunRoute, { params: { id: waiting.id } });
    await api.call(pipelines.removePipelineRoute, { params });
    expect((await api.call(pipelines.readRunRoute, { params: { id: run.id } })).status).toBe('completed');
  });

  it('a schema of a node that is none is found before a run begins', async () => {
    const config = { agentId: 'assistant', task: 'Go', outputSchema: { type: 'no such type' } };
    const definition = makeDefinition('Bad schema', [{ id: 'a', type: 'agent', config }], [['start', 'a']]);
    await expect(createPipeline(api, definition)).rejects.toMatchObject(refusedWith('pipelines.invalid'));
    await expect(startDefinition(api, definition)).rejects.toMatchObject({
      problem: { code: 'pipelines.invalid', faults: [{ nodeId: 'a', rule: 'schema' }] },
    });
  });

  it('providers, whose keys are never answered', async () => {
    const { items: before } = await api.call(providers.listProvidersRoute, {});
    expect(before.map(({ name }) => name)).toContain('offline');
    const body = { name: 'mine', kind: 'openai' as const, apiKey: 'sk-a-very-secret-key-9876' };
    const made = await api.call(providers.createProviderRoute, { body });
    expect(made.keyHint).toBe('9876');
    const params = { id: made.id };
    const read = await api.request('GET', `/api/providers/${made.id}`);
    expect(await read.text()).not.toContain('very-secret');
    const { rows } = await server.database.query<{ text: string }>('select p::text as text from provider.providers p');
    expect(rows.map(({ text }) => text).join()).not.toContain('very-secret');
    const changed = await api.call(providers.changeProviderRoute, { params, body: { enabled: false } });
    expect([changed.enabled, changed.keyHint]).toEqual([false, '9876']);
    await expect(api.call(providers.createProviderRoute, { body })).rejects.toMatchObject(
      refusedWith('providers.name-taken'),
    );
    await api.call(providers.removeProviderRoute, { params });
    const offline = { id: before.find(({ name }) => name === 'offline')?.id ?? '' };
    const removal = api.call(providers.removeProviderRoute, { params: offline });
    await expect(removal).rejects.toMatchObject(refusedWith('providers.built-in'));
    const tested = await api.call(providers.testProviderRoute, { params: offline, body: {} });
    expect(tested.ok).toBe(true);
    expect((await api.call(providers.readUsageRoute, { query: {} })).items[0]?.calls).toBeGreaterThan(0);
  });

  it('settings, home, instance, health, skills, events, audit and the inbox', async () => {
    const settings = await api.call(operations.changeSettingsRoute, { body: { eventRetentionDays: 8 } });
    expect(settings.eventRetentionDays).toBe(8);
    expect(await api.call(operations.readSettingsRoute, {})).toEqual(settings);
    const unknown = { defaultModel: { provider: 'none', model: 'none' } };
    await expect(api.call(operations.changeSettingsRoute, { body: unknown })).rejects.toMatchObject(
      refusedWith('providers.not-found'),
    );
    expect((await api.call(operations.readInstanceRoute, {})).database).toBe(kind);
    expect((await api.call(operations.readHomeRoute, {})).today.runsCompleted).toBeGreaterThan(0);
    expect(await api.call(operations.liveRoute, {})).toEqual({ status: 'live' });
    const ready = await api.call(operations.readyRoute, {});
    expect([ready.status, ready.checks.every(({ ok }) => ok)]).toEqual(['ready', true]);
    const { items: skills } = await api.call(listSkillsRoute, {});
    expect(skills.map(({ name }) => name).sort()).toEqual(['filesystem', 'git', 'http', 'text']);

    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await api.call(listEventsRoute, { query: { limit: 7, cursor } });
      for (const one of page.items) seen.add(one.cursor);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    const { rows } = await server.database.query<{ count: number }>('select count(*)::int as count from event.events');
    expect(seen.size).toBe(rows[0]?.count);
    const audit = await api.call(listAuditRoute, { query: { action: 'auth.sign-in' } });
    expect(audit.items[0]).toMatchObject({ action: 'auth.sign-in', result: 'done' });

    const inbox = await api.call(notifications.listNotificationsRoute, { query: {} });
    const params = { id: inbox.items[0]?.id ?? '' };
    const read = await api.call(notifications.markNotificationRoute, { params, body: { read: true } });
    expect(read.readAt).not.toBeNull();
    await api.call(notifications.markAllNotificationsRoute, {});
    const unread = await api.call(notifications.listNotificationsRoute, { query: { unread: 'true' } });
    expect(unread.items).toEqual([]);
  });

  it('signing in and out', async () => {
    expect(await api.call(auth.setupStateRoute, {})).toEqual({ ownerExists: true, selfRegistration: false });
    const body = { ...owner, token: 'any', password: 'another long sentence' };
    await expect(api.call(auth.setupRoute, { body })).rejects.toMatchObject(refusedWith('auth.setup-done'));
    const second = await signIn(server.url);
    expect((await second.call(auth.meRoute, {})).email).toBe(owner.email);
    await second.call(auth.logoutRoute, {});
    await expect(second.call(auth.meRoute, {})).rejects.toMatchObject(refusedWith('auth.required'));
    expect((await api.call(auth.meRoute, {})).role).toBe('owner');
    const wrong = api.call(auth.loginRoute, { body: { email: owner.email, password: 'wrong' } });
    await expect(wrong).rejects.toMatchObject(refusedWith('auth.wrong-credentials'));
  });
});
