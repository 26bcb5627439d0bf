// The watchdog: compares what every schedule was expected to do with its receipts, and tells somebody of what is missing.
// It reckons by what schedules said, not by what clocks noted, so that it also sees a clock that stands still.
import { expectedInstants } from '@gathering/contract/schedule-instants';
import type { Ctx } from '../../ctx.ts';
import { closeAlerts, raiseAlert } from './alerts.ts';
import { versionsOf } from './rules.ts';
import { selectAccounted } from './store/receipts.ts';
import { takeWatch } from './store/scheduler.ts';
import { type SpecRow, selectSpecs, selectWatched, updateWatched, type WatchedRow } from './store/schedules.ts';

const minuteMs = 60_000;
const pageSize = 200;
/** Looked at of one schedule at once; the rest comes with the next round. */
const mostInstants = 1_000;

/** Once a minute, whichever process comes first. Answers how many instants had no receipt; null: it was not its turn. */
export async function watchReceipts(ctx: Ctx): Promise<number | null> {
  const now = ctx.clock.now();
  if (!(await takeWatch(ctx.database, now, new Date(now.getTime() - minuteMs)))) return null;
  let missing = 0;
  let after: string | null = null;
  while (!ctx.signal.aborted) {
    const page: WatchedRow[] = await selectWatched(ctx.database, after, pageSize);
    missing += await watchPage(ctx, page, now.getTime());
    after = page.at(-1)?.id ?? null;
    if (page.length < pageSize) break;
  }
  return missing;
}

interface Watched {
  readonly row: WatchedRow;
  readonly instants: readonly number[];
  readonly until: number;
}

async function watchPage(ctx: Ctx, page: readonly WatchedRow[], now: number): Promise<number> {
  const since = page.map(({ watched_until }) => watched_until);
  const ids = page.map(({ id }) => id);
  const versions = Map.groupBy(await selectSpecs(ctx.database, ids, since), ({ schedule_id }) => schedule_id);
  const watched = page.map((row) => expectFor(row, versions.get(row.id) ?? [], now));
  const asked = watched.flatMap(({ row, instants }) => instants.map((at) => ({ id: row.id, at })));
  const accounted = await selectAccounted(
    ctx.database,
    asked.map(({ id }) => id),
    asked.map(({ at }) => new Date(at)),
  );
  const known = new Set(accounted.map(({ schedule_id, at }) => `${schedule_id} ${at.getTime()}`));
  const lacking = watched.map((one) => ({
    ...one,
    missing: one.instants.filter((at) => !known.has(`${one.row.id} ${at}`)),
  }));
  await ctx.tx(async (tx) => {
    await updateWatched(
      tx,
      ids,
      watched.map(({ until }) => new Date(until)),
    );
    const whole = lacking.filter(({ missing, instants }) => missing.length === 0 && instants.length > 0);
    await closeAlerts(
      tx,
      whole.map(({ row }) => row.id),
      ['missing-receipts'],
    );
    for (const { row, missing } of lacking)
      if (missing.length > 0) await raiseAlert(ctx, tx, row, 'missing-receipts', describe(missing));
  });
  return lacking.reduce((sum, { missing }) => sum + missing.length, 0);
}

/** Instants that must have their receipts by now: a minute is given, and the jitter. */
function expectFor(row: WatchedRow, versions: readonly SpecRow[], now: number): Watched {
  const jitterMs = Math.max(0, ...versions.map(({ spec }) => spec.jitterSeconds)) * 1000;
  const from = row.watched_until.getTime();
  const until = Math.max(from, now - minuteMs - jitterMs);
  const instants: number[] = [];
  for (const { at } of expectedInstants(versionsOf(versions), from, until)) {
    if (instants.length === mostInstants) return { row, instants, until: at };
    instants.push(at);
  }
  return { row, instants, until };
}

function describe(missing: readonly number[]): string {
  const [first = 0] = missing;
  const at = new Date(first).toISOString();
  return missing.length === 1
    ? `It was expected at ${at}, and nothing tells what became of that. Is the server's clock role running?`
    : `It was expected ${missing.length} times since ${at}, and nothing tells what became of that. Is the server's clock role running?`;
}
