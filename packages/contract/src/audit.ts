// Who did what: the append-only record of sign-ins, settings and effects.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { jsonSchema } from './json.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';

export const auditEntrySchema = z.strictObject({
  id: idSchema,
  at: timeSchema,
  action: z.string(),
  actor: z.string(),
  address: z.string().nullable(),
  object: z.string().nullable(),
  result: z.enum(['done', 'refused', 'failed']),
  details: jsonSchema,
  requestId: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const listAuditRoute = defineRoute({
  name: 'audit.list',
  method: 'GET',
  path: '/audit',
  summary: 'Audit entries, latest first.',
  permission: 'audit.read',
  rate: 'relaxed',
  query: z.strictObject({ ...pageQuery.shape, action: z.string().max(100).optional() }),
  reply: pageOf(auditEntrySchema),
  errors: [],
});
