// When a schedule comes due and what it then does, as people write it. Whatever has the right form is accepted here and
// judged as a whole by `checkSchedule`, so that a refusal names every fault at once.
import * as z from 'zod';
import { eventTypeNames } from './events.ts';
import { idSchema, timeSchema } from './ids.ts';
import { jsonSchema } from './json.ts';

export const timingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cron'),
    expression: z.string().max(300).describe('Five fields, minute first, or six, second first.'),
    zone: z.string().max(100).describe('IANA time zone on whose clocks it runs, for example Europe/Berlin.'),
  }),
  z.strictObject({
    kind: z.literal('interval'),
    everySeconds: z.number().describe('From one instant to the next: 1 second to 10 years.'),
    anchorAt: timeSchema
      .optional()
      .describe('Instants are counted from here. Left out: from the start, else one interval from now.'),
  }),
  z.strictObject({ kind: z.literal('once'), at: timeSchema.describe('The one instant.') }),
  z.strictObject({
    kind: z.literal('event'),
    eventType: z.enum(eventTypeNames).describe('It comes due with each event of this type that its owner may see.'),
    subject: z.string().max(300).optional().describe('Only events about this, for example pipelines/<id>.'),
    payload: z
      .record(z.string().max(100), z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]))
      .optional()
      .describe('Only events whose payload has these values.'),
  }),
]);
export type ScheduleTiming = z.infer<typeof timingSchema>;

export const scheduleActionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('execute_pipeline'),
    pipelineId: idSchema.describe('The pipeline that is run.'),
    input: jsonSchema.optional().describe('What its trigger is given.'),
  }),
  z.strictObject({
    kind: z.literal('run_task'),
    agent: z.string().min(1).max(100).describe('Id or handle of the agent.'),
    goal: z.string().min(1).max(20_000).describe('What it shall reach.'),
    limits: z
      .strictObject({
        maxSteps: z.int().min(1).max(10_000).optional(),
        maxSeconds: z.int().min(1).max(604_800).optional(),
        maxTokens: z.int().min(1).max(1_000_000_000).optional(),
        maxCostUsd: z.number().positive().max(1_000_000).optional(),
      })
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('send_notification'),
    title: z.string().min(1).max(300).describe('Headline in the inbox.'),
    body: z.string().max(10_000).optional().describe('Text of the notification.'),
    urgency: z.enum(['info', 'needs-person', 'failure']).optional().describe('How it is shown; info unless given.'),
    to: z.enum(['me', 'operators']).optional().describe('Whoever made the schedule unless given.'),
  }),
  z.strictObject({
    kind: z.literal('call_api'),
    url: z.string().min(1).max(4000).describe('Address, http or https.'),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).optional().describe('POST unless given.'),
    headers: z.record(z.string().max(200), z.string().max(10_000)).optional().describe('Header fields.'),
    body: jsonSchema.optional().describe('Text as it is, anything else as JSON.'),
    timeoutSeconds: z.number().positive().max(600).optional().describe('30 unless given.'),
  }),
]);
export type ScheduleAction = z.infer<typeof scheduleActionSchema>;
export type ScheduleActionKind = ScheduleAction['kind'];

export const missedPolicies = ['skip', 'one', 'all'] as const;
export const overlapPolicies = ['skip', 'queue', 'cancel-previous', 'allow'] as const;

/** Every part of a schedule that may be changed, without defaults. */
export const scheduleParts = {
  timing: timingSchema,
  action: scheduleActionSchema,
  startAt: timeSchema.nullable().describe('No instant before it.'),
  endAt: timeSchema.nullable().describe('No instant after it.'),
  maxCount: z.number().nullable().describe('It ends once it has run so often; null: never.'),
  jitterSeconds: z.number().describe('Each instant comes later by up to so much, 0 to 3600: always by the same share.'),
  missed: z.enum(missedPolicies).describe('Instants that were missed: skip them, run the latest one, or all.'),
  missedLimit: z.number().describe('With `all`: run so many of the latest at most, 1 to 100.'),
  missedAfterSeconds: z.number().describe('Later than this it counts as missed; until then it runs late. 1 to 86400.'),
  overlap: z
    .enum(overlapPolicies)
    .describe('While its work before goes on: skip, wait for its end, cancel it, or run beside it.'),
  retries: z.number().describe('How often failed work is tried again, 0 to 10.'),
  retrySeconds: z.number().describe('Pause before the first retry, doubled with each further one. 1 to 86400.'),
} as const;

export const scheduleSpecSchema = z.strictObject(scheduleParts);
export type ScheduleSpec = z.infer<typeof scheduleSpecSchema>;

/** What is left out of a new schedule. */
export const scheduleDefaults: Omit<ScheduleSpec, 'timing' | 'action'> = {
  startAt: null,
  endAt: null,
  maxCount: null,
  jitterSeconds: 0,
  missed: 'one',
  missedLimit: 10,
  missedAfterSeconds: 60,
  overlap: 'skip',
  retries: 0,
  retrySeconds: 30,
};
