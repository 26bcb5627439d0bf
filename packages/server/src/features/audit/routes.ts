// The audit record over HTTP.
import { exportAuditRoute, listAuditRoute, readAuditSealRoute, verifyAuditRoute } from '@gathering/contract/audit';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { exportEntries } from './export-entries.ts';
import { listEntries } from './list-entries.ts';
import { answerVerify, readSeal } from './verify-audit.ts';

export const auditRoutes = [
  answer(listAuditRoute, listEntries),
  answer(readAuditSealRoute, (ctx: Ctx) => readSeal(ctx)),
  answer(verifyAuditRoute, answerVerify),
  answer(exportAuditRoute, (ctx: Ctx, { query }) => exportEntries(ctx, query)),
];
