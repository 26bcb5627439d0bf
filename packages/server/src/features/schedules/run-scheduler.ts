// The clock's part in schedules: looks what is due, and does it. Any number of processes may do so at once; what they find
// is decided by rows. Looks are cheap (one statement when nothing is due), at most a second apart.
import type { Ctx } from '../../ctx.ts';
import { keepLooking } from '../../platform/keep-looking.ts';
import { accountDue } from './account-due.ts';
import { startQueued, startRetries } from './continue-receipts.ts';
import { noteEnds } from './end-work.ts';
import { reactToEvents } from './react-to-events.ts';
import { selectAgenda } from './store/scheduler.ts';
import { claimDue } from './store/schedules.ts';
import { onChanged } from './wake.ts';
import { watchReceipts } from './watch-receipts.ts';

const claimMs = 5_000;
const claimSize = 20;
const pollMs = 1_000;
const claimedMs = 200;
const watchMs = 60_000;

/** One look at everything; answers in how many milliseconds the next is worth it. */
export async function tick(ctx: Ctx): Promise<number> {
  const agenda = await selectAgenda(ctx.database);
  const now = ctx.clock.now();
  const isDue = agenda.next !== null && agenda.next <= now;
  let hasMore = isDue && (await accountAll(ctx));
  if (agenda.event_cursor !== null) hasMore = (await reactToEvents(ctx, agenda.event_cursor)) || hasMore;
  if (agenda.running) await noteEnds(ctx);
  if (agenda.retry !== null && agenda.retry <= now) await startRetries(ctx);
  if (agenda.queued) await startQueued(ctx);
  const watched = agenda.watched_at?.getTime() ?? 0;
  if (now.getTime() - watched >= watchMs) await watchReceipts(ctx);
  if (hasMore) return 0;
  // Claimed by another clock: it may die over it.
  if (isDue) return claimedMs;
  const next = agenda.next?.getTime() ?? Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(pollMs, next - ctx.clock.now().getTime()));
}

/** Accounts for what is due and claimed by no other clock. True: some of it was. */
async function accountAll(ctx: Ctx): Promise<boolean> {
  const now = ctx.clock.now();
  const ids = await claimDue(ctx.database, now, new Date(now.getTime() + claimMs), claimSize);
  // The embedded database has one connection: one after the other is as quick there.
  const lanes = ctx.database.kind === 'embedded' ? 1 : 4;
  const left = [...ids];
  const work = async () => {
    for (let id = left.shift(); id !== undefined && !ctx.signal.aborted; id = left.shift()) await accountOne(ctx, id);
  };
  await Promise.all(Array.from({ length: lanes }, work));
  return ids.length > 0;
}

/** One schedule that cannot be accounted for keeps no other one from it; the watchdog tells of it, and the log says why. */
async function accountOne(ctx: Ctx, id: string): Promise<void> {
  try {
    // A burst is accounted for in steps, so that others have their turns in between.
    for (let steps = 0; steps < 50 && !ctx.signal.aborted; steps += 1) if (!(await accountDue(ctx, id))) return;
  } catch (error) {
    if (!ctx.signal.aborted) ctx.log.error({ err: error, scheduleId: id }, 'A schedule could not be accounted for');
  }
}

/** Fires schedules from now on. Returns how to stop; what is being written is written first. */
export function startScheduler(ctx: Ctx): () => Promise<void> {
  return keepLooking({
    look: () => tick(ctx),
    hear: onChanged,
    gapMs: 0,
    log: ctx.log,
    words: {
      failing: 'Schedules cannot be looked after; trying until they can.',
      again: 'Schedules are looked after again.',
    },
  });
}
