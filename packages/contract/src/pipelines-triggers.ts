// Triggers: what starts a pipeline without a person. A webhook is an address whose token is its key; an event trigger
// follows the stored events that its maker may see.
import * as z from 'zod';
import { eventSchema, eventTypeNames } from './events.ts';
import { maxExpressionLength } from './expressions.ts';
import { idSchema, timeSchema } from './ids.ts';
import { jsonSchema } from './json.ts';
import { idempotencyHeaders } from './pipelines.ts';
import { defineRoute } from './route.ts';

export const triggerKinds = ['webhook', 'event'] as const;
export type TriggerKind = (typeof triggerKinds)[number];

/** Of one pipeline. */
export const mostTriggers = 50;
/** A run that events of runs started, and so on: the chain ends here. */
export const deepestCause = 8;
export const defaultReplayWindowSeconds = 300;
export const timestampHeader = 'x-gathering-timestamp';
export const signatureHeader = 'x-gathering-signature';

const name = z.string().trim().min(1).max(100);
const projectId = idSchema.nullable().describe('The project that its runs belong to and are confined to.');
const enabled = z
  .boolean()
  .describe('A trigger that is off starts nothing; what happens meanwhile is not made up for.');
const eventTypeList = z.array(z.enum(eventTypeNames)).min(1).max(30).describe('The types of events that it follows.');
const filter = z
  .string()
  .trim()
  .max(maxExpressionLength)
  .describe('A condition over `event`, such as `event.payload.status == "failed"`. Empty: every event. Expression.');
const replayWindowSeconds = z
  .int()
  .min(10)
  .max(3_600)
  .describe('How far the signed timestamp may be from now; a signature is taken once in that time.');

const webhookSettings = z.strictObject({
  signed: z.boolean().describe('Only requests signed with the secret are taken.'),
  replayWindowSeconds,
});
const eventSettings = z.strictObject({ types: eventTypeList, filter });

export const triggerSchema = z.strictObject({
  id: idSchema,
  pipelineId: idSchema,
  kind: z.enum(triggerKinds),
  name: z.string(),
  enabled: z.boolean(),
  projectId: idSchema.nullable(),
  madeBy: z.string().describe('Whose present rights its runs have, as `<kind>/<id>`.'),
  webhook: webhookSettings.nullable(),
  event: eventSettings.nullable(),
  createdAt: timeSchema,
  firedCount: z.int().describe('Runs that it started.'),
  lastFiredAt: timeSchema.nullable(),
  refusedCount: z.int().describe('Times that it could start nothing; alike ones within a minute count once.'),
  lastRefusal: z.strictObject({ at: timeSchema, reason: z.string() }).nullable(),
});
export type Trigger = z.infer<typeof triggerSchema>;

/** The secrets are answered here and never again. */
export const newTriggerSchema = z.strictObject({
  trigger: triggerSchema,
  url: z.string().nullable().describe('The address of a webhook. Whoever knows it can start the pipeline.'),
  secret: z.string().nullable().describe('What requests to a signed webhook are signed with.'),
});
export type NewTrigger = z.infer<typeof newTriggerSchema>;

const byPipeline = z.strictObject({ id: idSchema });
const byTrigger = z.strictObject({ id: idSchema, triggerId: idSchema });

export const listTriggersRoute = defineRoute({
  name: 'pipelines.list-triggers',
  method: 'GET',
  path: '/pipelines/:id/triggers',
  summary: 'Triggers of a pipeline, at most 50.',
  permission: 'pipelines.read',
  rate: 'relaxed',
  params: byPipeline,
  reply: z.strictObject({ items: z.array(triggerSchema) }),
  errors: ['pipelines.not-found'],
});
export const createTriggerRoute = defineRoute({
  name: 'pipelines.create-trigger',
  method: 'POST',
  path: '/pipelines/:id/triggers',
  summary: 'Add a trigger. Its runs have the rights that you have at that moment. Token and secret are answered once.',
  permission: 'pipelines.write',
  rate: 'standard',
  status: 201,
  params: byPipeline,
  body: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('webhook'),
      name,
      enabled: enabled.default(true),
      projectId: projectId.default(null),
      signed: z.boolean().default(true).describe('Make a secret that requests must be signed with.'),
      replayWindowSeconds: replayWindowSeconds.default(defaultReplayWindowSeconds),
    }),
    z.strictObject({
      kind: z.literal('event'),
      name,
      enabled: enabled.default(true),
      projectId: projectId.default(null),
      types: eventTypeList,
      filter: filter.default(''),
    }),
  ]),
  reply: newTriggerSchema,
  errors: [
    'pipelines.not-found',
    'pipelines.trigger-invalid',
    'pipelines.too-many-triggers',
    'projects.not-found',
    'auth.forbidden',
  ],
});
export const changeTriggerRoute = defineRoute({
  name: 'pipelines.change-trigger',
  method: 'PATCH',
  path: '/pipelines/:id/triggers/:triggerId',
  summary: 'Change a trigger; what is left out stays. It goes on with the rights of whoever made it.',
  permission: 'pipelines.write',
  rate: 'standard',
  params: byTrigger,
  body: z.strictObject({
    name: name.optional(),
    enabled: enabled.optional(),
    types: eventTypeList.optional(),
    filter: filter.optional(),
    replayWindowSeconds: replayWindowSeconds.optional(),
  }),
  reply: triggerSchema,
  errors: ['pipelines.trigger-not-found', 'pipelines.trigger-invalid'],
});
export const renewTriggerRoute = defineRoute({
  name: 'pipelines.renew-trigger',
  method: 'POST',
  path: '/pipelines/:id/triggers/:triggerId/renew',
  summary: 'Give a webhook a new address and, where it is signed, a new secret. The old ones end at once.',
  permission: 'pipelines.write',
  rate: 'standard',
  params: byTrigger,
  reply: newTriggerSchema,
  errors: ['pipelines.trigger-not-found', 'pipelines.trigger-invalid'],
});
export const removeTriggerRoute = defineRoute({
  name: 'pipelines.remove-trigger',
  method: 'DELETE',
  path: '/pipelines/:id/triggers/:triggerId',
  summary: 'Remove a trigger. Runs that it started go on.',
  permission: 'pipelines.write',
  rate: 'standard',
  status: 204,
  params: byTrigger,
  reply: z.undefined(),
  errors: ['pipelines.trigger-not-found'],
});
export const tryFilterRoute = defineRoute({
  name: 'pipelines.try-filter',
  method: 'POST',
  path: '/pipelines/try-filter',
  summary: 'Which of the latest events that you may see a trigger of these types and this filter would have taken.',
  permission: 'pipelines.write',
  rate: 'standard',
  body: z.strictObject({ types: eventTypeList, filter }),
  reply: z.strictObject({
    looked: z.int().describe('Events of these types that were looked at, at most 50.'),
    taken: z.array(eventSchema).max(10).describe('The latest of those that fit.'),
    takenCount: z.int(),
  }),
  errors: ['pipelines.trigger-invalid'],
});
export const receiveHookRoute = defineRoute({
  name: 'pipelines.receive-hook',
  method: 'POST',
  path: '/hooks/:token',
  summary: 'Start a run of the pipeline behind this address with the body as its input.',
  permission: 'public',
  rate: 'hooks',
  status: 202,
  params: z.strictObject({ token: z.string().min(1).max(200) }),
  headers: z.strictObject({
    ...idempotencyHeaders.shape,
    [timestampHeader]: z.string().max(40).optional().describe('When it was signed, in seconds since 1970.'),
    [signatureHeader]: z
      .string()
      .max(200)
      .optional()
      .describe('`sha256=` and the HMAC-SHA256 of `<timestamp>.<body>` in hexadecimal.'),
  }),
  body: jsonSchema.optional().describe('The input of the run; `{}` where there is none.'),
  rawBody: true,
  reply: z.strictObject({
    runId: idSchema,
    repeated: z.boolean().describe('This idempotency key came before: its run is named and nothing was started.'),
  }),
  errors: [
    'pipelines.hook-not-found',
    'pipelines.hook-signature-invalid',
    'pipelines.hook-replayed',
    'pipelines.hook-unable',
    'pipelines.idempotency-mismatch',
    'pipelines.input-invalid',
  ],
});
