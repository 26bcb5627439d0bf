// All SQL on chats and their messages.
import type { Message } from '@gathering/contract/agents';
import { AppError } from '@gathering/contract/errors';
import type { Sight } from '../../ctx.ts';
import type { Database, Tx } from '../../platform/db/database.ts';
import { codeOf } from '../../platform/db/failures.ts';
import { errors } from '../../platform/db/sql-state.ts';

export interface ChatRow {
  readonly id: string;
  readonly agentId: string;
  /** Whose it is; null: the system's. */
  readonly userId: string | null;
  readonly projectId: string | null;
  readonly title: string;
  /** False until somebody named it or its first message did. */
  readonly titled: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const chatColumns = `id, agent_id as "agentId", user_id as "userId", project_id as "projectId", title, titled, created_at as "createdAt",
  updated_at as "updatedAt"`;

/** Those of the reader, latest first. */
export async function selectChats(
  database: Database,
  { userId }: Sight,
  { agentId, after, limit }: { agentId: string; after: readonly [string, string] | null; limit: number },
): Promise<ChatRow[]> {
  const { rows } = await database.query<ChatRow>(
    `select ${chatColumns} from agent.chats
     where agent_id = $1 and ($5::uuid is null or user_id = $5) and ($2::timestamptz is null or (updated_at, id) < ($2, $3::uuid))
     order by updated_at desc, id desc limit $4`,
    [agentId, after?.[0] ?? null, after?.[1] ?? null, limit, userId],
  );
  return rows;
}

export async function selectChat(database: Database, id: string): Promise<ChatRow | undefined> {
  const { rows } = await database.query<ChatRow>(`select ${chatColumns} from agent.chats where id = $1`, [id]);
  return rows[0];
}

export async function lockChat(tx: Tx, id: string): Promise<ChatRow | undefined> {
  const { rows } = await tx.query<ChatRow>(`select ${chatColumns} from agent.chats where id = $1 for update`, [id]);
  return rows[0];
}

/** Throws AppError `agents.not-found`, `projects.not-found`, or `auth.required` when its owner was deleted meanwhile. */
export async function insertChat(tx: Tx, row: ChatRow): Promise<void> {
  try {
    await tx.query(
      `insert into agent.chats (id, agent_id, user_id, project_id, title, titled, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [row.id, row.agentId, row.userId, row.projectId, row.title, row.titled, row.createdAt, row.updatedAt],
    );
  } catch (error) {
    if (codeOf(error) !== errors.foreignKeyViolation) throw error;
    const constraint = error instanceof Error && 'constraint' in error ? String(error.constraint) : '';
    if (constraint.includes('user')) throw new AppError('auth.required', { cause: error });
    const code = constraint.includes('project') ? 'projects.not-found' : 'agents.not-found';
    throw new AppError(code, { cause: error });
  }
}

export function touchChat(tx: Tx, id: string, updatedAt: Date): Promise<unknown> {
  return tx.query('update agent.chats set updated_at = $2 where id = $1', [id, updatedAt]);
}

/** Names a chat that nobody has named yet. */
export function titleChat(tx: Tx, id: string, title: string): Promise<unknown> {
  return tx.query('update agent.chats set title = $2, titled = true where id = $1 and not titled', [id, title]);
}

export async function deleteChat(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from agent.chats where id = $1', [id]);
}

export type MessageRow = Omit<Message, 'createdAt'> & { readonly createdAt: Date };

const messageColumns = `id, chat_id as "chatId", role, text, turn_id as "turnId", stop_reason as "stopReason",
  tool_calls as "toolCalls", provider, model, input_tokens as "inputTokens", output_tokens as "outputTokens",
  cost_usd as "costUsd", created_at as "createdAt"`;

/** Latest first, older than the message `before`. */
export async function selectMessages(
  database: Database,
  { chatId, before, limit }: { chatId: string; before: string | null; limit: number },
): Promise<MessageRow[]> {
  const { rows } = await database.query<MessageRow>(
    `select ${messageColumns} from agent.messages where chat_id = $1 and ($2::uuid is null or id < $2)
     order by id desc limit $3`,
    [chatId, before, limit],
  );
  return rows;
}

/** What was said, without what it took: latest first. */
export async function selectHistory(
  database: Database,
  chatId: string,
  limit: number,
): Promise<{ role: 'user' | 'assistant'; text: string }[]> {
  const { rows } = await database.query<{ role: 'user' | 'assistant'; text: string }>(
    'select role, text from agent.messages where chat_id = $1 order by id desc limit $2',
    [chatId, limit],
  );
  return rows;
}

export async function selectAnswerOfTurn(
  database: Database,
  turnId: string,
  chatId: string,
): Promise<MessageRow | undefined> {
  const { rows } = await database.query<MessageRow>(
    `select ${messageColumns} from agent.messages where chat_id = $2 and turn_id = $1 and role = 'assistant'
     order by id desc limit 1`,
    [turnId, chatId],
  );
  return rows[0];
}

export function insertMessage(tx: Tx, row: MessageRow): Promise<unknown> {
  return tx.query(
    `insert into agent.messages (id, chat_id, role, text, turn_id, stop_reason, tool_calls, provider, model,
       input_tokens, output_tokens, cost_usd, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      row.id,
      row.chatId,
      row.role,
      row.text,
      row.turnId,
      row.stopReason,
      JSON.stringify(row.toolCalls),
      row.provider,
      row.model,
      row.inputTokens,
      row.outputTokens,
      row.costUsd,
      row.createdAt,
    ],
  );
}
