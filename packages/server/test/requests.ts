// For every route that takes a body: a call that would be carried out, on things that exist. Tests break these calls in
// every way; what is left of them is refused for that one reason.
import { createAgentRoute, createPersonaRoute, listPersonasRoute } from '@gathering/contract/agents';
import { createChatRoute, sendMessageRoute } from '@gathering/contract/agents-chats';
import { listApprovalsRoute } from '@gathering/contract/approvals';
import { createApiKeyRoute, listSessionsRoute, meRoute } from '@gathering/contract/auth';
import { createInvitationRoute } from '@gathering/contract/auth-users';
import { listNotificationsRoute } from '@gathering/contract/notifications';
import { changePipelineRoute } from '@gathering/contract/pipelines';
import { createTriggerRoute } from '@gathering/contract/pipelines-triggers';
import { createProjectRoute } from '@gathering/contract/projects';
import { createProviderRoute } from '@gathering/contract/providers';
import type { Route } from '@gathering/contract/route';
import { allRoutes } from '@gathering/contract/routes';
import { createScheduleRoute } from '@gathering/contract/schedules';
import { readTaskRoute, startTaskRoute } from '@gathering/contract/tasks';
import { newId } from '../src/platform/ids.ts';
import { type Api, createPipeline, makeDefinition, signIn, startDefinition, waitForEnd } from './api.ts';
import { owner } from './server-process.ts';
import { waitFor } from './wait-for.ts';

export interface ExampleCall {
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const definition = makeDefinition(
  'Telling',
  [{ id: 'tell', type: 'action', config: { kind: 'notify', title: 'Told' } }],
  [['start', 'tell']],
);

const asking = makeDefinition(
  'Asking',
  [{ id: 'ask', type: 'approval', config: { title: 'Go on?' } }],
  [['start', 'ask']],
);

/** Makes one of each thing, waits until nothing works any more, and answers a call for each route. */
export async function makeExampleCalls(api: Api, folder: string): Promise<ReadonlyMap<string, ExampleCall>> {
  const persona = await api.call(createPersonaRoute, { body: { name: 'Example', role: 'Example' } });
  const agent = await api.call(createAgentRoute, { body: { name: 'Example', personaId: persona.id } });
  const chat = await api.call(createChatRoute, { params: { id: agent.id }, body: {} });
  const message = await api.call(sendMessageRoute, { params: { id: chat.id }, body: { text: 'What are you?' } });
  const project = await api.call(createProjectRoute, { body: { name: 'Example', folder } });
  const provider = await api.call(createProviderRoute, {
    body: { name: 'example', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1', models: [{ id: 'one' }] },
  });
  const pipeline = await createPipeline(api, definition);
  const draft = await createPipeline(api, { ...definition, name: 'Drawn' });
  await api.call(changePipelineRoute, { params: { id: draft.id }, body: { description: 'Changed.' } });
  const { trigger, url } = await api.call(createTriggerRoute, {
    params: { id: pipeline.id },
    body: { kind: 'webhook', name: 'Example', signed: false },
  });
  const run = await waitForEnd(api, (await startDefinition(api, definition)).id);
  const task = await api.call(startTaskRoute, { body: { agent: agent.id, goal: 'Say what you are.' } });
  await waitFor('the background run to end', async () => {
    return (await api.call(readTaskRoute, { params: { id: task.id } })).endedAt !== null;
  });
  const notification = await waitFor('the notification', async () => {
    const { items } = await api.call(listNotificationsRoute, { query: {} });
    return items[0];
  });
  await startDefinition(api, asking);
  const approval = await waitFor('the approval', async () => {
    const { items } = await api.call(listApprovalsRoute, { query: {} });
    return items[0];
  });
  const { invitation } = await api.call(createInvitationRoute, {
    body: { email: 'invited@example.org', role: 'member' },
  });
  const me = await api.call(meRoute, {});
  const { items: personas } = await api.call(listPersonasRoute, { query: {} });
  const { apiKey } = await api.call(createApiKeyRoute, { body: { name: 'Example' } });
  const { items: sessions } = await (await signIn(api.url)).call(listSessionsRoute, {});
  const schedule = await api.call(createScheduleRoute, {
    body: {
      name: 'Example',
      timing: { kind: 'once', at: '2099-01-01T00:00:00.000Z' },
      action: { kind: 'send_notification', title: 'Told' },
    },
  });
  const ids: Record<string, string> = {
    sessions: sessions.find(({ current }) => current)?.id ?? '',
    'api-keys': apiKey.id,
    members: me.id,
    personas: persona.id,
    agents: agent.id,
    chats: chat.id,
    turns: message.turnId ?? '',
    projects: project.id,
    providers: provider.id,
    pipelines: pipeline.id,
    runs: run.id,
    approvals: approval.id,
    tasks: task.id,
    schedules: schedule.id,
    notifications: notification.id,
    users: me.id,
    invitations: invitation.id,
    triggers: trigger.id,
    hooks: url?.split('/').at(-1) ?? '',
    // None is left by what can be asked for.
    'dead-letters': newId(),
  };
  const bodies: Record<string, unknown> = {
    'auth.sign-in': owner,
    'auth.sign-in-browser': owner,
    'auth.refresh-session': { refreshToken: 'token' },
    'auth.create-api-key': { name: 'Another', scopes: ['pipelines.read'] },
    'auth.set-up-owner': { token: 'token', email: 'other@example.org', password: 'another long sentence' },
    'auth.update-me': { name: 'Another' },
    'auth.change-password': { currentPassword: owner.password, newPassword: 'another long sentence' },
    'auth.register': { email: 'other@example.org', password: 'another long sentence', name: 'Another' },
    'auth.accept-invitation': { token: 'token', password: 'another long sentence', name: 'Another' },
    'auth.reset-password': { token: 'token', newPassword: 'another long sentence' },
    'auth.begin-second-factor': { password: owner.password },
    'auth.confirm-second-factor': { code: '123456' },
    'auth.renew-recovery-codes': { password: owner.password, code: '123456' },
    'auth.remove-second-factor': { password: owner.password, code: '123456' },
    'auth.update-user': { name: 'Another' },
    'auth.create-invitation': { email: 'other@example.org', role: 'viewer' },
    'projects.create': { name: 'Another', folder },
    'projects.change': { name: 'Another' },
    'providers.create': { name: 'another', kind: 'anthropic' },
    'providers.change': { enabled: false },
    'providers.test': { model: 'one' },
    'agents.create-persona': { name: 'Another', role: 'Another' },
    'agents.change-persona': { role: 'Another' },
    'agents.create': { name: 'Another', personaId: personas[0]?.id },
    'agents.change': { name: 'Another' },
    'agents.create-chat': { title: 'Another' },
    'agents.send-message': { text: 'Another question' },
    'agents.decide-step': { decision: 'skip' },
    'tasks.start': { agent: agent.id, goal: 'Say what you can do.', limits: { maxSteps: 3 } },
    'tasks.send-message': { text: 'Be brief.' },
    'tasks.decide': { decision: 'skip' },
    'pipelines.create': definition,
    'pipelines.change': { name: 'Another' },
    'pipelines.validate': { definition },
    'pipelines.publish': { note: 'Another' },
    'pipelines.roll-back': { note: 'Another' },
    'pipelines.import': { text: JSON.stringify(definition) },
    'pipelines.create-trigger': { kind: 'webhook', name: 'Another' },
    'pipelines.change-trigger': { name: 'Another' },
    'pipelines.try-filter': { types: ['pipelines.run-ended'], filter: '' },
    'pipelines.receive-hook': { some: 'input' },
    'pipelines.start-run': { input: {} },
    'pipelines.run-definition': { definition },
    'pipelines.decide-node': { decision: 'skip' },
    'pipelines.fork-run': { nodeId: 'tell' },
    'pipelines.run-single-node': { input: {} },
    'pipelines.signal-node': { body: 1 },
    'pipelines.send-signal': { key: 'one', body: 1 },
    'approvals.cast-vote': { decision: 'approve', shown: approval.shown },
    'schedules.create': {
      name: 'Another',
      timing: { kind: 'cron', expression: '0 9 * * MON-FRI', zone: 'Europe/Berlin' },
      action: { kind: 'send_notification', title: 'Told' },
    },
    'schedules.change': { jitterSeconds: 10 },
    'schedules.back-test': { timing: { kind: 'cron', expression: '0 9 * * *', zone: 'UTC' } },
    'schedules.change-scheduler': { paused: true },
    'notifications.mark': { read: true },
    'audit.verify': {},
    'operations.reset-breaker': { target: 'vendor/example' },
    'operations.change-settings': { eventRetentionDays: 7 },
  };
  const ofDraft = { ...ids, pipelines: draft.id };
  const idsOf = ({ name }: Route) => (['pipelines.publish', 'pipelines.roll-back'].includes(name) ? ofDraft : ids);
  return new Map(
    allRoutes.map((route) => [route.name, { params: paramsOf(route, idsOf(route)), body: bodies[route.name] }]),
  );
}

function paramsOf(route: Route, ids: Readonly<Record<string, string>>): Record<string, string> {
  const kind = /\/([a-z-]+)\/:id\b/.exec(route.path)?.[1] ?? '';
  const known: Record<string, string> = {
    id: ids[kind] ?? '',
    nodeId: 'tell',
    index: '0',
    userId: ids.members ?? '',
    version: '1',
    triggerId: ids.triggers ?? '',
    token: ids.hooks ?? '',
  };
  return Object.fromEntries([...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, known[name] ?? '']));
}

export function pathOf(route: Route, params: Readonly<Record<string, string>>): string {
  return `/api${route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))}`;
}
