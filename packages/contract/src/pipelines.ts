// Pipelines and their runs, as the API shows them.
import * as z from 'zod';
import { turnSchema } from './agents.ts';
import { faultSchema } from './errors.ts';
import { idSchema, timeSchema } from './ids.ts';
import { jsonSchema } from './json.ts';
import { pageOf, pageQuery } from './paging.ts';
import { definitionSchema, edgeSchema, nodeSchema, runPriorities, runSettingsSchema } from './pipeline-definition.ts';
import { defineRoute } from './route.ts';

export const runStatuses = [
  'pending',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
] as const;
export type RunStatus = (typeof runStatuses)[number];
export const nodeStatuses = [
  'pending',
  'running',
  'waiting',
  'completed',
  'failed',
  'skipped',
  'cancelled',
  'timed_out',
] as const;
export type NodeStatus = (typeof nodeStatuses)[number];
/** What a node can wait for: an instant, a person's word, an approval, sub-runs, an event, a call of the API. */
export const waitingKinds = ['time', 'decision', 'retry', 'approval', 'runs', 'event', 'signal'] as const;
export type WaitingKind = (typeof waitingKinds)[number];
export const endedStatuses: readonly string[] = ['completed', 'failed', 'skipped', 'cancelled', 'timed_out'];

export const pipelineSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  description: z.string(),
  settings: runSettingsSchema.optional(),
  nodes: z.array(nodeSchema),
  edges: z.array(edgeSchema),
  version: z.int().describe('Counts the changes; send it with a change to be told of a conflict.'),
  publishedVersion: z.int().describe('The version that runs; another one than `version`: there is a draft.'),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type Pipeline = z.infer<typeof pipelineSchema>;
export const pipelineRowSchema = pipelineSchema.omit({ nodes: true, edges: true, settings: true }).extend({
  nodeCount: z.int(),
  lastRun: z.strictObject({ id: idSchema, status: z.enum(runStatuses), at: timeSchema }).nullable(),
});

/** Why a node or run failed: the cause first in words, with what to do next. */
export const runErrorSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  nodeId: z.string().nullable(),
  next: z.string().nullable(),
});
export type RunError = z.infer<typeof runErrorSchema>;

export const runRowSchema = z.strictObject({
  id: idSchema,
  pipelineId: idSchema.nullable(),
  pipelineName: z.string(),
  pipelineVersion: z.int().nullable().describe('The published version that it runs; null: a draft, or not saved.'),
  triggerId: idSchema.nullable().describe('The trigger that started it; null: a person, a schedule or another run.'),
  projectId: idSchema.nullable(),
  parent: z
    .strictObject({ runId: idSchema, nodeId: z.string(), item: z.int().nullable() })
    .nullable()
    .describe('Of a sub-run: the node that began it, and for which item of its list.'),
  status: z.enum(runStatuses),
  nodesTotal: z.int(),
  nodesDone: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number().nullable(),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
});
export type RunRow = z.infer<typeof runRowSchema>;

export const nodeSpanSchema = z.strictObject({
  kind: z.enum(['try', 'decision']),
  from: timeSchema,
  to: timeSchema.nullable().describe('Null: it lasts.'),
  code: z.string().nullable().describe('Of a try: why it failed.'),
  until: timeSchema.nullable().describe('Of a try: when the next one was due.'),
});
export type NodeSpan = z.infer<typeof nodeSpanSchema>;

export const nodeRunSchema = z.strictObject({
  id: z.string().describe('Id of the node in the definition.'),
  type: z.string(),
  name: z.string(),
  status: z.enum(nodeStatuses),
  attempt: z.int(),
  tries: z.int().describe('Tries that failed and were followed by another one.'),
  input: jsonSchema.describe('The config with its templates filled; null until it began.'),
  output: jsonSchema,
  error: runErrorSchema.nullable(),
  branch: z.string().nullable().describe('The branch that it took, of a node that has some.'),
  turnId: idSchema.nullable().describe('The turn of an agent node.'),
  waitingFor: z
    .strictObject({ kind: z.enum(waitingKinds), until: timeSchema.nullable(), question: z.string().nullable() })
    .nullable(),
  copied: z.boolean().describe('Taken over from the run that this one was forked from; it did not run here.'),
  history: z
    .array(nodeSpanSchema)
    .describe('What came before its present try: failed tries and waits for a decision, oldest first.'),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number().nullable(),
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
});
export type NodeRun = z.infer<typeof nodeRunSchema>;

export const forkPointSchema = z.strictObject({ runId: idSchema, nodeId: z.string() });
export const forkSchema = z.strictObject({ ...forkPointSchema.shape, status: z.enum(runStatuses) });

export const runSchema = runRowSchema.extend({
  input: jsonSchema,
  output: jsonSchema.describe('Outputs of the last nodes, by node id. Null until the run completed.'),
  error: runErrorSchema.nullable(),
  definition: definitionSchema.describe('The definition that this run is pinned to.'),
  nodes: z.array(nodeRunSchema),
  priority: z.enum(runPriorities),
  timeoutSeconds: z.number().nullable(),
  deadlineAt: timeSchema.nullable().describe('When it ends `timed_out`; null: no limit, or the clock stands still.'),
  concurrencyKey: z.string().nullable(),
  concurrencyLimit: z.int().nullable(),
  pausedAt: timeSchema.nullable(),
  retries: z.int().describe('How often it was begun again from its failed nodes.'),
  forkedFrom: forkPointSchema.nullable().describe('The run whose earlier nodes it took over, up to this node.'),
  forks: z.array(forkSchema).describe('Runs that were forked from this one, latest first, 20 at most.'),
  onlyNode: z.string().nullable().describe('It is a trial of this one node of its pipeline.'),
});
export type Run = z.infer<typeof runSchema>;

const byId = z.strictObject({ id: idSchema });
/** What a start may say instead of the settings of the definition. */
const startSettings = {
  timeoutSeconds: runSettingsSchema.shape.timeoutSeconds,
  concurrencyKey: z.string().min(1).max(200).optional().describe('As in the settings, but no template.'),
  concurrencyLimit: runSettingsSchema.shape.concurrencyLimit,
  priority: runSettingsSchema.shape.priority,
} as const;
/** Of requests that start something: the same key within a day is answered with the same run. */
export const idempotencyHeaders = z.strictObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, '1 to 200 printable letters of ASCII without spaces')
    .optional()
    .describe('The same key with the same request within 24 hours starts nothing again: the first run is answered.'),
});
const startBody = z.strictObject({
  input: jsonSchema.optional().describe('What the trigger hands on; must fit its schema.'),
  projectId: idSchema.nullable().optional().describe('The folder that file and git tools are confined to.'),
  ...startSettings,
});

export const listPipelinesRoute = defineRoute({
  name: 'pipelines.list',
  method: 'GET',
  path: '/pipelines',
  summary: 'Pipelines, latest first.',
  permission: 'pipelines.read',
  rate: 'relaxed',
  query: pageQuery,
  reply: pageOf(pipelineRowSchema),
  errors: [],
});
export const createPipelineRoute = defineRoute({
  name: 'pipelines.create',
  method: 'POST',
  path: '/pipelines',
  summary: 'Save a new pipeline and publish it as version 1. Refused with every fault if it could not run.',
  permission: 'pipelines.write',
  rate: 'standard',
  status: 201,
  body: definitionSchema,
  reply: pipelineSchema,
  errors: ['pipelines.invalid'],
});
export const readPipelineRoute = defineRoute({
  name: 'pipelines.read',
  method: 'GET',
  path: '/pipelines/:id',
  summary: 'One pipeline.',
  permission: 'pipelines.read',
  rate: 'relaxed',
  params: byId,
  reply: pipelineSchema,
  errors: ['pipelines.not-found'],
});
export const changePipelineRoute = defineRoute({
  name: 'pipelines.change',
  method: 'PATCH',
  path: '/pipelines/:id',
  summary: 'Change the draft of a pipeline; what is left out stays. What runs is changed by publishing.',
  permission: 'pipelines.write',
  rate: 'standard',
  params: byId,
  body: z.strictObject({
    name: definitionSchema.shape.name.optional(),
    description: z.string().max(4000).optional(),
    settings: runSettingsSchema.nullable().optional().describe('Null: none of them.'),
    nodes: definitionSchema.shape.nodes.optional(),
    edges: definitionSchema.shape.edges.optional(),
    version: z.int().optional().describe('The version that the change is based on.'),
  }),
  reply: pipelineSchema,
  errors: ['pipelines.not-found', 'pipelines.invalid', 'pipelines.changed'],
});
export const removePipelineRoute = defineRoute({
  name: 'pipelines.remove',
  method: 'DELETE',
  path: '/pipelines/:id',
  summary: 'Remove a pipeline; its ended runs stay.',
  permission: 'pipelines.write',
  rate: 'standard',
  status: 204,
  params: byId,
  reply: z.undefined(),
  errors: ['pipelines.not-found', 'pipelines.in-use'],
});
export const validatePipelineRoute = defineRoute({
  name: 'pipelines.validate',
  method: 'POST',
  path: '/pipelines/:id/validate',
  summary: 'Every fault of the stored pipeline, or of the definition given.',
  permission: 'pipelines.read',
  rate: 'standard',
  params: byId,
  body: z.strictObject({ definition: definitionSchema.optional() }).optional(),
  reply: z.strictObject({ valid: z.boolean(), faults: z.array(faultSchema) }),
  errors: ['pipelines.not-found'],
});
export const startRunRoute = defineRoute({
  name: 'pipelines.start-run',
  method: 'POST',
  path: '/pipelines/:id/runs',
  summary: 'Start a run of the published version; answers at once.',
  permission: 'pipelines.run',
  rate: 'standard',
  status: 202,
  params: byId,
  headers: idempotencyHeaders,
  body: z
    .strictObject({
      ...startBody.shape,
      draft: z.boolean().optional().describe('Run the draft; otherwise the published version runs.'),
    })
    .optional(),
  reply: runSchema,
  errors: [
    'pipelines.not-found',
    'pipelines.invalid',
    'pipelines.input-invalid',
    'pipelines.idempotency-mismatch',
    'projects.not-found',
  ],
});
export const runDefinitionRoute = defineRoute({
  name: 'pipelines.run-definition',
  method: 'POST',
  path: '/runs',
  summary: 'Run a definition that is not saved, as `gathering run` does.',
  permission: 'pipelines.run',
  rate: 'standard',
  status: 202,
  headers: idempotencyHeaders,
  body: z.strictObject({ definition: definitionSchema, ...startBody.shape }),
  reply: runSchema,
  errors: ['pipelines.invalid', 'pipelines.input-invalid', 'pipelines.idempotency-mismatch', 'projects.not-found'],
});
export const listRunsRoute = defineRoute({
  name: 'pipelines.list-runs',
  method: 'GET',
  path: '/runs',
  summary: 'Runs, latest first.',
  permission: 'pipelines.read',
  rate: 'relaxed',
  query: z.strictObject({
    ...pageQuery.shape,
    pipelineId: idSchema.optional(),
    status: z.enum(runStatuses).optional(),
    parentRunId: idSchema.optional().describe('Sub-runs of this run.'),
    parentNodeId: z.string().max(128).optional().describe('Of these, those that one node began.'),
  }),
  reply: pageOf(runRowSchema),
  errors: [],
});
export const readRunRoute = defineRoute({
  name: 'pipelines.read-run',
  method: 'GET',
  path: '/runs/:id',
  summary: 'One run with its nodes.',
  permission: 'pipelines.read',
  rate: 'relaxed',
  object: { kind: 'runs', param: 'id' },
  params: byId,
  reply: runSchema,
  errors: ['pipelines.run-not-found'],
});
export const readNodeTurnRoute = defineRoute({
  name: 'pipelines.read-node-turn',
  method: 'GET',
  path: '/runs/:id/nodes/:nodeId/turn',
  summary: 'What the agent of a node did, step by step.',
  permission: 'pipelines.read',
  rate: 'relaxed',
  object: { kind: 'runs', param: 'id' },
  params: z.strictObject({ id: idSchema, nodeId: z.string().max(128) }),
  reply: turnSchema,
  errors: ['pipelines.run-not-found', 'agents.turn-not-found'],
});
export const cancelRunRoute = defineRoute({
  name: 'pipelines.cancel-run',
  method: 'POST',
  path: '/runs/:id/cancel',
  summary: 'Cancel a run: nothing more begins, what runs is aborted.',
  permission: 'pipelines.run',
  rate: 'standard',
  object: { kind: 'runs', param: 'id' },
  params: byId,
  reply: runSchema,
  errors: ['pipelines.run-not-found', 'pipelines.run-ended'],
});
export const decideNodeRoute = defineRoute({
  name: 'pipelines.decide-node',
  method: 'POST',
  path: '/runs/:id/nodes/:nodeId/decision',
  summary: 'Repeat or skip an action that was cut off and may have had its effect.',
  permission: 'pipelines.run',
  rate: 'standard',
  object: { kind: 'runs', param: 'id' },
  params: z.strictObject({ id: idSchema, nodeId: z.string().max(128) }),
  body: z.strictObject({ decision: z.enum(['repeat', 'skip']) }),
  reply: runSchema,
  errors: ['pipelines.run-not-found', 'pipelines.node-not-waiting'],
});

const signalBody = jsonSchema.optional().describe('Becomes the output of the node.');
export const signalNodeRoute = defineRoute({
  name: 'pipelines.signal-node',
  method: 'POST',
  path: '/runs/:id/nodes/:nodeId/signal',
  summary: 'Hand a node what it waits for. A second call is refused, whichever came first.',
  permission: 'pipelines.run',
  rate: 'standard',
  object: { kind: 'runs', param: 'id' },
  params: z.strictObject({ id: idSchema, nodeId: z.string().max(128) }),
  body: z.strictObject({ key: z.string().max(1_000).optional(), body: signalBody }),
  reply: runSchema,
  errors: ['pipelines.run-not-found', 'pipelines.node-not-waiting', 'pipelines.signal-key-wrong'],
});
export const sendSignalRoute = defineRoute({
  name: 'pipelines.send-signal',
  method: 'POST',
  path: '/signals',
  summary: 'Hand something to every node that waits for this key, of runs that you may see; at most 100 at once.',
  permission: 'pipelines.run',
  rate: 'standard',
  body: z.strictObject({ key: z.string().min(1).max(1_000), body: signalBody }),
  reply: z.strictObject({ delivered: z.array(z.strictObject({ runId: idSchema, nodeId: z.string() })) }),
  errors: [],
});
