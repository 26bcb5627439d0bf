// Background runs, in code and on the wire `tasks`: a goal that one agent works on over many turns, as the API shows it.
import * as z from 'zod';
import { turnStatuses } from './agents.ts';
import { idSchema, timeSchema } from './ids.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';

export const taskStatuses = [
  'pending',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
] as const;
export type TaskStatus = (typeof taskStatuses)[number];
export const activeTaskStatuses: readonly TaskStatus[] = ['pending', 'running', 'waiting', 'paused'];

/** Why a task ended. Only `completed` is success; `gave-up` is the agent's own word that the goal cannot be reached. */
export const taskStopReasons = [
  'completed',
  'gave-up',
  'step-limit',
  'time-limit',
  'token-limit',
  'cost-limit',
  'no-progress',
  'not-allowed',
  'starter-gone',
  'agent-gone',
  'model-failed',
  'content-filter',
  'interrupted',
  'cancelled',
] as const;
export type TaskStopReason = (typeof taskStopReasons)[number];

export const longestGoal = 20_000;
export const longestTaskMessage = 8_000;
export const mostTaskMessages = 200;

export const taskLimitsSchema = z.strictObject({
  maxSteps: z.int().min(1).max(100_000).describe('Most questions to the model, over all turns.'),
  maxSeconds: z.int().min(1).max(2_592_000).describe('Longest time of work, pauses and waits not counted.'),
  maxTokens: z.int().min(100).max(1_000_000_000).describe('Most tokens, in and out.'),
  maxCostUsd: z
    .number()
    .positive()
    .max(1_000_000)
    .nullable()
    .describe('Most that the models may cost. Null: no limit. Needs a model whose price is known.'),
});
export type TaskLimits = z.infer<typeof taskLimitsSchema>;
export const defaultTaskLimits: TaskLimits = {
  maxSteps: 200,
  maxSeconds: 14_400,
  maxTokens: 2_000_000,
  maxCostUsd: null,
};

export const planStatuses = ['open', 'doing', 'done', 'dropped'] as const;
export const planStepSchema = z.strictObject({ step: z.string(), status: z.enum(planStatuses) });
export type PlanStep = z.infer<typeof planStepSchema>;

export const taskRowSchema = z.strictObject({
  id: idSchema,
  title: z.string().describe('The first line of the goal.'),
  agentId: idSchema,
  agentName: z.string(),
  projectId: idSchema.nullable(),
  status: z.enum(taskStatuses),
  stopReason: z.enum(taskStopReasons).nullable(),
  pauseRequested: z.boolean().describe('It pauses as soon as the step that runs has ended.'),
  progress: z.int().nullable().describe('In percent, as the agent says. Null: it has said nothing.'),
  turns: z.int().describe('Turns that were begun or are due.'),
  steps: z.int().describe('Questions to the model in turns that ended.'),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number().nullable().describe('Null: a price was not known.'),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
});
export type TaskRow = z.infer<typeof taskRowSchema>;

export const taskTurnSchema = z.strictObject({
  id: idSchema,
  number: z.int().describe('From 1.'),
  status: z.enum(turnStatuses),
  stopReason: z.string().nullable(),
  detail: z.string().nullable(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number().nullable(),
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
});
export type TaskTurn = z.infer<typeof taskTurnSchema>;

export const taskMessageSchema = z.strictObject({
  id: idSchema,
  text: z.string(),
  by: z.string().describe('Who said it, as `<kind>/<id>`.'),
  turn: z.int().nullable().describe('Number of the turn that took it up. Null: none has yet.'),
  createdAt: timeSchema,
});

export const taskSchema = taskRowSchema.extend({
  goal: z.string(),
  plan: z.array(planStepSchema),
  notes: z.array(z.strictObject({ turn: z.int(), text: z.string() })).describe('The latest, oldest first.'),
  result: z.string().nullable(),
  detail: z.string().nullable().describe('What happened, where the reason alone does not say it.'),
  question: z.string().nullable().describe('What a person has to decide while it waits.'),
  retryAt: timeSchema.nullable().describe('The model could not be asked; then it is tried again.'),
  activeMs: z.int().describe('Time of work in turns that ended.'),
  limits: taskLimitsSchema,
  turnList: z.array(taskTurnSchema).describe('The latest turns, the last one first.'),
  messages: z.array(taskMessageSchema).describe('What people said to it, oldest first.'),
});
export type Task = z.infer<typeof taskSchema>;

const byId = z.strictObject({ id: idSchema });
const object = { kind: 'tasks', param: 'id' } as const;

export const startTaskRoute = defineRoute({
  name: 'tasks.start',
  method: 'POST',
  path: '/tasks',
  summary: 'Set an agent to work on a goal in the background; answers at once.',
  permission: 'tasks.run',
  rate: 'standard',
  status: 202,
  body: z.strictObject({
    agent: z.string().trim().min(1).max(100).describe('Id or handle of the agent.'),
    goal: z.string().trim().min(1).max(longestGoal).describe('What is to be reached.'),
    projectId: idSchema.nullable().optional().describe('The folder that file and git tools are confined to.'),
    limits: taskLimitsSchema.partial().optional().describe('What is left out is as usual.'),
  }),
  reply: taskSchema,
  errors: ['agents.not-found', 'projects.not-found'],
});
export const listTasksRoute = defineRoute({
  name: 'tasks.list',
  method: 'GET',
  path: '/tasks',
  summary: 'Background runs, latest first.',
  permission: 'tasks.read',
  rate: 'relaxed',
  query: z.strictObject({
    ...pageQuery.shape,
    status: z.enum(taskStatuses).optional(),
    agentId: idSchema.optional(),
  }),
  reply: pageOf(taskRowSchema),
  errors: [],
});
export const readTaskRoute = defineRoute({
  name: 'tasks.read',
  method: 'GET',
  path: '/tasks/:id',
  summary: 'One background run with its plan, its messages and its latest turns.',
  permission: 'tasks.read',
  rate: 'relaxed',
  object,
  params: byId,
  reply: taskSchema,
  errors: ['tasks.not-found'],
});
export const pauseTaskRoute = defineRoute({
  name: 'tasks.pause',
  method: 'POST',
  path: '/tasks/:id/pause',
  summary: 'Pause as soon as the step that runs has ended.',
  permission: 'tasks.run',
  rate: 'standard',
  object,
  params: byId,
  reply: taskSchema,
  errors: ['tasks.not-found', 'tasks.ended', 'tasks.already-paused'],
});
export const resumeTaskRoute = defineRoute({
  name: 'tasks.resume',
  method: 'POST',
  path: '/tasks/:id/resume',
  summary: 'Go on from where it was paused.',
  permission: 'tasks.run',
  rate: 'standard',
  object,
  params: byId,
  reply: taskSchema,
  errors: ['tasks.not-found', 'tasks.ended', 'tasks.not-paused'],
});
export const cancelTaskRoute = defineRoute({
  name: 'tasks.cancel',
  method: 'POST',
  path: '/tasks/:id/cancel',
  summary: 'End it: nothing more begins, what runs is aborted.',
  permission: 'tasks.run',
  rate: 'standard',
  object,
  params: byId,
  reply: taskSchema,
  errors: ['tasks.not-found', 'tasks.ended'],
});
export const sendTaskMessageRoute = defineRoute({
  name: 'tasks.send-message',
  method: 'POST',
  path: '/tasks/:id/messages',
  summary: 'Say something that its next turn reads.',
  permission: 'tasks.run',
  rate: 'standard',
  object,
  status: 201,
  params: byId,
  body: z.strictObject({ text: z.string().trim().min(1).max(longestTaskMessage) }),
  reply: taskSchema,
  errors: ['tasks.not-found', 'tasks.ended', 'tasks.too-many-messages'],
});
export const decideTaskRoute = defineRoute({
  name: 'tasks.decide',
  method: 'POST',
  path: '/tasks/:id/decision',
  summary: 'Repeat or skip a call that was cut off and may have had its effect.',
  permission: 'tasks.run',
  rate: 'standard',
  object,
  params: byId,
  body: z.strictObject({ decision: z.enum(['repeat', 'skip']) }),
  reply: taskSchema,
  errors: ['tasks.not-found', 'tasks.not-waiting'],
});
