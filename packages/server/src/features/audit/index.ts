// What other features may call of audit.
export { recordAudit } from './record-audit.ts';
