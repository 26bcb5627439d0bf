// Configs of the node types that steer a run: conditions with many branches, joins, approvals, sub-runs, lists, waits and
// transforms. What each branch of a node is called is told by `branches.ts`.
import * as z from 'zod';
import { jsonObjectSchema, jsonSchema } from './json.ts';
import { roles } from './permissions.ts';

/** What a text with `{{ expression }}` may have at the most. */
export const templateSchema = z.string().max(100_000);
const expression = z.string().min(1).max(10_000);

export const branchNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}$/, 'letters, digits and _ . -')
  .describe('Unique in the node; edges name it with `when`.');

export const maxBranches = 50;
/** A list that is longer is refused when the node begins. */
export const maxMapItems = 1_000;
export const maxMapConcurrency = 64;
/** A run that pipelines nest deeper than this is not started. */
export const maxRunDepth = 8;
/** Runs that may be started below one run, however nested. */
export const maxSubRuns = 10_000;
const longestWaitSeconds = 31_536_000;

export const conditionConfigSchema = z.union([
  z.strictObject({
    expression: expression.describe('True leads along edges with when "then", false along "else". Expression.'),
  }),
  z.strictObject({
    branches: z
      .array(z.strictObject({ name: branchNameSchema, expression: expression.describe('True or false. Expression.') }))
      .min(1)
      .max(maxBranches)
      .describe('Asked in this order: the first that is true is taken.'),
    otherwise: branchNameSchema.optional().describe('Taken when none is true; left out: no way is taken then.'),
  }),
]);

export const joinConfigSchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('all').describe('Waits for all that were not skipped.') }),
  z.strictObject({ mode: z.literal('any').describe('Goes on with the first that arrives.') }),
  z.strictObject({
    mode: z.literal('count').describe('Goes on when so many have arrived.'),
    count: z.int().min(1).max(10_000).describe('How many must arrive.'),
  }),
]);

export const transformConfigSchema = z.union([
  z.strictObject({ expression: expression.describe('Its value is the output. Expression.') }),
  z.strictObject({
    fields: z
      .record(z.string().min(1).max(200), expression)
      .refine((fields) => Object.keys(fields).length <= 200, 'at most 200 fields')
      .describe('The output has these names; each value is an expression.'),
  }),
]);

const expiresAfterSeconds = z.number().positive().max(longestWaitSeconds);
export const approvalConfigSchema = z.strictObject({
  title: templateSchema.min(1).describe('What is to be decided, in a line. Template.'),
  body: templateSchema.optional().describe('What the person must know. Template.'),
  arguments: jsonObjectSchema
    .optional()
    .describe('The exact values that are decided on, shown as they are. Their strings are templates.'),
  approvers: z
    .strictObject({
      role: z.enum(roles).optional().describe('People of this role or a higher one may decide.'),
      userIds: z.array(z.uuid()).min(1).max(100).optional().describe('These people may decide.'),
    })
    .optional()
    .describe('Who may decide; unless given, whoever sees the run and may decide at all.'),
  quorum: z.int().min(1).max(100).optional().describe('How many must approve; 1 unless given. One rejection rejects.'),
  excludeStarter: z.boolean().optional().describe('Whoever started the run may not decide.'),
  expiresAfterSeconds: expiresAfterSeconds.optional().describe('Nobody can decide after this time, in seconds.'),
  onExpiry: z
    .enum(['reject', 'approve', 'fail'])
    .optional()
    .describe('What an expiry counts as where no edge has when "expired"; reject unless given.'),
});

const subRunInput = jsonSchema.optional().describe('Input of the sub-run; unless given, an empty object. Templates.');
export const pipelineConfigSchema = z.strictObject({
  pipelineId: z.uuid().describe('The pipeline that is run.'),
  input: subRunInput,
});

const listSettings = {
  items: expression.describe('The list: one sub-run for each of its items. Expression.'),
  concurrency: z
    .int()
    .min(1)
    .max(maxMapConcurrency)
    .optional()
    .describe('How many sub-runs at the same time; 4 unless given.'),
  onItemError: z
    .enum(['fail', 'continue'])
    .optional()
    .describe('Whether an item that fails fails the node (fail, unless given) or leaves null in the list.'),
};
export const mapConfigSchema = z.union([
  z.strictObject({
    pipelineId: z.uuid().describe('The pipeline that is run for each item.'),
    ...listSettings,
    input: jsonSchema
      .optional()
      .describe('Input of a sub-run; unless given, { item, index }. Templates; they may also use item and index.'),
  }),
  z.strictObject({
    agentId: z.string().min(1).max(100).describe('Id or handle of the agent that works on each item.'),
    ...listSettings,
    task: templateSchema.min(1).describe('What the agent shall do with the item. Template; item and index too.'),
  }),
]);

const waitSettings = {
  timeoutSeconds: z.number().positive().max(longestWaitSeconds).optional().describe('How long; for ever unless given.'),
  onTimeout: z
    .enum(['fail', 'continue'])
    .optional()
    .describe('What follows when the time is over and no edge has when "timeout"; fail unless given.'),
};
export const waitConfigSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('event'),
    event: z.string().min(1).max(100).describe('Type of the event, for example `pipelines.run-ended`.'),
    match: expression.optional().describe('Which event: true or false. Expression over event and key.'),
    key: templateSchema.optional().describe('What `match` may compare with, as `key`. Template.'),
    ...waitSettings,
  }),
  z.strictObject({
    kind: z.literal('signal').describe('Waits for a call of the API, with a body that becomes the output.'),
    key: templateSchema.min(1).optional().describe('What the call must name; unless given, any call does. Template.'),
    ...waitSettings,
  }),
]);
