// What people do with a run besides starting and cancelling it: pause, resume, retry, fork, and the trial of one node.
import * as z from 'zod';
import { idSchema } from './ids.ts';
import { jsonSchema } from './json.ts';
import { nodeStatuses, runSchema } from './pipelines.ts';
import { defineRoute } from './route.ts';

const byId = z.strictObject({ id: idSchema });
/** One that no definition can have is one that is not found. */
const nodeId = z.string().min(1).max(128);
const guarded = { kind: 'runs', param: 'id' } as const;

export const pauseRunRoute = defineRoute({
  name: 'pipelines.pause-run',
  method: 'POST',
  path: '/runs/:id/pause',
  summary: 'Pause a run: no further node begins; what runs now ends and is kept.',
  permission: 'pipelines.run',
  rate: 'standard',
  object: guarded,
  params: byId,
  reply: runSchema,
  errors: ['pipelines.run-not-found', 'pipelines.run-ended', 'pipelines.run-not-running'],
});
export const resumeRunRoute = defineRoute({
  name: 'pipelines.resume-run',
  method: 'POST',
  path: '/runs/:id/resume',
  summary: 'Go on with a paused run.',
  permission: 'pipelines.run',
  rate: 'standard',
  object: guarded,
  params: byId,
  reply: runSchema,
  errors: ['pipelines.run-not-found', 'pipelines.run-not-paused'],
});
export const retryRunRoute = defineRoute({
  name: 'pipelines.retry-run',
  method: 'POST',
  path: '/runs/:id/retry',
  summary: 'Begin a failed, cancelled or timed-out run again where it stopped; finished nodes are not run again.',
  permission: 'pipelines.run',
  rate: 'standard',
  object: guarded,
  params: byId,
  reply: runSchema,
  errors: ['pipelines.run-not-found', 'pipelines.run-not-stopped'],
});
export const forkRunRoute = defineRoute({
  name: 'pipelines.fork-run',
  method: 'POST',
  path: '/runs/:id/fork',
  summary:
    'A new run from a node of this one on: what came before is taken over, with other input or outputs if given.',
  permission: 'pipelines.run',
  rate: 'standard',
  status: 202,
  object: guarded,
  params: byId,
  body: z.strictObject({
    nodeId: nodeId.describe('The first node that runs again, with all that follow from it.'),
    input: jsonSchema.optional().describe('Instead of the input of the run; must fit the schema of its trigger.'),
    outputs: z
      .record(nodeId, jsonSchema)
      .optional()
      .describe('Instead of what these earlier nodes gave, by node id. Not of triggers and conditions.'),
  }),
  reply: runSchema,
  errors: [
    'pipelines.run-not-found',
    'pipelines.node-not-found',
    'pipelines.invalid',
    'pipelines.input-invalid',
    'pipelines.fork-impossible',
  ],
});
export const runSingleNodeRoute = defineRoute({
  name: 'pipelines.run-single-node',
  method: 'POST',
  path: '/pipelines/:id/nodes/:nodeId/run',
  summary: 'Run one node of a pipeline by itself, with what its templates and expressions shall find.',
  permission: 'pipelines.run',
  rate: 'standard',
  status: 202,
  params: z.strictObject({ id: idSchema, nodeId: z.string().max(128) }),
  body: z
    .strictObject({
      input: jsonSchema.optional().describe('As `input`.'),
      nodes: z
        .record(
          nodeId,
          z.strictObject({ status: z.enum(nodeStatuses).default('completed'), output: jsonSchema.default(null) }),
        )
        .optional()
        .describe('As `nodes`: status and output of other nodes, by their ids.'),
      projectId: idSchema.nullable().optional().describe('The folder that file and git tools are confined to.'),
    })
    .optional(),
  reply: runSchema,
  errors: [
    'pipelines.not-found',
    'pipelines.node-not-found',
    'pipelines.node-not-runnable',
    'pipelines.invalid',
    'projects.not-found',
  ],
});
