// What the ground and the queue tell of themselves, as events in the transaction of the change.
import type { Ctx } from '../../ctx.ts';
import type { NewDeadLetter } from '../../jobs/dead-letters.ts';
import type { BreakerChange } from '../../platform/breakers.ts';
import type { Tx } from '../../platform/db/database.ts';
import { emitEvent, emitEvents } from '../events/index.ts';

type EmitCtx = Pick<Ctx, 'clock' | 'actor'>;

/** Hosts are named by everybody's work, so operators hear of them; vendors and tools are everybody's. */
export const audienceOfTarget = (target: string) => (target.startsWith('host/') ? { operators: true } : {});

export function tellBreakerChanged(ctx: EmitCtx, tx: Tx, change: BreakerChange): Promise<void> {
  const { target, state, timesOpened, opensUntil, error } = change;
  return emitEvent(ctx, tx, {
    type: state === 'open' ? 'operations.breaker-opened' : 'operations.breaker-closed',
    subject: target,
    payload: state === 'open' ? { timesOpened, opensUntil: opensUntil?.toISOString() ?? null, error } : {},
    audience: audienceOfTarget(target),
  });
}

export function tellDeadLetters(ctx: EmitCtx, tx: Tx, letters: readonly NewDeadLetter[]): Promise<void> {
  return emitEvents(
    ctx,
    tx,
    letters.map(({ id, job, subject }) => ({
      type: 'operations.dead-letter-added' as const,
      subject: `dead-letters/${id}`,
      related: subject === null ? [] : [subject],
      payload: { job },
      audience: { operators: true },
    })),
  );
}
