// Dead letters for people: reading them, doing a job again, leaving it. Of several who decide about one, one does.
import { AppError } from '@gathering/contract/errors';
import type {
  DeadLetter,
  DeadLetterDetails,
  dismissDeadLetterRoute,
  listDeadLettersRoute,
  readDeadLetterRoute,
  redriveDeadLetterRoute,
} from '@gathering/contract/operations-dead-letters';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import {
  type DeadLetterRow,
  deleteOldDeadLetters,
  reviveDeadLetter,
  selectDeadLetter,
  selectDeadLetters,
  settleDeadLetter,
  type WholeDeadLetterRow,
} from '../../jobs/dead-letters.ts';
import type { JobDefinition } from '../../jobs/define-job.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';

const sweepBatch = 1_000;

type Redrivable = Pick<JobDefinition<Ctx>, 'name' | 'redrive'>;
const definitions = new Map<string, Redrivable>();

/** Called by `boot`: how each job is done again is known by whoever defines it. */
export function registerRedrives(jobs: readonly Redrivable[]): void {
  for (const job of jobs) definitions.set(job.name, job);
}

export async function listDeadLetters(
  ctx: Pick<Ctx, 'database'>,
  { query: { limit, cursor, job, state } }: InputOf<typeof listDeadLettersRoute>,
): Promise<ReplyOf<typeof listDeadLettersRoute>> {
  const before = readPageCursor(cursor, 1, ([id = '']) => isId(id))?.[0] ?? null;
  const filter = { job: job ?? null, state: state ?? null };
  const rows = await selectDeadLetters(ctx.database, filter, before, limit + 1);
  const { items, nextCursor } = cutPage(rows, limit, ({ id }) => [id]);
  return { items: items.map(describeLetter), nextCursor };
}

/** Throws AppError `operations.dead-letter-not-found`. */
export async function readDeadLetter(
  ctx: Pick<Ctx, 'database'>,
  { params: { id } }: InputOf<typeof readDeadLetterRoute>,
): Promise<DeadLetterDetails> {
  return describeWhole(await requireLetter(ctx.database, id));
}

/**
 * Throws AppError `operations.redrive-refused` where its job cannot be done again. A job without a way of its own is enqueued in
 * the transaction that marks the letter. A way of its own runs after that; when it throws, the letter is dead as before.
 */
export async function redriveDeadLetter(
  ctx: Ctx,
  { params: { id } }: InputOf<typeof redriveDeadLetterRoute>,
): Promise<DeadLetterDetails> {
  const letter = await requireLetter(ctx.database, id);
  const refusal = refusalOf(letter);
  const redrive = definitions.get(letter.job)?.redrive;
  const at = ctx.clock.now();
  const redriven = await ctx.tx(async (tx) => {
    const row = await settle(ctx, tx, letter, 'redriven', at, refusal);
    if (typeof redrive !== 'function') {
      const { job: name, payload, requestId } = letter;
      await ctx.queue.enqueue(tx, [{ name, payload: payload as Record<string, unknown>, requestId }]);
    }
    return row;
  });
  if (typeof redrive !== 'function') return describeWhole(redriven);
  try {
    await redrive(ctx, letter.payload);
  } catch (error) {
    await ctx.tx(async (tx) => {
      await reviveDeadLetter(tx, id, at);
      const details = { job: letter.job, attempt: 'failed' };
      await recordAudit(ctx, tx, {
        action: 'operations.redrive-dead-letter',
        object: `dead-letters/${id}`,
        result: 'failed',
        details,
      });
      await tellSettled(ctx, tx, letter, 'dead');
    });
    throw error;
  }
  return describeWhole(redriven);
}

export function dismissDeadLetter(
  ctx: Ctx,
  { params: { id } }: InputOf<typeof dismissDeadLetterRoute>,
): Promise<DeadLetterDetails> {
  return ctx.tx(async (tx) => {
    const letter = await requireLetter(tx, id);
    return describeWhole(await settle(ctx, tx, letter, 'dismissed', ctx.clock.now(), null));
  });
}

/** Removes those that failed before an instant, whatever was decided; answers how many. */
export async function removeOldDeadLetters(ctx: Pick<Ctx, 'database' | 'signal'>, before: Date): Promise<number> {
  let removed = 0;
  while (!ctx.signal.aborted) {
    const count = await deleteOldDeadLetters(ctx.database, before, sweepBatch);
    removed += count;
    if (count < sweepBatch) break;
  }
  return removed;
}

/** Throws AppError `operations.dead-letter-settled` for whoever comes second, and the refusal for a letter that is still dead. */
async function settle(
  ctx: Ctx,
  tx: Tx,
  letter: WholeDeadLetterRow,
  state: 'redriven' | 'dismissed',
  at: Date,
  refusal: string | null,
): Promise<WholeDeadLetterRow> {
  const row = await settleDeadLetter(tx, letter.id, state, at, actorName(ctx.actor));
  if (row === undefined) throw new AppError('operations.dead-letter-settled');
  if (refusal !== null) throw new AppError('operations.redrive-refused', { detail: refusal });
  await recordAudit(ctx, tx, {
    action: state === 'redriven' ? 'operations.redrive-dead-letter' : 'operations.dismiss-dead-letter',
    object: `dead-letters/${letter.id}`,
    details: { job: letter.job, subject: letter.subject },
  });
  await tellSettled(ctx, tx, letter, state);
  return row;
}

function tellSettled(ctx: Ctx, tx: Tx, letter: DeadLetterRow, state: DeadLetterRow['state']): Promise<void> {
  return emitEvent(ctx, tx, {
    type: 'operations.dead-letter-settled',
    subject: `dead-letters/${letter.id}`,
    related: letter.subject === null ? [] : [letter.subject],
    payload: { job: letter.job, state },
    audience: { operators: true },
  });
}

async function requireLetter(from: Pick<Tx, 'query'>, id: string): Promise<WholeDeadLetterRow> {
  const row = await selectDeadLetter(from, id);
  if (row === undefined) throw new AppError('operations.dead-letter-not-found');
  return row;
}

function refusalOf({ job, payload }: WholeDeadLetterRow): string | null {
  const known = refusalOfJob(job);
  if (known !== null) return known;
  return payload === null ? 'Its payload was too large to be kept.' : null;
}

function refusalOfJob(job: string): string | null {
  const definition = definitions.get(job);
  if (definition === undefined) return 'This version of the program does not know the job.';
  return typeof definition.redrive === 'string' ? definition.redrive : null;
}

function describeLetter(row: DeadLetterRow): DeadLetter {
  const { id, job, queue, reason, attempts, queuedAt, failedAt, subject, requestId, state, settledAt, settledBy } = row;
  const why = refusalOfJob(job);
  return {
    ...{ id, job, queue, reason, attempts, subject, requestId, state, settledBy },
    queuedAt: queuedAt?.toISOString() ?? null,
    failedAt: failedAt.toISOString(),
    settledAt: settledAt?.toISOString() ?? null,
    redrive: { possible: why === null, why },
  };
}

function describeWhole(row: WholeDeadLetterRow): DeadLetterDetails {
  const why = refusalOf(row);
  return { ...describeLetter(row), payload: row.payload, redrive: { possible: why === null, why } };
}
