// The inbox: reading it, marking what was read, forgetting what was read long ago.
import { AppError } from '@gathering/contract/errors';
import type {
  listNotificationsRoute,
  markAllNotificationsRoute,
  markNotificationRoute,
  Notification,
} from '@gathering/contract/notifications';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { emitEvent } from '../events/index.ts';
import { deleteRead, lockNotification, markAllRead, selectNotifications, updateReadAt } from './store.ts';

const sweepBatch = 1_000;
const mostThatNeedPerson = 20;

export async function listNotifications(
  ctx: Pick<Ctx, 'database'>,
  { query: { limit, cursor, unread } }: InputOf<typeof listNotificationsRoute>,
): Promise<ReplyOf<typeof listNotificationsRoute>> {
  const before = readPageCursor(cursor, 1, ([id = '']) => isId(id))?.[0] ?? null;
  const filter = unread === undefined ? {} : { unread: unread === 'true' };
  const rows = await selectNotifications(ctx.database, filter, before, limit + 1);
  return cutPage(rows, limit, (row) => [row.id]);
}

/** What waits for a person and was not read, latest first. */
export async function listNeedsPerson(ctx: Pick<Ctx, 'database'>) {
  const filter = { unread: true, urgency: 'needs-person' } as const;
  const rows = await selectNotifications(ctx.database, filter, null, mostThatNeedPerson);
  return rows.map(({ id, title, body, link, createdAt }) => ({ notificationId: id, title, body, link, createdAt }));
}

/** Throws AppError `notifications.not-found`. Marking again changes nothing. */
export async function markNotification(
  ctx: Ctx,
  { params: { id }, body: { read } }: InputOf<typeof markNotificationRoute>,
): Promise<Notification> {
  return ctx.tx(async (tx) => {
    const current = await lockNotification(tx, id);
    if (current === undefined) throw new AppError('notifications.not-found');
    if ((current.readAt !== null) === read) return current;
    const readAt = read ? ctx.clock.now() : null;
    await updateReadAt(tx, id, readAt);
    await emitEvent(ctx, tx, {
      type: 'notifications.changed',
      subject: `notifications/${id}`,
      payload: { read },
    });
    return { ...current, readAt: readAt?.toISOString() ?? null };
  });
}

export async function markAllNotifications(ctx: Ctx): Promise<ReplyOf<typeof markAllNotificationsRoute>> {
  return ctx.tx(async (tx) => {
    const marked = await markAllRead(tx, ctx.clock.now());
    if (marked > 0) {
      const subject = 'notifications/all';
      await emitEvent(ctx, tx, { type: 'notifications.changed', subject, payload: { read: true, marked } });
    }
    return { marked };
  });
}

/** Removes those that were made before an instant and read since; answers how many. */
export async function removeOldNotifications(ctx: Pick<Ctx, 'database' | 'signal'>, before: Date): Promise<number> {
  let removed = 0;
  while (!ctx.signal.aborted) {
    const count = await deleteRead(ctx.database, before, sweepBatch);
    removed += count;
    if (count < sweepBatch) break;
  }
  return removed;
}
