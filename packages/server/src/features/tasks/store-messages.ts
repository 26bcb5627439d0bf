// All SQL on what people say to background runs.
import type { Database, Tx } from '../../platform/db/database.ts';

export interface MessageRow {
  readonly id: string;
  readonly text: string;
  readonly actorId: string;
  /** Number of the turn that took it up. */
  readonly turn: number | null;
  readonly createdAt: Date;
}

const columns = 'id, text, actor_id as "actorId", turn, created_at as "createdAt"';

export async function selectMessages(handle: Database | Tx, taskId: string): Promise<MessageRow[]> {
  const { rows } = await handle.query<MessageRow>(
    `select ${columns} from task.messages where task_id = $1 order by id`,
    [taskId],
  );
  return rows;
}

export async function insertMessage(tx: Tx, taskId: string, message: Omit<MessageRow, 'turn'>): Promise<void> {
  await tx.query('insert into task.messages (id, task_id, text, actor_id, created_at) values ($1, $2, $3, $4, $5)', [
    message.id,
    taskId,
    message.text,
    message.actorId,
    message.createdAt,
  ]);
}

export async function countMessages(tx: Tx, taskId: string): Promise<{ all: number; unread: number }> {
  const { rows } = await tx.query<{ all: number; unread: number }>(
    `select count(*)::int as all, (count(*) filter (where turn is null))::int as unread from task.messages where task_id = $1`,
    [taskId],
  );
  return rows[0] ?? { all: 0, unread: 0 };
}

/** From now on they have been taken up by this turn. */
export async function takeMessages(tx: Tx, taskId: string, turn: number): Promise<void> {
  await tx.query('update task.messages set turn = $2 where task_id = $1 and turn is null', [taskId, turn]);
}
