// A page of the audit record, by any of its filters. The cursor is time and id of the last entry shown.
import type { listAuditRoute } from '@gathering/contract/audit';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, isTime, readPageCursor } from '../../platform/page-cursor.ts';
import { selectEntries } from './store.ts';

export async function listEntries(
  ctx: Pick<Ctx, 'database'>,
  { query: { limit, cursor, ...filter } }: InputOf<typeof listAuditRoute>,
): Promise<ReplyOf<typeof listAuditRoute>> {
  const fits = ([at, id]: readonly string[]) => isTime(at ?? '') && isId(id ?? '');
  const position = readPageCursor(cursor, 2, fits);
  const before = position === null ? null : { at: new Date(position[0] ?? ''), id: position[1] ?? '' };
  const rows = await selectEntries(ctx.database, filter, before, limit + 1);
  return cutPage(rows, limit, (row) => [row.at, row.id]);
}
