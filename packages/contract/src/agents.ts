// Personas and agents; what chats, messages, turns and steps are. The routes of chats are in `agents-chats.ts`.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { jsonSchema } from './json.ts';
import { pageOf, pageQuery } from './paging.ts';
import { modelChoiceSchema } from './providers.ts';
import { defineRoute } from './route.ts';
import { toolEffects } from './skills.ts';

const words = z.array(z.string().trim().min(1).max(200)).max(30);

export const communicationStyles = ['balanced', 'concise', 'detailed', 'formal', 'friendly', 'technical'] as const;

export const personaFields = z.strictObject({
  name: z.string().trim().min(1).max(100).describe('Name of the persona.'),
  role: z.string().trim().min(1).max(200).describe('What it is, in a few words.'),
  background: z.string().max(4000).describe('Where its judgement comes from.'),
  traits: words.describe('How it behaves.'),
  communicationStyle: z.enum(communicationStyles).describe('How it writes.'),
  specializations: words.describe('What it knows best.'),
  languages: words.describe('Languages it answers in, best first.'),
  instructions: z.string().max(20000).describe('What it must always or never do.'),
});
export const personaSchema = z.strictObject({
  id: idSchema,
  ...personaFields.shape,
  builtIn: z.boolean(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type Persona = z.infer<typeof personaSchema>;

export const turnLimitsSchema = z.strictObject({
  maxSteps: z.int().min(1).max(200).describe('Most model calls of one turn.'),
  maxTokens: z.int().min(100).max(10_000_000).describe('Most tokens, in and out, of one turn.'),
  maxSeconds: z.int().min(1).max(86_400).describe('Longest time of one turn.'),
});
export type TurnLimits = z.infer<typeof turnLimitsSchema>;
export const defaultTurnLimits: TurnLimits = { maxSteps: 20, maxTokens: 400_000, maxSeconds: 600 };

const handle = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'lower-case letters, digits and dashes')
  .describe('Short unique name; pipelines and files refer to it.');
const agentFields = {
  handle,
  name: z.string().trim().min(1).max(100).describe('Name of the agent.'),
  personaId: idSchema.describe('The persona that it takes on.'),
  model: modelChoiceSchema.nullable().describe('Null: the default model of Settings.'),
  temperature: z.number().min(0).max(2).nullable().describe("Null: the provider's default."),
  maxOutputTokens: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .describe("Most tokens of one answer. Null: the provider's default."),
  skills: z.array(z.string().max(60)).max(50).describe('Names of the skills that it may use.'),
  limits: turnLimitsSchema.describe('Hard caps of one turn.'),
  instructions: z.string().max(20000).describe("Added to the persona's instructions."),
};
export const agentSchema = z.strictObject({
  id: idSchema,
  ...agentFields,
  personaName: z.string(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type Agent = z.infer<typeof agentSchema>;

export const stopReasons = [
  'completed',
  'step-limit',
  'token-limit',
  'time-limit',
  'cost-limit',
  'no-progress',
  'output-limit',
  'content-filter',
  'model-failed',
  'output-invalid',
  'schema-unusable',
  'not-allowed',
  'cancelled',
] as const;
/** Why a turn ended. Only `completed` is success. */
export type StopReason = (typeof stopReasons)[number];

export const turnStatuses = ['pending', 'running', 'waiting', 'completed', 'failed', 'cancelled'] as const;
export const stepStates = ['intended', 'done', 'failed', 'waiting'] as const;

export const stepSchema = z.strictObject({
  index: z.int(),
  kind: z.enum(['model', 'tool']),
  state: z.enum(stepStates),
  tool: z.string().nullable(),
  callId: z.string().nullable(),
  effect: z.enum(toolEffects).nullable(),
  input: jsonSchema.describe('Of a tool: its arguments. Of a model: what it was asked, as messages.'),
  output: jsonSchema.describe('Of a tool: its result. Of a model: its exact answer. Null until it ended.'),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  inputTokens: z.int().nullable(),
  outputTokens: z.int().nullable(),
  costUsd: z.number().nullable(),
  startedAt: timeSchema,
  endedAt: timeSchema.nullable(),
});
export type Step = z.infer<typeof stepSchema>;

export const turnSchema = z.strictObject({
  id: idSchema,
  agentId: idSchema,
  agentName: z.string(),
  status: z.enum(turnStatuses),
  stopReason: z.enum(stopReasons).nullable(),
  detail: z.string().nullable().describe('What happened, where the reason alone does not say it.'),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number().nullable(),
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
  steps: z.array(stepSchema),
});
export type Turn = z.infer<typeof turnSchema>;

export const chatSchema = z.strictObject({
  id: idSchema,
  agentId: idSchema,
  projectId: idSchema.nullable(),
  title: z.string(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type Chat = z.infer<typeof chatSchema>;

export const messageSchema = z.strictObject({
  id: idSchema,
  chatId: idSchema,
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  turnId: idSchema.nullable(),
  stopReason: z.enum(stopReasons).nullable(),
  toolCalls: z.array(
    z.strictObject({
      callId: z.string(),
      tool: z.string(),
      input: jsonSchema,
      ok: z.boolean(),
      output: z.string(),
      durationMs: z.number(),
    }),
  ),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number().nullable(),
  createdAt: timeSchema,
});
export type Message = z.infer<typeof messageSchema>;

const byId = z.strictObject({ id: idSchema });

export const listPersonasRoute = defineRoute({
  name: 'agents.list-personas',
  method: 'GET',
  path: '/personas',
  summary: 'Personas, the ready ones first.',
  permission: 'agents.read',
  rate: 'relaxed',
  query: pageQuery,
  reply: pageOf(personaSchema),
  errors: [],
});
export const createPersonaRoute = defineRoute({
  name: 'agents.create-persona',
  method: 'POST',
  path: '/personas',
  summary: 'Make a persona.',
  permission: 'agents.write',
  rate: 'standard',
  status: 201,
  body: z.strictObject({
    name: personaFields.shape.name,
    role: personaFields.shape.role,
    background: personaFields.shape.background.default(''),
    traits: personaFields.shape.traits.default([]),
    communicationStyle: personaFields.shape.communicationStyle.default('balanced'),
    specializations: personaFields.shape.specializations.default([]),
    languages: personaFields.shape.languages.default(['English']),
    instructions: personaFields.shape.instructions.default(''),
  }),
  reply: personaSchema,
  errors: ['agents.persona-name-taken'],
});
export const readPersonaRoute = defineRoute({
  name: 'agents.read-persona',
  method: 'GET',
  path: '/personas/:id',
  summary: 'One persona.',
  permission: 'agents.read',
  rate: 'relaxed',
  params: byId,
  reply: personaSchema,
  errors: ['agents.persona-not-found'],
});
export const changePersonaRoute = defineRoute({
  name: 'agents.change-persona',
  method: 'PATCH',
  path: '/personas/:id',
  summary: 'Change a persona; what is left out stays.',
  permission: 'agents.write',
  rate: 'standard',
  params: byId,
  body: personaFields.partial(),
  reply: personaSchema,
  errors: ['agents.persona-not-found', 'agents.persona-name-taken', 'agents.persona-built-in'],
});
export const removePersonaRoute = defineRoute({
  name: 'agents.remove-persona',
  method: 'DELETE',
  path: '/personas/:id',
  summary: 'Remove a persona that no agent uses.',
  permission: 'agents.write',
  rate: 'standard',
  status: 204,
  params: byId,
  reply: z.undefined(),
  errors: ['agents.persona-not-found', 'agents.persona-built-in', 'agents.persona-in-use'],
});

export const listAgentsRoute = defineRoute({
  name: 'agents.list',
  method: 'GET',
  path: '/agents',
  summary: 'Agents by name.',
  permission: 'agents.read',
  rate: 'relaxed',
  query: pageQuery,
  reply: pageOf(agentSchema),
  errors: [],
});
export const createAgentRoute = defineRoute({
  name: 'agents.create',
  method: 'POST',
  path: '/agents',
  summary: 'Make an agent from a persona.',
  permission: 'agents.write',
  rate: 'standard',
  status: 201,
  body: z.strictObject({
    name: agentFields.name,
    personaId: idSchema,
    handle: handle.optional().describe('Left out: made from the name.'),
    model: agentFields.model.default(null),
    temperature: agentFields.temperature.default(null),
    maxOutputTokens: agentFields.maxOutputTokens.default(null),
    skills: agentFields.skills.default([]),
    limits: turnLimitsSchema.partial().default({}),
    instructions: agentFields.instructions.default(''),
  }),
  reply: agentSchema,
  errors: ['agents.handle-taken', 'agents.persona-not-found', 'agents.skill-unknown', 'providers.not-found'],
});
export const readAgentRoute = defineRoute({
  name: 'agents.read',
  method: 'GET',
  path: '/agents/:id',
  summary: 'One agent.',
  permission: 'agents.read',
  rate: 'relaxed',
  params: byId,
  reply: agentSchema,
  errors: ['agents.not-found'],
});
export const changeAgentRoute = defineRoute({
  name: 'agents.change',
  method: 'PATCH',
  path: '/agents/:id',
  summary: 'Change an agent; what is left out stays.',
  permission: 'agents.write',
  rate: 'standard',
  params: byId,
  body: z.strictObject({ ...agentFields, limits: turnLimitsSchema.partial() }).partial(),
  reply: agentSchema,
  errors: [
    'agents.not-found',
    'agents.handle-taken',
    'agents.persona-not-found',
    'agents.skill-unknown',
    'providers.not-found',
  ],
});
export const removeAgentRoute = defineRoute({
  name: 'agents.remove',
  method: 'DELETE',
  path: '/agents/:id',
  summary: 'Remove an agent with its chats.',
  permission: 'agents.write',
  rate: 'standard',
  status: 204,
  params: byId,
  reply: z.undefined(),
  errors: ['agents.not-found', 'agents.in-use'],
});
