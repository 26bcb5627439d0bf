// Circuit breakers: who is left alone for a while because it kept failing.
import * as z from 'zod';
import { timeSchema } from './ids.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';

export const breakerKinds = ['vendor', 'host', 'tool'] as const;
/** `half-open`: its time is over, and the next call is the probe that decides. */
export const breakerStates = ['closed', 'open', 'half-open'] as const;

export const breakerSchema = z.strictObject({
  target: z.string().describe('`vendor/<provider>`, `host/<name>:<port>` or `tool/<name>`.'),
  state: z.enum(breakerStates),
  failures: z.int().describe('In a row, since the last success.'),
  timesOpened: z.int().describe('In a row; ten minutes closed, and it begins anew.'),
  lastError: z.string(),
  lastFailedAt: timeSchema,
  openedAt: timeSchema.nullable(),
  opensUntil: timeSchema.nullable().describe('Nothing is sent before this instant. Null: it is closed.'),
  probing: z.boolean().describe('The probe is under way.'),
  updatedAt: timeSchema,
});
export type CircuitBreaker = z.infer<typeof breakerSchema>;

export const listBreakersRoute = defineRoute({
  name: 'operations.list-breakers',
  method: 'GET',
  path: '/breakers',
  summary: 'Circuit breakers of targets that have failed, latest change first. Hosts are shown to operators and above.',
  permission: 'operations.read',
  rate: 'relaxed',
  query: z.strictObject({
    ...pageQuery.shape,
    kind: z.enum(breakerKinds).optional(),
    state: z.enum(breakerStates).optional(),
  }),
  reply: pageOf(breakerSchema),
  errors: [],
});
export const resetBreakerRoute = defineRoute({
  name: 'operations.reset-breaker',
  method: 'POST',
  path: '/breakers/reset',
  summary: 'Close a breaker by hand: its target works again.',
  permission: 'operations.write',
  rate: 'standard',
  body: z.strictObject({ target: z.string().min(1).max(220) }),
  reply: breakerSchema,
  errors: ['operations.breaker-not-found'],
});
