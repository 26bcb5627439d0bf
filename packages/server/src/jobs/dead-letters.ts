// Jobs that failed as often as they may: a row each, written with what their feature leaves behind, until a person does them
// again or dismisses them, or they are old.
import { isWithinDepth, type Json, maxJsonDepth } from '@gathering/contract/json';
import { storableText } from '@gathering/contract/storable';
import type { Database, Tx } from '../platform/db/database.ts';
import { hideCredentials } from '../platform/redact.ts';
import { bossSchema } from './open-boss.ts';
import type { Settlement, SettlementGroup } from './settlement.ts';

export interface NewDeadLetter {
  readonly id: string;
  readonly queue: string;
  readonly jobId: string;
  readonly job: string;
  readonly payload: unknown;
  readonly reason: string;
  readonly attempts: number;
  readonly failedAt: Date;
  readonly requestId: string | null;
  readonly subject: string | null;
}

export interface DeadLetterRow extends Omit<NewDeadLetter, 'payload'> {
  readonly queuedAt: Date | null;
  readonly state: 'dead' | 'redriven' | 'dismissed';
  readonly settledAt: Date | null;
  readonly settledBy: string | null;
}

export interface WholeDeadLetterRow extends DeadLetterRow {
  /** Null: it was too large to be kept. */
  readonly payload: Json;
}

/** Told in the transaction that writes them. */
export type OnDead = (tx: Tx, letters: readonly NewDeadLetter[]) => Promise<void>;
export type KeepDeadLetter = (letter: NewDeadLetter) => Settlement;

/** Payloads are ids; what is larger than this is a mistake that is not kept. */
const maxPayloadBytes = 64 * 1024;
const maxReasonCharacters = 2000;

const columns = `id, queue, job_id as "jobId", job, reason, attempts, queued_at as "queuedAt", failed_at as "failedAt",
  request_id as "requestId", subject, state, settled_at as "settledAt", settled_by as "settledBy"`;

export function keepDeadLetters(onDead: OnDead | undefined): KeepDeadLetter {
  const group: SettlementGroup = {
    name: 'dead-letters',
    lock: async () => undefined,
    commit: async (tx, items) => {
      const letters = items as readonly NewDeadLetter[];
      for (const letter of letters) await insertDeadLetter(tx, letter);
      await onDead?.(tx, letters);
      return [];
    },
  };
  return (letter) => ({ group, item: letter });
}

/** Sent before the job itself is ended, so that the queue still tells since when it waited. */
async function insertDeadLetter(tx: Tx, letter: NewDeadLetter): Promise<void> {
  const { id, queue, jobId, job, payload, reason, attempts, failedAt, requestId, subject } = letter;
  await tx.query(
    `insert into job.dead_letters (id, queue, job_id, job, payload, reason, attempts, queued_at, failed_at, request_id, subject)
     values ($1, $2, $3, $4, $5::jsonb, $6, $7,
       (select created_on from ${bossSchema}.job where name = $2 and id::text = $3), $8, $9, $10)`,
    [
      id,
      queue,
      jobId,
      storableText(job),
      writePayload(payload),
      storableText(hideCredentials(reason).slice(0, maxReasonCharacters)),
      attempts,
      failedAt,
      requestId,
      subject,
    ],
  );
}

/** It came out of the database as JSON, so it can be kept as such. */
function writePayload(payload: unknown): string | null {
  if (!isWithinDepth(payload as Json, maxJsonDepth)) return null;
  const text = JSON.stringify(payload ?? null);
  return Buffer.byteLength(text) > maxPayloadBytes ? null : text;
}

export interface DeadLetterFilter {
  readonly job: string | null;
  readonly state: DeadLetterRow['state'] | null;
}

/** Latest first, below `before`. */
export async function selectDeadLetters(
  database: Database,
  { job, state }: DeadLetterFilter,
  before: string | null,
  limit: number,
): Promise<DeadLetterRow[]> {
  const { rows } = await database.query<DeadLetterRow>(
    `select ${columns} from job.dead_letters
     where ($1::text is null or job = $1) and ($2::text is null or state = $2) and ($3::uuid is null or id < $3)
     order by id desc limit $4`,
    [job, state, before, limit],
  );
  return rows;
}

export async function selectDeadLetter(
  from: Pick<Database | Tx, 'query'>,
  id: string,
): Promise<WholeDeadLetterRow | undefined> {
  const text = `select ${columns}, payload from job.dead_letters where id = $1`;
  return (await from.query<WholeDeadLetterRow>(text, [id])).rows[0];
}

/** Of several who decide at once, one does. Undefined: somebody has, or there is no such letter. */
export async function settleDeadLetter(
  tx: Tx,
  id: string,
  state: 'redriven' | 'dismissed',
  at: Date,
  by: string,
): Promise<WholeDeadLetterRow | undefined> {
  const { rows } = await tx.query<WholeDeadLetterRow>(
    `update job.dead_letters set state = $2, settled_at = $3, settled_by = $4 where id = $1 and state = 'dead'
     returning ${columns}, payload`,
    [id, state, at, by],
  );
  return rows[0];
}

/** Takes back that it was redriven: that failed. */
export async function reviveDeadLetter(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.query(
    `update job.dead_letters set state = 'dead', settled_at = null, settled_by = null
     where id = $1 and state = 'redriven' and settled_at = $2`,
    [id, at],
  );
}

export async function deleteOldDeadLetters(database: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await database.query(
    `delete from job.dead_letters where id in (
       select id from job.dead_letters where failed_at < $1 order by failed_at limit $2)`,
    [before, limit],
  );
  return rowCount;
}
