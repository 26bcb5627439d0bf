// Who did what: the append-only record of sign-ins, settings and effects, sealed into a chain of hashes.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { jsonSchema } from './json.ts';
import { pageOf, pageQuery } from './paging.ts';
import { defineRoute } from './route.ts';

export const auditResults = ['done', 'refused', 'failed'] as const;
const positionSchema = z.int().min(0);
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);

export const auditEntrySchema = z.strictObject({
  id: idSchema,
  at: timeSchema,
  action: z.string(),
  actor: z.string(),
  address: z.string().nullable(),
  object: z.string().nullable(),
  result: z.enum(auditResults),
  details: jsonSchema,
  requestId: z.string().nullable(),
  position: positionSchema.nullable().describe('Its place in the chain. Null: not sealed yet.'),
  hash: hashSchema.nullable().describe('SHA-256 over the hash before it and the whole entry.'),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditFilter = z.strictObject({
  action: z.string().max(100).optional().describe('`<feature>.<verb>-<noun>`.'),
  actor: z.string().max(300).optional().describe('Who did it, as `<kind>/<id>`.'),
  object: z.string().max(300).optional().describe('What it was done to, as `<kind>/<id>`.'),
  result: z.enum(auditResults).optional(),
  from: timeSchema.optional().describe('Not earlier than this.'),
  to: timeSchema.optional().describe('Earlier than this.'),
});
export type AuditFilter = z.infer<typeof auditFilter>;

export const listAuditRoute = defineRoute({
  name: 'audit.list',
  method: 'GET',
  path: '/audit',
  summary: 'Audit entries, latest first.',
  permission: 'audit.read',
  rate: 'relaxed',
  query: z.strictObject({ ...pageQuery.shape, ...auditFilter.shape }),
  reply: pageOf(auditEntrySchema),
  errors: [],
});

/** One line of an export: the entry with all that its hash was made of, `details` last and in the very bytes. */
export const auditLineSchema = z.strictObject({
  ...auditEntrySchema.shape,
  sealedAt: z.string().nullable(),
  xid: z.string().describe('The transaction that wrote it.'),
  number: z.string().describe('Its number; entries are sealed in the order of both.'),
});

export const exportAuditRoute = defineRoute({
  name: 'audit.export',
  method: 'GET',
  path: '/audit/export',
  summary: 'Audit entries as JSON lines, earliest first, with their places in the chain.',
  permission: 'audit.export',
  rate: 'bulk',
  query: auditFilter,
  reply: auditLineSchema,
  stream: 'application/x-ndjson',
  errors: [],
});

const tailSchema = z.strictObject({
  count: z.int().describe('Entries that are not sealed yet.'),
  oldestAt: timeSchema.nullable(),
});
export const auditSealSchema = z.strictObject({
  position: positionSchema.describe('Of the last sealed entry. 0: none is.'),
  hash: hashSchema.describe('Keep it elsewhere, with the position: it proves every entry up to there.'),
  sealedAt: timeSchema.nullable(),
  unsealed: tailSchema,
});
export type AuditSeal = z.infer<typeof auditSealSchema>;

export const readAuditSealRoute = defineRoute({
  name: 'audit.read-seal',
  method: 'GET',
  path: '/audit/seal',
  summary: 'How far the audit is sealed, and what is not yet.',
  permission: 'audit.read',
  rate: 'relaxed',
  reply: auditSealSchema,
  errors: [],
});

/** A place in the chain with its hash. */
export const auditMarkSchema = z
  .string()
  .regex(/^\d{1,15}:[0-9a-f]{64}$/)
  .describe('`<position>:<hash>`.');

export const auditFaultSchema = z.strictObject({
  position: positionSchema.describe('Where in the chain.'),
  entryId: idSchema.nullable(),
  what: z.enum(['altered', 'missing', 'inserted', 'unlinked', 'cut']),
  message: z.string(),
});
export type AuditFault = z.infer<typeof auditFaultSchema>;

export const auditVerdictSchema = z.strictObject({
  status: z.enum(['whole', 'broken', 'unfinished']).describe('`unfinished`: call again with `next` as `after`.'),
  checked: z.int().describe('Entries that were checked by this call.'),
  position: positionSchema.describe('Up to here the chain is whole.'),
  hash: hashSchema,
  fault: auditFaultSchema.nullable().describe('The first one.'),
  next: auditMarkSchema.nullable(),
  unsealed: tailSchema,
});
export type AuditVerdict = z.infer<typeof auditVerdictSchema>;

export const verifyAuditRoute = defineRoute({
  name: 'audit.verify',
  method: 'POST',
  path: '/audit/verify',
  summary: 'Recompute the chain and name the first entry that was altered, removed or put in; some seconds a call.',
  permission: 'audit.read',
  rate: 'strict',
  body: z.strictObject({
    after: auditMarkSchema.optional().describe('`next` of the call before.'),
    expect: auditMarkSchema.optional().describe('A head that was kept elsewhere: proves that no end was cut off.'),
  }),
  reply: auditVerdictSchema,
  errors: [],
});
