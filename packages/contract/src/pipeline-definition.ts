// The definition of a pipeline: nodes, edges and each node type's config. Forms, validation, files and the
// server's execution read these schemas; what is not in them is refused, never dropped.
import * as z from 'zod';
import {
  approvalConfigSchema,
  conditionConfigSchema,
  joinConfigSchema,
  mapConfigSchema,
  pipelineConfigSchema,
  templateSchema as template,
  transformConfigSchema,
  waitConfigSchema,
} from './flow-nodes.ts';
import { jsonObjectSchema, jsonSchema } from './json.ts';

export const maxNodes = 2_500;
export const maxEdges = 10_000;

export const nodeIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/, 'letters, digits and _ . : -')
  .describe('Unique in the pipeline; expressions refer to it.');

const jsonSchemaDocument = jsonObjectSchema.describe('A JSON Schema (2020-12).');

const notifyAction = z.strictObject({
  kind: z.literal('notify'),
  title: template.min(1).describe('Headline in the inbox. Template.'),
  body: template.optional().describe('Text of the notification. Template.'),
  urgency: z.enum(['info', 'needs-person', 'failure']).optional().describe('How it is shown; info unless given.'),
});
const callApiAction = z.strictObject({
  kind: z.literal('callApi'),
  url: template.min(1).describe('Address, http or https. Template.'),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).optional().describe('GET unless given.'),
  headers: z.record(z.string().max(200), template).optional().describe('Header fields. Templates.'),
  body: jsonSchema.optional().describe('Text as it is, anything else as JSON. Its strings are templates.'),
  timeoutSeconds: z.number().positive().max(600).optional().describe('30 unless given.'),
  acceptStatus: z
    .array(z.int().min(100).max(599))
    .min(1)
    .max(20)
    .optional()
    .describe('Statuses that count as success; 200 to 299 unless given.'),
});
const callToolAction = z.strictObject({
  kind: z.literal('callTool'),
  tool: z.string().min(1).max(100).describe('Name of the tool, for example `git_log`.'),
  arguments: jsonObjectSchema.optional().describe('Arguments of the tool. Their strings are templates.'),
});
export const actionConfigSchema = z.discriminatedUnion('kind', [notifyAction, callApiAction, callToolAction]);
export type ActionConfig = z.infer<typeof actionConfigSchema>;

/** Config by node type. Strings marked as templates may hold `{{ expression }}`. */
export const nodeConfigSchemas = {
  trigger: z.strictObject({
    input: jsonSchemaDocument.optional().describe('What a run must be given (JSON Schema). Left out: anything.'),
  }),
  agent: z.strictObject({
    agentId: z.string().min(1).max(100).describe('Id or handle of the agent.'),
    task: template.min(1).describe('What the agent shall do. Template.'),
    outputSchema: jsonSchemaDocument
      .optional()
      .describe('The form of the answer (JSON Schema); it is then found under `output.data`.'),
  }),
  condition: conditionConfigSchema,
  action: actionConfigSchema,
  transform: transformConfigSchema,
  parallel: z.strictObject({}),
  join: joinConfigSchema,
  delay: z.union([
    z.strictObject({ seconds: z.number().min(0).max(31_536_000).describe('How long to wait, in seconds.') }),
    z.strictObject({ until: template.min(1).describe('Instant to wait for, ISO 8601. Template.') }),
  ]),
  wait: waitConfigSchema,
  approval: approvalConfigSchema,
  pipeline: pipelineConfigSchema,
  map: mapConfigSchema,
} as const;
export type NodeType = keyof typeof nodeConfigSchemas;
export const nodeTypes = Object.keys(nodeConfigSchemas) as [NodeType, ...NodeType[]];
export type NodeConfig<T extends NodeType> = z.infer<(typeof nodeConfigSchemas)[T]>;

/**
 * Why a node failed, as far as another try is concerned. `unavailable`: what it called was away or busy; `refused`: it
 * answered that it will not; `failed`: everything else.
 */
export const nodeErrorKinds = ['unavailable', 'timeout', 'refused', 'failed'] as const;
export type NodeErrorKind = (typeof nodeErrorKinds)[number];

export const retrySchema = z.strictObject({
  attempts: z.int().min(2).max(20).describe('Tries in all, the first one counted.'),
  baseSeconds: z
    .number()
    .min(0.01)
    .max(3600)
    .optional()
    .describe(
      'Pause before the second try; each further one is twice as long, less up to half by chance. 1 unless given.',
    ),
  maxSeconds: z.number().min(0.01).max(86_400).optional().describe('Longest pause. 60 unless given.'),
  on: z
    .array(z.enum(nodeErrorKinds))
    .min(1)
    .max(nodeErrorKinds.length)
    .optional()
    .describe('Which failures are tried again: unavailable and timeout unless given. Another try repeats its effects.'),
});
export type Retry = z.infer<typeof retrySchema>;

export const onErrorValues = ['fail', 'continue', 'route'] as const;
export type OnError = (typeof onErrorValues)[number];
/** The branch that a node takes which failed and whose `onError` is `route`. */
export const errorBranch = 'error';

export const nodeSchema = z.strictObject({
  id: nodeIdSchema,
  type: z
    .string()
    .min(1)
    .max(60)
    .describe(`One of: ${nodeTypes.join(', ')}.`),
  name: z.string().max(200).optional().describe('Shown to people; the id unless given.'),
  config: jsonObjectSchema.default({}).describe('Depends on the type.'),
  retry: retrySchema.optional().describe('Further tries when it fails; none unless given.'),
  timeoutSeconds: z
    .number()
    .min(0.1)
    .max(86_400)
    .optional()
    .describe('Longest time of one try. Not for triggers, parallels and delays.'),
  onError: z
    .enum(onErrorValues)
    .optional()
    .describe(
      'When its last try fails: `fail` ends the run (unless given), `continue` goes on as if it had ended, `route` goes on along its edges with when "error".',
    ),
  position: z.strictObject({ x: z.number(), y: z.number() }).optional().describe('Place on the canvas.'),
});
export type PipelineNode = z.infer<typeof nodeSchema>;

export const edgeSchema = z.strictObject({
  id: z.string().min(1).max(200).optional(),
  from: z.string().min(1).max(128).describe('Id of the node that it leaves.'),
  to: z.string().min(1).max(128).describe('Id of the node that it leads to.'),
  when: z
    .string()
    .max(60)
    .optional()
    .describe(
      'The branch under which it is taken: of a condition, an approval or a wait, or "error" of a node that routes its errors.',
    ),
});
export type PipelineEdge = z.infer<typeof edgeSchema>;

export const runPriorities = ['low', 'normal', 'high'] as const;
export type RunPriority = (typeof runPriorities)[number];

/** What holds for a run as a whole. */
export const runSettingsSchema = z.strictObject({
  timeoutSeconds: z
    .number()
    .min(1)
    .max(31_536_000)
    .optional()
    .describe('Longest time of a run, its pauses not counted; then it ends `timed_out`. No limit unless given.'),
  concurrencyKey: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe(
      'Runs of one pipeline with the same key take turns. Template over `input`. All run at once unless given.',
    ),
  concurrencyLimit: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('So many runs with one key at a time; 1 unless given.'),
  priority: z
    .enum(runPriorities)
    .optional()
    .describe('Whose nodes go first where workers are busy; normal unless given.'),
});
export type RunSettings = z.infer<typeof runSettingsSchema>;

export const definitionSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(4000).default(''),
  settings: runSettingsSchema.optional().describe('What holds for each run, unless its start says otherwise.'),
  nodes: z.array(nodeSchema).max(maxNodes),
  edges: z.array(edgeSchema).max(maxEdges),
});
export type PipelineDefinition = z.infer<typeof definitionSchema>;
