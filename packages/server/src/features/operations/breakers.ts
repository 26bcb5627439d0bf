// Circuit breakers for people: which there are, and closing one by hand.
import { AppError } from '@gathering/contract/errors';
import {
  breakerKinds,
  type CircuitBreaker,
  type listBreakersRoute,
  type resetBreakerRoute,
} from '@gathering/contract/operations-breakers';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { cutPage, isTime, readPageCursor } from '../../platform/page-cursor.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { type BreakerRow, closeBreaker, deleteUnusedBreakers, lockBreaker, selectBreakers } from './store-breakers.ts';
import { audienceOfTarget } from './tell-changes.ts';

const sweepBatch = 1_000;

/** Hosts are named by everybody's work: they are shown to whoever may look into it. */
export async function listBreakers(
  ctx: Pick<Ctx, 'database' | 'clock' | 'may'>,
  { query: { limit, cursor, kind, state } }: InputOf<typeof listBreakersRoute>,
): Promise<ReplyOf<typeof listBreakersRoute>> {
  const place = readPageCursor(cursor, 2, ([at = '']) => isTime(at));
  const before = place === null ? null : { at: new Date(place[0] ?? ''), target: place[1] ?? '' };
  const shown = breakerKinds.filter((one) => one !== 'host' || ctx.may('operations.inspect'));
  const kinds = shown.filter((one) => kind === undefined || one === kind);
  const now = ctx.clock.now();
  const rows = await selectBreakers(ctx.database, { kinds, state: state ?? null }, now, before, limit + 1);
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.updatedAt.toISOString(), row.target]);
  return { items: items.map((row) => describeBreaker(row, now)), nextCursor };
}

/** Throws AppError `operations.breaker-not-found`. One that is closed forgets its failures and how often it opened. */
export async function resetBreaker(
  ctx: Ctx,
  { body: { target } }: InputOf<typeof resetBreakerRoute>,
): Promise<CircuitBreaker> {
  return ctx.tx(async (tx) => {
    const before = await lockBreaker(tx, target);
    if (before === undefined) throw new AppError('operations.breaker-not-found');
    const now = ctx.clock.now();
    const after = await closeBreaker(tx, target, now, 0);
    const { state, failures, timesOpened } = before;
    await recordAudit(ctx, tx, {
      action: 'operations.reset-breaker',
      object: target,
      details: { state, failures, timesOpened },
    });
    if (state === 'open') {
      const payload = { reset: true };
      const audience = audienceOfTarget(target);
      await emitEvent(ctx, tx, { type: 'operations.breaker-closed', subject: target, payload, audience });
    }
    // Other instances read them within a second.
    tx.afterCommit(() => ctx.breakers.forget());
    return describeBreaker(after, now);
  });
}

/** Removes those that nothing happened to since; answers how many. */
export async function removeUnusedBreakers(ctx: Pick<Ctx, 'database' | 'signal'>, before: Date): Promise<number> {
  let removed = 0;
  while (!ctx.signal.aborted) {
    const count = await deleteUnusedBreakers(ctx.database, before, sweepBatch);
    removed += count;
    if (count < sweepBatch) break;
  }
  return removed;
}

function describeBreaker(row: BreakerRow, now: Date): CircuitBreaker {
  const { target, state, failures, timesOpened, lastError, opensUntil, probeUntil } = row;
  return {
    target,
    state: state === 'open' && opensUntil !== null && opensUntil <= now ? 'half-open' : state,
    failures,
    timesOpened,
    lastError,
    lastFailedAt: row.lastFailedAt.toISOString(),
    openedAt: row.openedAt?.toISOString() ?? null,
    opensUntil: opensUntil?.toISOString() ?? null,
    probing: probeUntil !== null && probeUntil > now,
    updatedAt: row.updatedAt.toISOString(),
  };
}
