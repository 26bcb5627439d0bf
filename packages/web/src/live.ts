// The table from events to the cache: which answers an event makes stale, and what it changes in place at once.
// keep-fresh.ts applies it; nothing else listens to events in order to keep data fresh.
import type { EventType, GatheringEvent } from '@gathering/contract/events';
import type { NodeRun, Run } from '@gathering/contract/pipelines';
import { endedStatuses, nodeStatuses, runStatuses } from '@gathering/contract/pipelines';
import type { QueryKey } from '@tanstack/react-query';

export interface Effects {
  readonly refresh: readonly QueryKey[];
  readonly patch?: { readonly key: QueryKey; readonly change: (old: unknown) => unknown };
}

type Rule = (event: GatheringEvent, id: string) => Effects;

const lists =
  (...names: string[]): Rule =>
  () => ({ refresh: names.map((name) => [name]) });

const object =
  (read: string, ...names: string[]): Rule =>
  (_, id) => ({ refresh: [[read, { params: { id } }], ...names.map((name) => [name])] });

function patchNode(event: GatheringEvent): (old: unknown) => unknown {
  const { nodeId, attempt } = event.payload;
  const status = nodeStatuses.find((one) => one === event.payload.status);
  return (old) => {
    const run = old as Run | undefined;
    const before = run?.nodes.find((node) => node.id === nodeId);
    if (!run || !before || !status) return old;
    const isEnded = endedStatuses.includes(status);
    // An event that is older than what was read changes nothing.
    if (before.endedAt !== null && Date.parse(before.endedAt) >= Date.parse(event.at)) return old;
    const after: NodeRun = {
      ...before,
      status,
      attempt: typeof attempt === 'number' ? attempt : before.attempt,
      startedAt: before.startedAt ?? (status === 'skipped' ? null : event.at),
      endedAt: isEnded ? event.at : null,
    };
    const nodes = run.nodes.map((node) => (node === before ? after : node));
    return { ...run, nodes, nodesDone: nodes.filter((node) => endedStatuses.includes(node.status)).length };
  };
}

const nodeRule: Rule = (event, id) => ({
  refresh: [
    ['pipelines.read-run', { params: { id } }],
    ['pipelines.read-node-turn', { params: { id, nodeId: event.payload.nodeId } }],
    ['pipelines.list-runs'],
    ['operations.read-home'],
  ],
  patch: { key: ['pipelines.read-run', { params: { id } }], change: patchNode(event) },
});

const runRule: Rule = (event, id) => ({
  refresh: [
    ['pipelines.read-run', { params: { id } }],
    ['pipelines.list-runs'],
    ['pipelines.list'],
    ['operations.read-home'],
    ['providers.read-usage'],
  ],
  patch: {
    key: ['pipelines.read-run', { params: { id } }],
    change: (old) => {
      const run = old as Run | undefined;
      const status = runStatuses.find((one) => one === event.payload.status);
      if (!run || !status || run.endedAt !== null) return old;
      return { ...run, status, endedAt: endedStatuses.includes(status) ? event.at : null };
    },
  },
});

/** Steps are told of with the turn as subject or as related object; so are chats and runs. */
const turnRule: Rule = (event) => {
  const named = [event.subject, ...event.related].map((one) => one.split('/') as [string, string]);
  const keys: QueryKey[] = named.flatMap(([kind, id]): QueryKey[] => {
    if (kind === 'turns') return [['agents.read-turn', { params: { id } }]];
    if (kind === 'chats') return [['agents.list-messages', { params: { id } }]];
    if (kind === 'runs')
      return [
        ['pipelines.read-run', { params: { id } }],
        ['pipelines.read-node-turn', { params: { id } }],
      ];
    return [];
  });
  const more: QueryKey[] =
    event.type === 'agents.turn-ended' ? [['operations.read-home'], ['providers.read-usage']] : [];
  // A run view that is open shows the turn of its node whether or not the event names the run.
  return { refresh: [...keys, ['pipelines.read-node-turn'], ...more] };
};

const inboxRule = lists('notifications.list', 'operations.read-home');

const liveTable: Record<EventType, Rule> = {
  'auth.owner-created': lists('audit.list'),
  'auth.signed-in': lists('auth.list-sessions', 'audit.list'),
  'auth.session-ended': lists('auth.list-sessions', 'audit.list'),
  'auth.refresh-reused': lists('auth.list-sessions', 'audit.list'),
  'auth.api-key-created': lists('auth.list-api-keys', 'audit.list'),
  'auth.api-key-removed': lists('auth.list-api-keys', 'audit.list'),
  'auth.user-created': lists('auth.list-users', 'auth.list-invitations', 'audit.list'),
  'auth.user-changed': object('auth.read-user', 'auth.list-users', 'auth.read-me', 'audit.list'),
  'auth.user-removed': lists('auth.list-users', 'audit.list'),
  'auth.password-changed': lists('auth.list-sessions', 'audit.list'),
  'auth.second-factor-changed': object(
    'auth.read-user',
    'auth.list-users',
    'auth.read-me',
    'auth.list-sessions',
    'audit.list',
  ),
  'auth.invitation-created': lists('auth.list-invitations', 'audit.list'),
  'auth.invitation-removed': lists('auth.list-invitations', 'audit.list'),
  'projects.created': lists('projects.list'),
  'projects.changed': object('projects.read', 'projects.list'),
  'projects.removed': lists('projects.list'),
  'projects.members-changed': object('projects.list-members', 'projects.list-candidates'),
  // Everything of the project is there or gone.
  'projects.membership-changed': lists(
    'projects.list',
    'projects.read',
    'pipelines.list-runs',
    'pipelines.list',
    'operations.read-home',
    'events.list',
  ),
  'providers.created': lists('providers.list'),
  'providers.changed': object('providers.read', 'providers.list'),
  'providers.removed': lists('providers.list'),
  'providers.test-ended': lists('providers.read-usage'),
  'agents.persona-created': lists('agents.list-personas'),
  'agents.persona-changed': object('agents.read-persona', 'agents.list-personas', 'agents.list'),
  'agents.persona-removed': lists('agents.list-personas'),
  'agents.created': lists('agents.list'),
  'agents.changed': object('agents.read', 'agents.list'),
  'agents.removed': lists('agents.list'),
  'agents.chat-created': lists('agents.list-chats'),
  'agents.chat-removed': lists('agents.list-chats'),
  'agents.message-added': (event, id) => {
    const turns = turnRule(event, id).refresh;
    return { refresh: [...turns, ['agents.list-chats']] };
  },
  'agents.turn-started': turnRule,
  'agents.step-ended': turnRule,
  'agents.step-waiting': turnRule,
  'agents.step-decided': turnRule,
  'agents.turn-ended': turnRule,
  'pipelines.created': lists('pipelines.list'),
  'pipelines.changed': object('pipelines.read', 'pipelines.list'),
  'pipelines.removed': lists('pipelines.list'),
  'pipelines.run-started': runRule,
  'pipelines.run-held': runRule,
  'pipelines.run-paused': runRule,
  'pipelines.run-resumed': runRule,
  'pipelines.run-retried': runRule,
  'pipelines.run-cancel-requested': runRule,
  'pipelines.run-ended': runRule,
  'pipelines.node-started': nodeRule,
  'pipelines.node-waiting': nodeRule,
  'pipelines.node-ended': nodeRule,
  'notifications.created': inboxRule,
  'notifications.changed': inboxRule,
  'operations.settings-changed': lists('operations.read-settings'),
  'operations.rows-removed': lists('events.list', 'pipelines.list-runs'),
};

export function effectsOf(event: GatheringEvent): Effects {
  const id = event.subject.slice(event.subject.indexOf('/') + 1);
  return liveTable[event.type]?.(event, id) ?? { refresh: [] };
}
