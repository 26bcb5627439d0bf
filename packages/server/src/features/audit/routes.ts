// The audit record over HTTP.
import { listAuditRoute } from '@gathering/contract/audit';
import { answer } from '../../platform/http/bind.ts';
import { listEntries } from './list-entries.ts';

export const auditRoutes = [answer(listAuditRoute, listEntries)];
