// The role that does what time asks for: fires schedules, seals the audit, compares events with triggers and with what is waited for,
// removes what is older than its limit, keeps the embedded database tidy. Any number of processes may have it.
import { startSealer } from '../features/audit/index.ts';
import { sweepOldRows } from '../features/operations/index.ts';
import { startEventWatch, startFollowing } from '../features/pipelines/index.ts';
import { startScheduler } from '../features/schedules/index.ts';
import { analyzeGrown } from '../platform/db/analyze-grown.ts';
import { keepLooking } from '../platform/keep-looking.ts';
import { makeCtx, systemActor } from './make-ctx.ts';
import type { OpenGround } from './open-ground.ts';

const hourMs = 3_600_000;
/** Also where nothing runs for an hour; what a start takes up again comes first. */
const firstSweepMs = 5 * 60_000;
const lookAtSizesMs = 60_000;

/** Returns how to stop; a sweep that runs ends at its next step. */
export function startClock({ ground }: Pick<OpenGround, 'ground'>, firstAfterMs = firstSweepMs): () => Promise<void> {
  const stopping = new AbortController();
  const ctx = makeCtx(ground, { actor: systemActor('clock'), signal: stopping.signal });
  const stopSealer = startSealer(ctx);
  const stopFollowing = startFollowing(ctx);
  const stopEventWatch = startEventWatch(ctx);
  const stopScheduler = startScheduler(ctx);
  let running: Promise<void> = Promise.resolve();
  const tick = async (): Promise<void> => {
    try {
      await sweepOldRows(ctx);
      // The embedded database has nobody else who does it.
      if (ground.database.kind === 'embedded') await ground.database.exec('vacuum (analyze)');
    } catch (error) {
      if (!stopping.signal.aborted)
        ground.log.warn({ err: error }, 'Old rows could not be removed; the next round tries again');
    }
  };
  const sweepAfter = (ms: number): NodeJS.Timeout =>
    setTimeout(() => {
      timer = sweepAfter(hourMs);
      running = running.then(tick);
    }, ms).unref();
  let timer = sweepAfter(firstAfterMs);
  // Nobody else does that either. At once, since a crash may have come before it was done.
  const stopLooking = ground.database.kind === 'embedded' ? startLookingAtSizes(ground) : undefined;
  return async () => {
    stopping.abort();
    clearTimeout(timer);
    await Promise.all([running, stopSealer(), stopFollowing(), stopEventWatch(), stopScheduler(), stopLooking?.()]);
  };
}

function startLookingAtSizes({ database, log }: OpenGround['ground']): () => Promise<void> {
  return keepLooking({
    look: async () => {
      await analyzeGrown(database);
      return lookAtSizesMs;
    },
    hear: () => () => undefined,
    gapMs: 0,
    log,
    words: {
      failing: 'The sizes of tables could not be looked at; it is tried again',
      again: 'The sizes of tables are looked at again',
    },
  });
}
