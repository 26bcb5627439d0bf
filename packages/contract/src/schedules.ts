// Schedules, their receipts and the calendar, as the API shows them.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';
import { scheduleParts } from './schedule-timing.ts';

export const scheduleStates = ['active', 'paused', 'ended'] as const;
export const receiptStatuses = ['run', 'skipped', 'queued'] as const;
export const receiptOutcomes = ['running', 'retrying', 'completed', 'failed', 'cancelled'] as const;
export const skipReasons = [
  'paused',
  'scheduler-paused',
  'missed',
  'overlap',
  'queue-full',
  'too-many',
  'own-event',
  'actor-gone',
  'actor-forbidden',
  'refused',
] as const;
export type SkipReason = (typeof skipReasons)[number];

/** The account of one instant, event or push of "run now". */
export const receiptSchema = z.strictObject({
  id: idSchema,
  scheduleId: idSchema,
  kind: z.enum(['instant', 'event', 'manual']),
  at: timeSchema.describe(
    'The expected instant; of an event, when it happened; of a manual run, when it was asked for.',
  ),
  status: z.enum(receiptStatuses),
  reason: z.enum(skipReasons).nullable().describe('Why it was skipped.'),
  detail: z.string().nullable().describe('What went wrong, in words.'),
  lateMs: z.int().nullable().describe('How long after it was due its work began; null: it did not.'),
  outcome: z.enum(receiptOutcomes).nullable().describe('How its work ended; null: there was none.'),
  attempt: z.int().describe('How often its work was begun.'),
  work: z
    .strictObject({ kind: z.enum(['run', 'task', 'call', 'notification']), id: idSchema })
    .nullable()
    .describe('The run, task, call or notification that it started.'),
  endedAt: timeSchema.nullable(),
});
export type Receipt = z.infer<typeof receiptSchema>;

const own = {
  name: z.string().trim().min(1).max(200).describe('Name of the schedule.'),
  description: z.string().max(4000).describe('What it is for.'),
  projectId: idSchema.nullable().describe('Whose members see it, and in whose folder it works.'),
};

export const scheduleSchema = z.strictObject({
  id: idSchema,
  ...own,
  name: z.string(),
  state: z.enum(scheduleStates),
  ...scheduleParts,
  createdBy: z.string().describe('`users/<id>` or `system/<name>`.'),
  actsFor: z.string().describe('Whose rights its work has: whoever changed last what it does.'),
  runCount: z.int().describe('How often it has run at an instant or an event.'),
  nextAt: timeSchema.nullable().describe('The next instant; null: none comes.'),
  lastReceipt: receiptSchema.nullable(),
  openAlerts: z.array(z.string()).describe('Problems that were told and are not over, in words.'),
  revision: z.int().describe('Counts the changes; send it with a change to be told of a conflict.'),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type Schedule = z.infer<typeof scheduleSchema>;

const { timing, action, ...rest } = scheduleParts;
const optional = z.strictObject({ ...rest }).partial().shape;
export const newScheduleSchema = z.strictObject({
  name: own.name,
  description: own.description.optional(),
  projectId: own.projectId.optional(),
  timing,
  action,
  ...optional,
});
export type NewSchedule = z.infer<typeof newScheduleSchema>;
const changeSchema = z.strictObject({
  ...z.strictObject({ ...own, ...scheduleParts }).partial().shape,
  revision: z.int().optional().describe('The revision that the change is based on.'),
});

const byId = z.strictObject({ id: idSchema });
const object = { kind: 'schedules', param: 'id' } as const;
const range = {
  from: timeSchema.describe('First instant of the range.'),
  to: timeSchema.describe('End of the range, not in it.'),
};
export const maxExpected = 1000;
export const maxBackTest = 20_000;

export const listSchedulesRoute = defineRoute({
  name: 'schedules.list',
  method: 'GET',
  path: '/schedules',
  summary: 'Schedules, latest first.',
  permission: 'schedules.read',
  rate: 'relaxed',
  query: z.strictObject({ ...pageQuery.shape, state: z.enum(scheduleStates).optional() }),
  reply: pageOf(scheduleSchema),
  errors: [],
});
export const createScheduleRoute = defineRoute({
  name: 'schedules.create',
  method: 'POST',
  path: '/schedules',
  summary: 'Make a schedule. Refused with every fault if it could not come due or not do its work.',
  permission: 'schedules.write',
  rate: 'standard',
  status: 201,
  body: newScheduleSchema,
  reply: scheduleSchema,
  errors: ['schedules.invalid', 'schedules.too-many', 'auth.forbidden'],
});
export const readScheduleRoute = defineRoute({
  name: 'schedules.read',
  method: 'GET',
  path: '/schedules/:id',
  summary: 'One schedule.',
  permission: 'schedules.read',
  rate: 'relaxed',
  object,
  params: byId,
  reply: scheduleSchema,
  errors: ['schedules.not-found'],
});
export const changeScheduleRoute = defineRoute({
  name: 'schedules.change',
  method: 'PATCH',
  path: '/schedules/:id',
  summary: 'Change a schedule from now on; what is left out stays. Instants before keep their receipts.',
  permission: 'schedules.write',
  rate: 'standard',
  object,
  params: byId,
  body: changeSchema,
  reply: scheduleSchema,
  errors: ['schedules.not-found', 'schedules.invalid', 'schedules.changed', 'auth.forbidden'],
});
export const removeScheduleRoute = defineRoute({
  name: 'schedules.remove',
  method: 'DELETE',
  path: '/schedules/:id',
  summary: 'Remove a schedule with its receipts; work that it started goes on.',
  permission: 'schedules.write',
  rate: 'standard',
  status: 204,
  object,
  params: byId,
  reply: z.undefined(),
  errors: ['schedules.not-found'],
});
export const pauseScheduleRoute = defineRoute({
  name: 'schedules.pause',
  method: 'POST',
  path: '/schedules/:id/pause',
  summary: 'From now on its instants are skipped. Pausing again changes nothing.',
  permission: 'schedules.write',
  rate: 'standard',
  object,
  params: byId,
  reply: scheduleSchema,
  errors: ['schedules.not-found', 'schedules.ended'],
});
export const resumeScheduleRoute = defineRoute({
  name: 'schedules.resume',
  method: 'POST',
  path: '/schedules/:id/resume',
  summary: 'From now on its instants count again.',
  permission: 'schedules.write',
  rate: 'standard',
  object,
  params: byId,
  reply: scheduleSchema,
  errors: ['schedules.not-found', 'schedules.ended'],
});
export const runScheduleRoute = defineRoute({
  name: 'schedules.run',
  method: 'POST',
  path: '/schedules/:id/run',
  summary: 'Do its work now, with the rights of whoever asks. Uses up no instant and no count, and waits for nothing.',
  permission: 'schedules.write',
  rate: 'standard',
  status: 202,
  object,
  params: byId,
  reply: receiptSchema,
  errors: ['schedules.not-found', 'schedules.refused', 'auth.forbidden'],
});
export const listReceiptsRoute = defineRoute({
  name: 'schedules.list-receipts',
  method: 'GET',
  path: '/schedules/:id/receipts',
  summary: 'What became of each instant, latest first.',
  permission: 'schedules.read',
  rate: 'relaxed',
  object,
  params: byId,
  query: z.strictObject({ ...pageQuery.shape, status: z.enum(receiptStatuses).optional() }),
  reply: pageOf(receiptSchema),
  errors: ['schedules.not-found'],
});
export const readExpectedRoute = defineRoute({
  name: 'schedules.read-expected',
  method: 'GET',
  path: '/schedules/:id/expected',
  summary: `The instants of a range by what the schedule said at each of them, with receipts; ${maxExpected} at most.`,
  permission: 'schedules.read',
  rate: 'relaxed',
  object,
  params: byId,
  query: z.strictObject({
    from: range.from.optional().describe('First instant of the range; now unless given.'),
    to: range.to.optional().describe('End of the range, not in it; 30 days on unless given.'),
  }),
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        at: timeSchema,
        dueAt: timeSchema.describe('With its share of the jitter.'),
        receipt: receiptSchema.nullable(),
      }),
    ),
    truncated: z.boolean().describe('There are more instants in the range.'),
  }),
  errors: ['schedules.not-found'],
});
export const backTestRoute = defineRoute({
  name: 'schedules.back-test',
  method: 'POST',
  path: '/schedules/:id/back-test',
  summary: 'What an edited schedule would have expected in the past 30 days, beside what was expected.',
  permission: 'schedules.read',
  rate: 'standard',
  object,
  params: byId,
  body: z.strictObject({ timing, startAt: rest.startAt.optional(), endAt: rest.endAt.optional() }),
  reply: z.strictObject({
    from: timeSchema,
    to: timeSchema,
    before: z.int().describe('How many instants were expected.'),
    after: z.int().describe('How many there would have been.'),
    kept: z.int().describe('How many are in both.'),
    added: z.array(timeSchema).describe('The latest that would be new, 20 at most.'),
    gone: z.array(timeSchema).describe('The latest that would be gone, 20 at most.'),
    truncated: z.boolean().describe(`Only the latest part was compared, since there are more than ${maxBackTest}.`),
  }),
  errors: ['schedules.not-found', 'schedules.invalid'],
});

export const calendarEntrySchema = z.strictObject({
  scheduleId: idSchema,
  name: z.string(),
  at: timeSchema,
  /** A day with more than are listed has one entry with the number of the rest. */
  more: z.int().describe('Further ones of this schedule on this day; -1: more than are worth counting.'),
  receipt: receiptSchema.nullable().describe('What became of it; null: it is still to come.'),
});
export type CalendarEntry = z.infer<typeof calendarEntrySchema>;
export const maxCalendarDays = 45;
export const readCalendarRoute = defineRoute({
  name: 'schedules.read-calendar',
  method: 'GET',
  path: '/schedules/calendar',
  summary: `What became due and what will, of all schedules, by time. ${maxCalendarDays} days at most.`,
  permission: 'schedules.read',
  rate: 'relaxed',
  query: z.strictObject({
    ...range,
    zone: z.string().max(100).default('UTC').describe('Time zone whose days are meant.'),
    perDay: z.coerce.number().int().min(1).max(24).default(6).describe('Of one schedule on one day so many at most.'),
  }),
  reply: z.strictObject({ items: z.array(calendarEntrySchema), truncated: z.boolean() }),
  errors: [],
});

export const schedulerSchema = z.strictObject({
  pausedAt: timeSchema.nullable().describe('Since when no schedule runs; null: they run.'),
  pausedBy: z.string().nullable(),
});
export const readSchedulerRoute = defineRoute({
  name: 'schedules.read-scheduler',
  method: 'GET',
  path: '/schedules/scheduler',
  summary: 'Whether schedules run at all.',
  permission: 'schedules.read',
  rate: 'relaxed',
  reply: schedulerSchema,
  errors: [],
});
export const changeSchedulerRoute = defineRoute({
  name: 'schedules.change-scheduler',
  method: 'PATCH',
  path: '/schedules/scheduler',
  summary: 'Pause all schedules until they are resumed, also over restarts; or resume them.',
  permission: 'schedules.write',
  rate: 'standard',
  body: z.strictObject({ paused: z.boolean() }),
  reply: schedulerSchema,
  errors: [],
});
