// All SQL on notifications. Ids are made in the order of time, so lists are ordered and paged by them.
import type { Notification } from '@gathering/contract/notifications';
import type { Database, Tx } from '../../platform/db/database.ts';

interface NotificationRow {
  id: string;
  title: string;
  body: string;
  urgency: Notification['urgency'];
  link: string | null;
  readAt: Date | null;
  createdAt: Date;
}

const columns = 'id, title, body, urgency, link, read_at as "readAt", created_at as "createdAt"';

export async function insertNotification(tx: Tx, row: Omit<NotificationRow, 'readAt'>): Promise<void> {
  await tx.query(
    `insert into notification.notifications (id, title, body, urgency, link, created_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [row.id, row.title, row.body, row.urgency, row.link, row.createdAt],
  );
}

export interface NotificationFilter {
  /** Left out: both. */
  readonly unread?: boolean;
  readonly urgency?: Notification['urgency'];
}

/** Latest first, below `before`. */
export async function selectNotifications(
  database: Database,
  filter: NotificationFilter,
  before: string | null,
  limit: number,
): Promise<Notification[]> {
  const { rows } = await database.query<NotificationRow>(
    `select ${columns} from notification.notifications
     where ($1::boolean is null or (read_at is null) = $1) and ($2::text is null or urgency = $2)
       and ($3::uuid is null or id < $3)
     order by id desc limit $4`,
    [filter.unread ?? null, filter.urgency ?? null, before, limit],
  );
  return rows.map(readRow);
}

export async function lockNotification(tx: Tx, id: string): Promise<Notification | undefined> {
  const { rows } = await tx.query<NotificationRow>(
    `select ${columns} from notification.notifications where id = $1 for update`,
    [id],
  );
  return rows.map(readRow)[0];
}

export async function updateReadAt(tx: Tx, id: string, readAt: Date | null): Promise<void> {
  await tx.query('update notification.notifications set read_at = $2 where id = $1', [id, readAt]);
}

export async function markAllRead(tx: Tx, readAt: Date): Promise<number> {
  const { rowCount } = await tx.query('update notification.notifications set read_at = $1 where read_at is null', [
    readAt,
  ]);
  return rowCount;
}

/** Those that were read. */
export async function deleteRead(database: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await database.query(
    `delete from notification.notifications where id in (
       select id from notification.notifications where created_at < $1 and read_at is not null order by id limit $2)`,
    [before, limit],
  );
  return rowCount;
}

function readRow({ readAt, createdAt, ...row }: NotificationRow): Notification {
  return { ...row, readAt: readAt?.toISOString() ?? null, createdAt: createdAt.toISOString() };
}
