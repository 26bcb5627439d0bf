// All SQL on notifications. Ids are made in the order of time, so lists are ordered and paged by them.
import type { Notification } from '@gathering/contract/notifications';
import type { Sight } from '../../ctx.ts';
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

const columns = `told.id, told.title, told.body, told.urgency, told.link, mark.read_at as "readAt",
  told.created_at as "createdAt"`;

/** Of a user who was deleted meanwhile it is for operators: it is told in transactions that must not fail for it. */
export async function insertNotification(
  tx: Tx,
  row: Omit<NotificationRow, 'readAt'> & { readonly userId: string | null },
): Promise<void> {
  await tx.query(
    `insert into notification.notifications (id, title, body, urgency, link, created_at, user_id)
     values ($1, $2, $3, $4, $5, $6, (select id from auth.users where id = $7))`,
    [row.id, row.title, row.body, row.urgency, row.link, row.createdAt, row.userId],
  );
}

export interface NotificationFilter {
  /** Left out: both. */
  readonly unread?: boolean;
  readonly urgency?: Notification['urgency'];
}

/** Those of the reader, latest first, below `before`; read or not as the reader has marked them. */
export async function selectNotifications(
  database: Database,
  sight: Sight,
  filter: NotificationFilter,
  before: string | null,
  limit: number,
): Promise<Notification[]> {
  const { rows } = await database.query<NotificationRow>(
    `select ${columns} from notification.notifications as told
       left join notification.reads as mark on mark.notification_id = told.id and mark.user_id = $5
     where ($1::boolean is null or (mark.read_at is null) = $1) and ($2::text is null or told.urgency = $2)
       and ($3::uuid is null or told.id < $3)
       and auth.may_see(told.user_id, null, told.user_id is null, $5, $6, $7)
     order by told.id desc limit $4`,
    [filter.unread ?? null, filter.urgency ?? null, before, limit, sight.userId, sight.projects, sight.isOperator],
  );
  return rows.map(readRow);
}

/** Locked against being removed, with the mark of one reader. */
export async function lockNotification(
  tx: Tx,
  id: string,
  readerId: string,
): Promise<{ readonly notification: Notification; readonly userId: string | null } | undefined> {
  const { rows } = await tx.query<NotificationRow & { userId: string | null }>(
    `select ${columns}, told.user_id as "userId" from notification.notifications as told
       left join notification.reads as mark on mark.notification_id = told.id and mark.user_id = $2
     where told.id = $1 for update of told`,
    [id, readerId],
  );
  return rows.map(({ userId, ...row }) => ({ notification: readRow(row), userId }))[0];
}

/** Null: not read. */
export async function saveMark(tx: Tx, id: string, readerId: string, readAt: Date | null): Promise<void> {
  if (readAt === null) {
    await tx.query('delete from notification.reads where notification_id = $1 and user_id = $2', [id, readerId]);
    return;
  }
  await tx.query(
    `insert into notification.reads (notification_id, user_id, read_at) values ($1, $2, $3) on conflict do nothing`,
    [id, readerId, readAt],
  );
}

export async function markAllRead(tx: Tx, sight: Sight & { readonly userId: string }, readAt: Date): Promise<number> {
  const { rowCount } = await tx.query(
    `insert into notification.reads (notification_id, user_id, read_at)
     select told.id, $1, $4 from notification.notifications as told
     where auth.may_see(told.user_id, null, told.user_id is null, $1, $2, $3)
       and not exists (select from notification.reads as mark where mark.notification_id = told.id and mark.user_id = $1)
     on conflict do nothing`,
    [sight.userId, sight.projects, sight.isOperator, readAt],
  );
  return rowCount;
}

/** Takes them out of every inbox; tells whose they were (null: of operators and above). */
export async function deleteNotifications(
  tx: Tx,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly userId: string | null }[]> {
  const { rows } = await tx.query<{ id: string; userId: string | null }>(
    'delete from notification.notifications where id = any($1::uuid[]) returning id, user_id as "userId"',
    [ids],
  );
  return rows;
}

/** Those that somebody has read. */
export async function deleteRead(database: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await database.query(
    `delete from notification.notifications where id in (
       select told.id from notification.notifications as told
       where told.created_at < $1
         and exists (select from notification.reads as mark where mark.notification_id = told.id)
       order by told.id limit $2)`,
    [before, limit],
  );
  return rowCount;
}

function readRow({ readAt, createdAt, ...row }: NotificationRow): Notification {
  return { ...row, readAt: readAt?.toISOString() ?? null, createdAt: createdAt.toISOString() };
}
