// What other features, boot and the program may call of audit.
export { type ExportCtx, exportEntries } from './export-entries.ts';
export { recordAudit, recordAudits } from './record-audit.ts';
export { type Mark, parseMark, writeMark } from './rules.ts';
export { startSealer } from './seal-entries.ts';
export { verifyAudit } from './verify-audit.ts';
