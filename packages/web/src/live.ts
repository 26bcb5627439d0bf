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
    // A trigger counts the runs that it started.
    ...(event.related.some((one) => one.startsWith('triggers/')) ? [['pipelines.list-triggers']] : []),
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
    if (kind === 'tasks') return [['tasks.read', { params: { id } }]];
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

// Who is asked for an approval of a run that they do not see hears of it by the notification alone.
const inboxRule = lists('notifications.list', 'operations.read-home', 'approvals.list');

const approvalRule = object('approvals.read', 'approvals.list');

const taskRule: Rule = (event, id) => ({
  refresh: [
    ['tasks.read', { params: { id } }],
    ['tasks.list'],
    ['operations.read-home'],
    ...(event.type === 'tasks.ended' ? [['providers.read-usage']] : []),
  ],
});

/** Its page, its receipts, and wherever schedules stand together. */
const scheduleRule: Rule = (_, id) => ({
  refresh: [
    ['schedules.read', { params: { id } }],
    ['schedules.list-receipts', { params: { id } }],
    ['schedules.list'],
    ['schedules.read-calendar'],
  ],
});

const breakerRule = lists('operations.list-breakers');

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
    'tasks.list',
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
  'tasks.created': taskRule,
  'tasks.started': taskRule,
  'tasks.turn-ended': taskRule,
  'tasks.waiting': taskRule,
  'tasks.decided': taskRule,
  'tasks.pause-requested': taskRule,
  'tasks.paused': taskRule,
  'tasks.resumed': taskRule,
  'tasks.message-added': taskRule,
  'tasks.ended': taskRule,
  'pipelines.created': lists('pipelines.list'),
  'pipelines.changed': object('pipelines.read', 'pipelines.list'),
  'pipelines.published': object('pipelines.read', 'pipelines.list', 'pipelines.list-versions'),
  'pipelines.trigger-created': lists('pipelines.list-triggers'),
  'pipelines.trigger-changed': lists('pipelines.list-triggers'),
  'pipelines.trigger-removed': lists('pipelines.list-triggers'),
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
  'pipelines.node-signalled': nodeRule,
  'pipelines.node-ended': nodeRule,
  'approvals.requested': approvalRule,
  'approvals.voted': approvalRule,
  'approvals.decided': approvalRule,
  'schedules.created': lists('schedules.list', 'schedules.read-calendar'),
  'schedules.changed': scheduleRule,
  'schedules.removed': lists('schedules.list', 'schedules.read-calendar'),
  'schedules.fired': scheduleRule,
  'schedules.work-ended': scheduleRule,
  'schedules.scheduler-changed': lists('schedules.read-scheduler'),
  'notifications.created': inboxRule,
  'notifications.changed': inboxRule,
  'operations.settings-changed': lists('operations.read-settings'),
  'operations.breaker-opened': breakerRule,
  'operations.breaker-closed': breakerRule,
  'operations.dead-letter-added': lists('operations.list-dead-letters'),
  'operations.dead-letter-settled': object('operations.read-dead-letter', 'operations.list-dead-letters'),
  'operations.rows-removed': lists(
    'events.list',
    'pipelines.list-runs',
    'tasks.list',
    'operations.list-dead-letters',
    'operations.list-breakers',
  ),
};

export function effectsOf(event: GatheringEvent): Effects {
  const id = event.subject.slice(event.subject.indexOf('/') + 1);
  return liveTable[event.type]?.(event, id) ?? { refresh: [] };
}
