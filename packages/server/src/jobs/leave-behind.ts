// What a job leaves when it has failed for the last time: what its feature makes of that, and a dead letter, to be settled in
// one transaction with its end.

import { newId } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import { runInRequest } from '../platform/request-scope.ts';
import type { KeepDeadLetter } from './dead-letters.ts';
import { type JobDefinition, maxAttempts, maxClaims } from './define-job.ts';
import { exhaustedQueue } from './open-boss.ts';
import type { Settlement } from './settlement.ts';

/** A job as the queue holds it. */
export interface JobData {
  readonly job: string;
  readonly payload: unknown;
  readonly requestId: string | null;
}

interface LastAttempt<C> {
  /** Undefined: this version does not know the job. */
  readonly definition: JobDefinition<C> | undefined;
  readonly attempt: { readonly queue: string; readonly id: string; readonly retryCount: number };
  readonly data: JobData;
  readonly ctx: C;
  readonly message: string;
  readonly keep: KeepDeadLetter;
  readonly log: Log;
}

/** Throws what `exhausted` throws: then it is tried again, and at the very last the letter is left alone. */
export async function leaveBehind<C>(last: LastAttempt<C>): Promise<readonly Settlement[]> {
  const { definition, attempt, data, message } = last;
  const isOrphan = attempt.queue === exhaustedQueue;
  const told = await tellFeature(last, isOrphan && attempt.retryCount + 1 >= maxAttempts);
  const letter = last.keep({
    id: newId(),
    queue: isOrphan ? (definition?.queue ?? attempt.queue) : attempt.queue,
    jobId: attempt.id,
    job: data.job,
    payload: data.payload,
    reason: message,
    attempts: isOrphan ? maxClaims + 1 : attempt.retryCount + 1,
    failedAt: new Date(),
    requestId: data.requestId,
    subject: definition?.subject(data.payload) ?? null,
  });
  return told === undefined ? [letter] : [told, letter];
}

async function tellFeature<C>(
  { definition, attempt, data, ctx, message, log }: LastAttempt<C>,
  isVeryLast: boolean,
): Promise<Settlement | undefined> {
  const { id, retryCount } = attempt;
  const job = { id, payload: data.payload, attempt: retryCount };
  try {
    return await runInRequest(data.requestId, async () => definition?.exhausted?.(ctx, job, message));
  } catch (error) {
    if (!isVeryLast) throw error;
    log.error({ err: error, job: data.job, jobId: id }, 'What becomes of a dead job could not be told to its feature');
    return undefined;
  }
}
