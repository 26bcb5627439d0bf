// The one vocabulary of events: stored facts, named in the past tense, written with the change that they tell.
import * as z from 'zod';
import { timeSchema } from './ids.ts';
import { jsonSchema } from './json.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';

/**
 * `state`: tells a change of state; never deduplicated. `signal`: tells that something happened again;
 * one of the same type, subject and payload within `signalWindowMs` is stored once.
 */
export const eventTypes = {
  'auth.owner-created': 'state',
  'auth.signed-in': 'signal',
  'auth.session-ended': 'state',
  'auth.refresh-reused': 'state',
  'auth.api-key-created': 'state',
  'auth.api-key-removed': 'state',
  'auth.user-created': 'state',
  'auth.user-changed': 'state',
  'auth.user-removed': 'state',
  'auth.password-changed': 'state',
  'auth.second-factor-changed': 'state',
  'auth.invitation-created': 'state',
  'auth.invitation-removed': 'state',
  'projects.created': 'state',
  'projects.changed': 'state',
  'projects.removed': 'state',
  'projects.members-changed': 'state',
  'projects.membership-changed': 'state',
  'providers.created': 'state',
  'providers.changed': 'state',
  'providers.removed': 'state',
  'providers.test-ended': 'signal',
  'agents.persona-created': 'state',
  'agents.persona-changed': 'state',
  'agents.persona-removed': 'state',
  'agents.created': 'state',
  'agents.changed': 'state',
  'agents.removed': 'state',
  'agents.chat-created': 'state',
  'agents.chat-removed': 'state',
  'agents.message-added': 'state',
  'agents.turn-started': 'state',
  'agents.step-ended': 'state',
  'agents.step-waiting': 'state',
  'agents.step-decided': 'state',
  'agents.turn-ended': 'state',
  'tasks.created': 'state',
  'tasks.started': 'state',
  'tasks.turn-ended': 'state',
  'tasks.waiting': 'state',
  'tasks.decided': 'state',
  'tasks.pause-requested': 'state',
  'tasks.paused': 'state',
  'tasks.resumed': 'state',
  'tasks.message-added': 'state',
  'tasks.ended': 'state',
  'pipelines.created': 'state',
  'pipelines.changed': 'state',
  'pipelines.removed': 'state',
  'pipelines.published': 'state',
  'pipelines.trigger-created': 'state',
  'pipelines.trigger-changed': 'state',
  'pipelines.trigger-removed': 'state',
  'pipelines.run-started': 'state',
  'pipelines.run-held': 'state',
  'pipelines.run-paused': 'state',
  'pipelines.run-resumed': 'state',
  'pipelines.run-retried': 'state',
  'pipelines.run-cancel-requested': 'state',
  'pipelines.run-ended': 'state',
  'pipelines.node-started': 'state',
  'pipelines.node-waiting': 'state',
  'pipelines.node-signalled': 'state',
  'pipelines.node-ended': 'state',
  'approvals.requested': 'state',
  'approvals.voted': 'state',
  'approvals.decided': 'state',
  'schedules.created': 'state',
  'schedules.changed': 'state',
  'schedules.removed': 'state',
  'schedules.fired': 'state',
  'schedules.work-ended': 'state',
  'schedules.scheduler-changed': 'state',
  'notifications.created': 'state',
  'notifications.changed': 'state',
  'operations.settings-changed': 'state',
  'operations.rows-removed': 'signal',
  'operations.breaker-opened': 'state',
  'operations.breaker-closed': 'state',
  'operations.dead-letter-added': 'state',
  'operations.dead-letter-settled': 'state',
} as const;
export type EventType = keyof typeof eventTypes;

/** Tell of what not everybody may see: whoever writes one says who may read it. */
export const guardedEvents: readonly EventType[] = [
  'auth.session-ended',
  'auth.refresh-reused',
  'auth.api-key-created',
  'auth.api-key-removed',
  'auth.invitation-created',
  'auth.invitation-removed',
  'projects.created',
  'projects.changed',
  'projects.removed',
  'projects.members-changed',
  'projects.membership-changed',
  'agents.chat-created',
  'agents.chat-removed',
  'agents.message-added',
  'agents.turn-started',
  'agents.step-ended',
  'agents.step-waiting',
  'agents.step-decided',
  'agents.turn-ended',
  'tasks.created',
  'tasks.started',
  'tasks.turn-ended',
  'tasks.waiting',
  'tasks.decided',
  'tasks.pause-requested',
  'tasks.paused',
  'tasks.resumed',
  'tasks.message-added',
  'tasks.ended',
  'pipelines.run-started',
  'pipelines.run-held',
  'pipelines.run-paused',
  'pipelines.run-resumed',
  'pipelines.run-retried',
  'pipelines.run-cancel-requested',
  'pipelines.run-ended',
  'pipelines.node-started',
  'pipelines.node-waiting',
  'pipelines.node-signalled',
  'pipelines.node-ended',
  'approvals.requested',
  'approvals.voted',
  'approvals.decided',
  'schedules.created',
  'schedules.changed',
  'schedules.removed',
  'schedules.fired',
  'schedules.work-ended',
  'notifications.created',
  'notifications.changed',
  'operations.breaker-opened',
  'operations.breaker-closed',
  'operations.dead-letter-added',
  'operations.dead-letter-settled',
];
export const eventTypeNames = Object.keys(eventTypes) as [EventType, ...EventType[]];

export const signalWindowMs = 1000;
/** Larger payloads are refused: an event carries ids and small facts, bodies are fetched by id. */
export const maxEventBytes = 8192;

/** `<kind>/<id>`, for example `runs/0199…`. */
export const subjectSchema = z.string().regex(/^[a-z-]+\/[A-Za-z0-9._:-]{1,200}$/);

export const eventSchema = z.strictObject({
  type: z.enum(eventTypeNames),
  subject: z.string().describe('What it is about, as `<kind>/<id>`.'),
  related: z.array(z.string()).describe('What else it concerns, in the same form; a topic may name these too.'),
  at: timeSchema,
  actor: z.string().nullable().describe('Who caused it, as `<kind>/<id>`; null: the system.'),
  payload: z.record(z.string(), jsonSchema),
});
export type GatheringEvent = z.infer<typeof eventSchema>;

/** A cursor is opaque to clients; it names the position after an event in commit order. */
export const cursorSchema = z.string().regex(/^\d{1,20}-\d{1,20}$/);

/**
 * Does an event belong to a topic? Topics: `*`; a feature (`pipelines`); a type (`pipelines.run-ended`);
 * a subject or related object (`runs/<id>`).
 */
export function matchesTopic(event: Pick<GatheringEvent, 'type' | 'subject' | 'related'>, topic: string): boolean {
  return (
    topic === '*' ||
    topic === event.type ||
    topic === event.subject ||
    event.type.startsWith(`${topic}.`) ||
    event.related.includes(topic)
  );
}

export const listEventsRoute = defineRoute({
  name: 'events.list',
  method: 'GET',
  path: '/events',
  summary: 'Stored events, latest first.',
  permission: 'events.read',
  rate: 'relaxed',
  query: z.strictObject({
    ...pageQuery.shape,
    feature: z.string().max(60).optional(),
    type: z.enum(eventTypeNames).optional(),
    subject: z.string().max(300).optional(),
    actor: z.string().max(300).optional(),
  }),
  reply: pageOf(z.strictObject({ cursor: z.string(), event: eventSchema })),
  errors: ['events.cursor-invalid'],
});
