// Versions of pipelines: published definitions that runs are pinned to, and pipelines as files.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { pageOf, pageQuery } from './paging.ts';
import { definitionSchema } from './pipeline-definition.ts';
import { pipelineSchema } from './pipelines.ts';
import { defineRoute } from './route.ts';

export const versionStates = ['published', 'superseded', 'rolled-back', 'draft'] as const;
export type VersionState = (typeof versionStates)[number];

export const versionRowSchema = z.strictObject({
  version: z.int(),
  state: z
    .enum(versionStates)
    .describe('published: runs start with it. rolled-back: an older one was put in its place. draft: never published.'),
  nodeCount: z.int(),
  note: z.string(),
  restores: z.int().nullable().describe('The older version whose definition this one brought back.'),
  createdBy: z.string().describe('Who published it, as `<kind>/<id>`.'),
  createdAt: timeSchema,
});
export type VersionRow = z.infer<typeof versionRowSchema>;
export const versionSchema = versionRowSchema.extend({ definition: definitionSchema });
export type Version = z.infer<typeof versionSchema>;

/** So many are kept for each pipeline; the oldest go first, the published one never. */
export const mostVersions = 200;

const byId = z.strictObject({ id: idSchema });
const byVersion = z.strictObject({ id: idSchema, version: z.coerce.number().int().min(1).max(2_147_483_647) });
const note = z.string().trim().max(500).optional().describe('What changed, for whoever reads the history.');
const based = z.int().optional().describe('The version that the caller has seen; another one by now is a conflict.');

export const publishPipelineRoute = defineRoute({
  name: 'pipelines.publish',
  method: 'POST',
  path: '/pipelines/:id/publish',
  summary: 'Publish the draft: runs start with it from now on. Running runs stay on their version.',
  permission: 'pipelines.write',
  rate: 'standard',
  params: byId,
  body: z.strictObject({ version: based, note }).optional(),
  reply: pipelineSchema,
  errors: ['pipelines.not-found', 'pipelines.invalid', 'pipelines.changed', 'pipelines.nothing-to-publish'],
});
export const listVersionsRoute = defineRoute({
  name: 'pipelines.list-versions',
  method: 'GET',
  path: '/pipelines/:id/versions',
  summary: 'Versions of a pipeline, latest first. The last 200 are kept.',
  permission: 'pipelines.read',
  rate: 'relaxed',
  params: byId,
  query: pageQuery,
  reply: pageOf(versionRowSchema),
  errors: ['pipelines.not-found'],
});
export const readVersionRoute = defineRoute({
  name: 'pipelines.read-version',
  method: 'GET',
  path: '/pipelines/:id/versions/:version',
  summary: 'One version with its definition.',
  permission: 'pipelines.read',
  rate: 'relaxed',
  params: byVersion,
  reply: versionSchema,
  errors: ['pipelines.not-found', 'pipelines.version-not-found'],
});
export const rollBackPipelineRoute = defineRoute({
  name: 'pipelines.roll-back',
  method: 'POST',
  path: '/pipelines/:id/versions/:version/roll-back',
  summary: 'Publish the definition of an older version as a new one. A draft that is replaced is kept as a version.',
  permission: 'pipelines.write',
  rate: 'standard',
  params: byVersion,
  body: z.strictObject({ version: based, note }).optional(),
  reply: pipelineSchema,
  errors: ['pipelines.not-found', 'pipelines.version-not-found', 'pipelines.invalid', 'pipelines.changed'],
});
export const exportPipelineRoute = defineRoute({
  name: 'pipelines.export',
  method: 'GET',
  path: '/pipelines/:id/export',
  summary: 'A pipeline as a file for git: keys in a fixed order, nothing that changes by itself.',
  permission: 'pipelines.read',
  rate: 'relaxed',
  params: byId,
  query: z.strictObject({
    format: z.enum(['yaml']).default('yaml'),
    version: z.coerce
      .number()
      .int()
      .min(1)
      .max(2_147_483_647)
      .optional()
      .describe('Left out: the pipeline as it is stored, with its draft.'),
  }),
  text: 'text/yaml',
  reply: z.string(),
  errors: ['pipelines.not-found', 'pipelines.version-not-found'],
});
export const importPipelineRoute = defineRoute({
  name: 'pipelines.import',
  method: 'POST',
  path: '/pipelines/import',
  summary: 'Save a file (YAML or JSON) as a new pipeline, or as the draft of one. Faults name line and column.',
  permission: 'pipelines.write',
  rate: 'standard',
  status: 201,
  body: z.strictObject({
    text: z.string().min(1).describe('The file as it is.'),
    pipelineId: idSchema.optional().describe('Replaces the draft of this pipeline. Left out: a new pipeline.'),
    version: based,
  }),
  reply: pipelineSchema,
  errors: ['pipelines.not-found', 'pipelines.invalid', 'pipelines.changed'],
});
