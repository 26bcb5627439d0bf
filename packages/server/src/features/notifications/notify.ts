// Puts a notification into the inbox, in the transaction of what it tells of.
import type { Notification } from '@gathering/contract/notifications';
import type { Ctx, Tx } from '../../ctx.ts';
import { emitEvent, emitEvents } from '../events/index.ts';
import { guardOf } from './rules.ts';
import { deleteNotifications, insertNotification } from './store.ts';

export interface NewNotification {
  readonly title: string;
  readonly body: string;
  readonly urgency: Notification['urgency'];
  /** Path in the dashboard. */
  readonly link?: string | null;
  /** Whom it is for; left out or null: operators and above. */
  readonly userId?: string | null;
}

/** Longer ones are cut: an inbox shows beginnings, the link leads to the rest. */
const longestTitle = 300;
const longestBody = 10_000;

/** Exists if and only if the transaction commits. Answers the notification's id. */
export async function notify(
  ctx: Pick<Ctx, 'clock' | 'actor' | 'ids'>,
  tx: Tx,
  { title, body, urgency, link = null, userId = null }: NewNotification,
): Promise<string> {
  const id = ctx.ids.next();
  const short = { title: cut(title, longestTitle), body: cut(body, longestBody) };
  const written = insertNotification(tx, { id, ...short, urgency, link, userId, createdAt: ctx.clock.now() });
  const told = emitEvent(ctx, tx, {
    type: 'notifications.created',
    subject: `notifications/${id}`,
    payload: { title: short.title, urgency, link },
    audience: guardOf({ userId }),
  });
  await Promise.all([written, told]);
  return id;
}

/** Takes back what needs nobody any more, in the transaction of what settled it. Those that are gone already are left out. */
export async function withdrawNotifications(
  ctx: Pick<Ctx, 'clock' | 'actor'>,
  tx: Tx,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const gone = await deleteNotifications(tx, ids);
  await emitEvents(
    ctx,
    tx,
    gone.map(({ id, userId }) => ({
      type: 'notifications.changed',
      subject: `notifications/${id}`,
      payload: { withdrawn: true },
      audience: guardOf({ userId }),
    })),
  );
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}
