// The inbox: reading it, marking what was read, forgetting what was read long ago.
import { AppError } from '@gathering/contract/errors';
import type {
  listNotificationsRoute,
  markAllNotificationsRoute,
  markNotificationRoute,
  Notification,
} from '@gathering/contract/notifications';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import { type Ctx, sightOf } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { emitEvent } from '../events/index.ts';
import { guardOf } from './rules.ts';
import { deleteRead, lockNotification, markAllRead, saveMark, selectNotifications } from './store.ts';

const sweepBatch = 1_000;
const mostThatNeedPerson = 20;

export async function listNotifications(
  ctx: Pick<Ctx, 'database' | 'actor'>,
  { query: { limit, cursor, unread } }: InputOf<typeof listNotificationsRoute>,
): Promise<ReplyOf<typeof listNotificationsRoute>> {
  const before = readPageCursor(cursor, 1, ([id = '']) => isId(id))?.[0] ?? null;
  const filter = unread === undefined ? {} : { unread: unread === 'true' };
  const rows = await selectNotifications(ctx.database, sightOf(ctx.actor), filter, before, limit + 1);
  return cutPage(rows, limit, (row) => [row.id]);
}

/** What waits for the person who asks and was not read by them, latest first. */
export async function listNeedsPerson(ctx: Pick<Ctx, 'database' | 'actor'>) {
  const filter = { unread: true, urgency: 'needs-person' } as const;
  const rows = await selectNotifications(ctx.database, sightOf(ctx.actor), filter, null, mostThatNeedPerson);
  return rows.map(({ id, title, body, link, createdAt }) => ({ notificationId: id, title, body, link, createdAt }));
}

/**
 * For the person who asks, not for others who see it. Throws AppError `notifications.not-found`, also for one of somebody
 * else. Marking again changes nothing.
 */
export async function markNotification(
  ctx: Ctx,
  { params: { id }, body: { read } }: InputOf<typeof markNotificationRoute>,
): Promise<Notification> {
  const readerId = requirePerson(ctx);
  return ctx.tx(async (tx) => {
    const found = await lockNotification(tx, id, readerId);
    if (found === undefined || !ctx.may('signed-in', guardOf(found))) throw new AppError('notifications.not-found');
    const current = found.notification;
    if ((current.readAt !== null) === read) return current;
    const readAt = read ? ctx.clock.now() : null;
    await saveMark(tx, id, readerId, readAt);
    await emitEvent(ctx, tx, {
      type: 'notifications.changed',
      subject: `notifications/${id}`,
      payload: { read },
      audience: { ownerId: readerId },
    });
    return { ...current, readAt: readAt?.toISOString() ?? null };
  });
}

export async function markAllNotifications(ctx: Ctx): Promise<ReplyOf<typeof markAllNotificationsRoute>> {
  const userId = requirePerson(ctx);
  return ctx.tx(async (tx) => {
    const marked = await markAllRead(tx, { ...sightOf(ctx.actor), userId }, ctx.clock.now());
    if (marked > 0) {
      const subject = 'notifications/all';
      const payload = { read: true, marked };
      await emitEvent(ctx, tx, { type: 'notifications.changed', subject, payload, audience: { ownerId: userId } });
    }
    return { marked };
  });
}

/** What somebody has read is kept for each person; commands of this machine are none. */
function requirePerson({ actor }: Pick<Ctx, 'actor'>): string {
  if (actor.kind === 'user') return actor.id;
  throw new AppError('auth.forbidden', { detail: 'Only a person can have read a notification.' });
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
