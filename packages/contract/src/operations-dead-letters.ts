// Dead letters: jobs that failed as often as they may, with the reason, kept until a person decides or they are old.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { jsonSchema } from './json.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';

export const deadLetterStates = ['dead', 'redriven', 'dismissed'] as const;

export const deadLetterSchema = z.strictObject({
  id: idSchema,
  job: z.string().describe('`<feature>.<verb>-<noun>`.'),
  queue: z.string(),
  reason: z.string(),
  attempts: z.int(),
  queuedAt: timeSchema.nullable().describe('Null: the queue did not know any more.'),
  failedAt: timeSchema.describe('The last time.'),
  subject: z.string().nullable().describe('What it was about, as `<kind>/<id>`. Null: its payload does not tell.'),
  requestId: z.string().nullable().describe('The request that it goes back to.'),
  state: z.enum(deadLetterStates),
  settledAt: timeSchema.nullable(),
  settledBy: z.string().nullable().describe('Who redrove or dismissed it, as `<kind>/<id>`.'),
  redrive: z
    .strictObject({ possible: z.boolean(), why: z.string().nullable() })
    .describe('Whether it can be done again, and if not, what to do in its place.'),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

export const deadLetterDetailsSchema = z.strictObject({
  ...deadLetterSchema.shape,
  payload: jsonSchema.describe('What the job was given. Null: it was too large to be kept.'),
});
export type DeadLetterDetails = z.infer<typeof deadLetterDetailsSchema>;

const params = z.strictObject({ id: idSchema });

export const listDeadLettersRoute = defineRoute({
  name: 'operations.list-dead-letters',
  method: 'GET',
  path: '/dead-letters',
  summary: 'Jobs that failed for good, latest first.',
  permission: 'operations.inspect',
  rate: 'relaxed',
  query: z.strictObject({
    ...pageQuery.shape,
    job: z.string().max(100).optional(),
    state: z.enum(deadLetterStates).optional(),
  }),
  reply: pageOf(deadLetterSchema),
  errors: [],
});
export const readDeadLetterRoute = defineRoute({
  name: 'operations.read-dead-letter',
  method: 'GET',
  path: '/dead-letters/:id',
  summary: 'One of them, with its payload.',
  permission: 'operations.inspect',
  rate: 'relaxed',
  params,
  reply: deadLetterDetailsSchema,
  errors: ['operations.dead-letter-not-found'],
});
export const redriveDeadLetterRoute = defineRoute({
  name: 'operations.redrive-dead-letter',
  method: 'POST',
  path: '/dead-letters/:id/redrive',
  summary: 'Do the job again; of two who ask at once, one does.',
  permission: 'operations.write',
  rate: 'standard',
  params,
  reply: deadLetterDetailsSchema,
  errors: ['operations.dead-letter-not-found', 'operations.dead-letter-settled', 'operations.redrive-refused'],
});
export const dismissDeadLetterRoute = defineRoute({
  name: 'operations.dismiss-dead-letter',
  method: 'POST',
  path: '/dead-letters/:id/dismiss',
  summary: 'Leave it: nothing is done again.',
  permission: 'operations.write',
  rate: 'standard',
  params,
  reply: deadLetterDetailsSchema,
  errors: ['operations.dead-letter-not-found', 'operations.dead-letter-settled'],
});
