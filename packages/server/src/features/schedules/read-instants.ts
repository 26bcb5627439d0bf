// What a schedule expects in a range of time, what became of it, and what another timing would have expected.
import { anchor, checkSchedule } from '@gathering/contract/check-schedule';
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import { dueAt, expectedInstants, type ScheduleVersion } from '@gathering/contract/schedule-instants';
import {
  type backTestRoute,
  type listReceiptsRoute,
  maxBackTest,
  maxExpected,
  type readExpectedRoute,
} from '@gathering/contract/schedules';
import type { Ctx } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { versionsOf } from './rules.ts';
import { findSeen } from './service.ts';
import { selectReceipts, selectReceiptsOfInstants } from './store/receipts.ts';
import { selectSpecs } from './store/schedules.ts';
import { toReceipt } from './to-schedule.ts';

/** The past that is compared, and the future that is shown, unless something else is asked for. */
const backTestMs = 30 * 86_400_000;

const isInstant = (text: string): boolean => !Number.isNaN(Date.parse(text));

export async function listReceiptPage(
  ctx: Ctx,
  { params, query: { cursor, limit, status } }: InputOf<typeof listReceiptsRoute>,
): Promise<ReplyOf<typeof listReceiptsRoute>> {
  await findSeen(ctx, params.id);
  const place = readPageCursor(cursor, 2, ([at = '', id = '']) => isInstant(at) && isId(id));
  const before = place === null ? null : { at: new Date(place[0] ?? ''), id: place[1] ?? '' };
  const rows = await selectReceipts(ctx.database, params.id, { before, status: status ?? null, limit: limit + 1 });
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.at.toISOString(), row.id]);
  return { items: items.map(toReceipt), nextCursor };
}

/** Pure but for the receipts beside: each instant by what was said at that instant. */
export async function readExpected(
  ctx: Ctx,
  { params, query }: InputOf<typeof readExpectedRoute>,
): Promise<ReplyOf<typeof readExpectedRoute>> {
  const row = await findSeen(ctx, params.id);
  const from = query.from === undefined ? ctx.clock.now() : new Date(query.from);
  const to = query.to === undefined ? new Date(from.getTime() + backTestMs) : new Date(query.to);
  const versions = versionsOf(await selectSpecs(ctx.database, [row.id], [from]));
  // It ends when it has run so often; what lies ahead is counted down from that.
  let left = row.spec.maxCount === null ? Number.POSITIVE_INFINITY : row.spec.maxCount - row.run_count;
  const items: { at: number; dueAt: number }[] = [];
  let truncated = false;
  for (const { at, version } of expectedInstants(versions, from.getTime(), to.getTime())) {
    if (at >= row.accounted_until.getTime()) left -= 1;
    if (left < 0) break;
    truncated = items.length === maxExpected;
    if (truncated) break;
    items.push({ at, dueAt: dueAt(row.id, version.timetable, at) });
  }
  const end = new Date((items.at(-1)?.at ?? from.getTime()) + 1);
  const receipts = await selectReceiptsOfInstants(ctx.database, row.id, from, end);
  const byInstant = new Map(receipts.map((receipt) => [receipt.at.getTime(), receipt]));
  return {
    items: items.map(({ at, dueAt: moment }) => {
      const receipt = byInstant.get(at);
      return {
        at: new Date(at).toISOString(),
        dueAt: new Date(moment).toISOString(),
        receipt: receipt ? toReceipt(receipt) : null,
      };
    }),
    truncated,
  };
}

const mostShown = 20;

export async function backTest(
  ctx: Ctx,
  { params, body }: InputOf<typeof backTestRoute>,
): Promise<ReplyOf<typeof backTestRoute>> {
  const row = await findSeen(ctx, params.id);
  const to = ctx.clock.now().getTime();
  const from = to - backTestMs;
  const { timing, startAt = row.spec.startAt, endAt = row.spec.endAt } = body;
  const edited = { ...row.spec, timing, startAt, endAt };
  const faults = checkSchedule(edited, from).map((fault) => ({ in: 'body' as const, ...fault }));
  if (faults.length > 0) throw new AppError('schedules.invalid', { faults });
  const versions = versionsOf(await selectSpecs(ctx.database, [row.id], [new Date(from)]));
  const timetable = { ...edited, timing: anchor(edited, from) };
  const before = takeLatest(versions, from, to);
  const after = takeLatest([{ validFrom: from, hasEnded: false, timetable }], from, to);
  const since = Math.max(before.since ?? from, after.since ?? from);
  const old = new Set(before.instants.filter((at) => at >= since));
  const fresh = new Set(after.instants.filter((at) => at >= since));
  const shown = (instants: Set<number>) => [...instants].slice(-mostShown).map((at) => new Date(at).toISOString());
  return {
    from: new Date(since).toISOString(),
    to: new Date(to).toISOString(),
    before: old.size,
    after: fresh.size,
    kept: old.intersection(fresh).size,
    added: shown(fresh.difference(old)),
    gone: shown(old.difference(fresh)),
    truncated: before.since !== null || after.since !== null,
  };
}

const windowMs = 6 * 3_600_000;

/** The latest of them, and since when they are all of them; null: from the beginning. Goes back window by window. */
function takeLatest(
  versions: readonly ScheduleVersion[],
  from: number,
  to: number,
): { instants: number[]; since: number | null } {
  const windows: number[][] = [];
  let count = 0;
  for (let end = to; end > from; end -= windowMs) {
    const start = Math.max(from, end - windowMs);
    const window = Array.from(expectedInstants(versions, start, end), ({ at }) => at);
    windows.unshift(window);
    count += window.length;
    if (count > maxBackTest) {
      const instants = windows.flat().slice(-maxBackTest);
      return { instants, since: instants[0] ?? start };
    }
  }
  return { instants: windows.flat(), since: null };
}
