// A page of the audit record. The cursor is the id of the last entry shown; ids are in the order of time.
import type { listAuditRoute } from '@gathering/contract/audit';
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { selectEntries } from './store.ts';

export async function listEntries(
  ctx: Pick<Ctx, 'database'>,
  { query: { limit, cursor, action } }: InputOf<typeof listAuditRoute>,
): Promise<ReplyOf<typeof listAuditRoute>> {
  if (cursor !== undefined && !isId(cursor)) {
    const message = 'This cursor is not one of ours: use `nextCursor` of a page.';
    throw new AppError('request.invalid', { faults: [{ in: 'query', at: '/cursor', rule: 'cursor', message }] });
  }
  const entries = await selectEntries(ctx.database, { action, before: cursor, limit: limit + 1 });
  const items = entries.slice(0, limit);
  return { items, nextCursor: entries.length > limit ? (items.at(-1)?.id ?? null) : null };
}
