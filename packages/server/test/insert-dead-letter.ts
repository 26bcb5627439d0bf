// A dead letter as the queue leaves one, for tests of what is done with it.
import type { Database } from '../src/platform/db/database.ts';
import { newId } from '../src/platform/ids.ts';

/** Answers its id. */
export async function insertDeadLetter(
  database: Pick<Database, 'query'>,
  job: string,
  payload: object,
  { reason = 'The disk was full.', subject = null }: { reason?: string; subject?: string | null } = {},
): Promise<string> {
  const id = newId();
  await database.query(
    `insert into job.dead_letters (id, queue, job_id, job, payload, reason, attempts, queued_at, failed_at, request_id, subject)
     values ($1, 'quick', $2, $3, $4, $5, 10, now() - interval '5 minutes', now(), 'request-1', $6)`,
    [id, newId(), job, payload, reason, subject],
  );
  return id;
}
