// Health, settings and what the Home page shows.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { modelChoiceSchema } from './providers.ts';
import { defineRoute } from './route.ts';

export const readinessSchema = z.strictObject({
  status: z.enum(['ready', 'not-ready']),
  checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

export const settingsSchema = z.strictObject({
  defaultModel: modelChoiceSchema.describe('The model of agents that name none.'),
  eventRetentionDays: z.int().min(1).max(3650).describe('Events older than this are removed.'),
  runRetentionDays: z.int().min(1).max(3650).describe('Ended runs older than this are removed.'),
  selfRegistration: z
    .boolean()
    .describe('Anybody who reaches this server may make an account, with the role `viewer`.'),
});
export type Settings = z.infer<typeof settingsSchema>;

export const instanceSchema = z.strictObject({
  version: z.string(),
  database: z.enum(['embedded', 'server']),
  databaseBytes: z.int(),
  dataDir: z.string().nullable(),
  startedAt: timeSchema,
});

export const homeSchema = z.strictObject({
  running: z.array(
    z.strictObject({
      runId: idSchema,
      pipelineName: z.string(),
      status: z.string(),
      startedAt: timeSchema.nullable(),
      nodesDone: z.int(),
      nodesTotal: z.int(),
    }),
  ),
  tasks: z.array(
    z.strictObject({
      taskId: idSchema,
      title: z.string(),
      agentName: z.string(),
      status: z.string(),
      progress: z.int().nullable(),
      turns: z.int(),
      startedAt: timeSchema.nullable(),
    }),
  ),
  failed: z.array(
    z.strictObject({
      runId: idSchema,
      pipelineName: z.string(),
      status: z.string(),
      reason: z.string().nullable(),
      endedAt: timeSchema.nullable(),
    }),
  ),
  needsPerson: z.array(
    z.strictObject({
      notificationId: idSchema,
      title: z.string(),
      body: z.string(),
      link: z.string().nullable(),
      createdAt: timeSchema,
    }),
  ),
  today: z.strictObject({
    modelCalls: z.int(),
    inputTokens: z.int(),
    outputTokens: z.int(),
    costUsd: z.number(),
    runsCompleted: z.int(),
    runsFailed: z.int(),
  }),
});

export const liveRoute = defineRoute({
  name: 'operations.check-live',
  method: 'GET',
  path: '/health/live',
  summary: 'Is the process alive?',
  permission: 'public',
  rate: 'unlimited',
  reply: z.strictObject({ status: z.literal('live') }),
  errors: [],
});
export const readyRoute = defineRoute({
  name: 'operations.check-ready',
  method: 'GET',
  path: '/health/ready',
  summary: 'Database reachable, migrations current, workers beating, not draining? 503 otherwise, with the same body.',
  permission: 'public',
  rate: 'unlimited',
  reply: readinessSchema,
  errors: [],
});
export const readSettingsRoute = defineRoute({
  name: 'operations.read-settings',
  method: 'GET',
  path: '/settings',
  summary: 'What an owner can change while it runs.',
  permission: 'operations.read',
  rate: 'relaxed',
  reply: settingsSchema,
  errors: [],
});
export const changeSettingsRoute = defineRoute({
  name: 'operations.change-settings',
  method: 'PATCH',
  path: '/settings',
  summary: 'Change settings; what is left out stays.',
  permission: 'operations.write',
  rate: 'standard',
  body: z.strictObject({
    defaultModel: modelChoiceSchema.optional(),
    eventRetentionDays: settingsSchema.shape.eventRetentionDays.optional(),
    runRetentionDays: settingsSchema.shape.runRetentionDays.optional(),
    selfRegistration: settingsSchema.shape.selfRegistration.optional(),
  }),
  reply: settingsSchema,
  errors: ['providers.not-found', 'providers.model-unknown'],
});
export const readInstanceRoute = defineRoute({
  name: 'operations.read-instance',
  method: 'GET',
  path: '/instance',
  summary: 'Version, database and age of this server.',
  permission: 'operations.read',
  rate: 'relaxed',
  reply: instanceSchema,
  errors: [],
});
export const readHomeRoute = defineRoute({
  name: 'operations.read-home',
  method: 'GET',
  path: '/home',
  summary: 'What runs now, what failed, what needs a person, usage today.',
  permission: 'operations.read',
  rate: 'relaxed',
  reply: homeSchema,
  errors: [],
});
