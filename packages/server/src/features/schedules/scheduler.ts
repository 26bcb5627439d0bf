// The scheduler as a whole: paused and resumed for all schedules at once, kept in the database.
import type { ReplyOf } from '@gathering/contract/route';
import type { readSchedulerRoute } from '@gathering/contract/schedules';
import { actorName, type Ctx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { endPause, insertPause, lockScheduler, type PauseRow, selectOpenPause } from './store/scheduler.ts';
import { announceChanged } from './wake.ts';

type Scheduler = ReplyOf<typeof readSchedulerRoute>;

const toScheduler = (pause: Pick<PauseRow, 'started_at' | 'started_by'> | null): Scheduler => ({
  pausedAt: pause?.started_at.toISOString() ?? null,
  pausedBy: pause?.started_by ?? null,
});

export async function readScheduler(ctx: Pick<Ctx, 'database'>): Promise<Scheduler> {
  return toScheduler(await selectOpenPause(ctx.database));
}

/** Doing it again changes nothing. */
export async function setSchedulerPaused(ctx: Ctx, isPaused: boolean): Promise<Scheduler> {
  return ctx.tx(async (tx) => {
    await lockScheduler(tx, 'alone');
    const open = await selectOpenPause(tx);
    if ((open !== null) === isPaused) return toScheduler(open);
    const now = ctx.clock.now();
    const by = actorName(ctx.actor);
    if (open === null) await insertPause(tx, ctx.ids.next(), now, by);
    else await endPause(tx, open.id, now);
    tx.afterCommit(announceChanged);
    const [type, subject, payload] = ['schedules.scheduler-changed', 'schedules/all', { paused: isPaused }] as const;
    await emitEvent(ctx, tx, { type, subject, payload });
    const action = isPaused ? 'schedules.pause-scheduler' : 'schedules.resume-scheduler';
    await recordAudit(ctx, tx, { action, object: subject });
    return toScheduler(open === null ? { started_at: now, started_by: by } : null);
  });
}
