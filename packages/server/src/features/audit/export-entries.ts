// The record as JSON lines, earliest first. Read page by page, so that neither a transaction nor memory is held for long.
import type { AuditFilter } from '@gathering/contract/audit';
import type { Ctx } from '../../ctx.ts';
import { recordAudit } from './record-audit.ts';
import { type EntryPlace, type ExportRow, selectForExport } from './store.ts';

const pageSize = 500;

export type ExportCtx = Pick<Ctx, 'database' | 'tx' | 'clock' | 'ids' | 'actor' | 'requestId' | 'signal'>;

/** Recorded before the first line leaves. What is recorded later than that is not in it. */
export async function exportEntries(ctx: ExportCtx, filter: AuditFilter): Promise<AsyncIterable<string>> {
  await ctx.tx((tx) =>
    recordAudit(ctx, tx, { action: 'audit.export', object: 'audit/entries', details: { filter: { ...filter } } }),
  );
  const now = new Date(ctx.clock.now().getTime() + 1).toISOString();
  return writePages(ctx, { ...filter, to: filter.to === undefined || filter.to > now ? now : filter.to });
}

async function* writePages(ctx: ExportCtx, filter: AuditFilter): AsyncGenerator<string> {
  let after: EntryPlace | null = null;
  for (;;) {
    ctx.signal.throwIfAborted();
    const rows: ExportRow[] = await selectForExport(ctx.database, filter, after, pageSize);
    if (rows.length > 0) yield rows.map(writeLine).join('');
    after = rows.at(-1) ?? null;
    if (rows.length < pageSize) return;
  }
}

/** `details` comes last, in the very bytes that were hashed. */
function writeLine({ detailsText, at, sealedAt, ...row }: ExportRow): string {
  const { id, action, actor, address, object, result, requestId, position, hash, xid, number } = row;
  const line = JSON.stringify({
    position,
    hash,
    sealedAt: sealedAt?.toISOString() ?? null,
    id,
    at: at.toISOString(),
    action,
    actor,
    address,
    object,
    result,
    requestId,
    xid,
    number,
  });
  return `${line.slice(0, -1)},"details":${detailsText}}\n`;
}
