// Half a year under a clock that is moved by hand, over 40 zones with every jump of their clocks in it, by processes that
// come and go: what was expected and what has receipts are the same set, 150,000 instants of it. promise: schedules-receipts
import { expectedInstants } from '@gathering/contract/schedule-instants';
import { expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx } from '../../../test/make-ctx.ts';
import { makeScheduleWorld, notifying } from '../../../test/schedule-world.ts';
import type { Ctx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { versionsOf } from './rules.ts';
import { tick } from './run-scheduler.ts';
import { changeSchedule, setPaused } from './service.ts';
import { selectSpecs } from './store/schedules.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const zones = [
  ...['UTC', 'Europe/Berlin', 'Europe/London', 'Europe/Dublin', 'Europe/Lisbon', 'Europe/Istanbul', 'Europe/Kyiv'],
  ...['America/New_York', 'America/Chicago', 'America/Los_Angeles', 'America/St_Johns', 'America/Sao_Paulo'],
  ...['America/Santiago', 'America/Havana', 'America/Asuncion', 'America/Nuuk', 'America/Caracas', 'America/Halifax'],
  ...['Australia/Lord_Howe', 'Australia/Sydney', 'Australia/Adelaide', 'Pacific/Auckland', 'Pacific/Chatham'],
  ...['Pacific/Apia', 'Pacific/Norfolk', 'Pacific/Kiritimati', 'Pacific/Easter', 'Antarctica/Troll', 'Africa/Cairo'],
  ...['Africa/Casablanca', 'Asia/Tehran', 'Asia/Beirut', 'Asia/Jerusalem', 'Asia/Kolkata', 'Asia/Kathmandu'],
  ...['Asia/Amman', 'Asia/Gaza', 'Asia/Tokyo', 'Atlantic/Azores', 'Indian/Chagos'],
];
/** Every hour, named hours around the jumps, and an interval that knows no zone. */
const expressions = ['17 * * * *', '0,30 0-4 * * *'];

/** Throws where the two sets differ; answers all receipts. */
async function compare(database: Database, ids: readonly string[], end: number) {
  const { rows } = await database.query<{ schedule_id: string; at: Date; status: string }>(
    `select schedule_id, at, status from schedule.receipts where kind = 'instant' order by schedule_id, at`,
  );
  const found = Map.groupBy(rows, ({ schedule_id }) => schedule_id);
  const since = ids.map(() => new Date(0));
  const said = Map.groupBy(await selectSpecs(database, ids, since), ({ schedule_id }) => schedule_id);
  for (const id of ids) {
    const versions = said.get(id) ?? [];
    const expected = Array.from(expectedInstants(versionsOf(versions), 0, end + 1), ({ at }) => at);
    const times = (found.get(id) ?? []).map(({ at }) => at.getTime());
    // The last one may still wait for its share of the jitter.
    const isWaiting = (versions[0]?.spec.jitterSeconds ?? 0) > 0 && times.length === expected.length - 1;
    expect(times).toEqual(isWaiting ? expected.slice(0, -1) : expected);
  }
  return rows;
}

eachDatabase(
  (open) => {
    it('expected set = receipt set', { timeout: 600_000 }, async () => {
      const database = await open();
      const { ctx, make } = await makeScheduleWorld(database);
      const begin = ctx.clock.now().getTime();
      const ids: string[] = [];
      for (const zone of zones) {
        for (const expression of expressions) {
          const timing = { kind: 'cron' as const, expression, zone };
          ids.push((await make({ name: zone, timing, action: notifying, missed: 'one' })).id);
        }
      }
      ids.push((await make({ timing: { kind: 'interval', everySeconds: 5400 }, jitterSeconds: 600 })).id);
      let process: Ctx = ctx;
      for (let step = 0; ctx.clock.now().getTime() - begin < 275 * dayMs; step += 1) {
        // Days pass at once, as while a server is off; then it comes up as another process.
        ctx.clock.advance((3 + (step % 7)) * dayMs + (step % 5) * 1_234_567);
        process = { ...process, ...makeTestCtx(database), clock: ctx.clock, queue: ctx.queue };
        const id = ids[step % ids.length] ?? '';
        await setPaused(process, id, step % 2 === 0);
        const other = ids[(step * 7) % ids.length] ?? '';
        await changeSchedule(process, {
          params: { id: other },
          body: { description: `Step ${step}`, retries: step % 3 },
        });
        // In the middle of it the process may end; the next one goes on with what is left.
        for (let looks = 0; looks < step % 4; looks += 1) await tick(process);
      }
      while ((await tick(process)) === 0);
      const rows = await compare(database, ids, ctx.clock.now().getTime());
      expect(rows.length).toBeGreaterThan(150_000);
      expect(rows.filter(({ status }) => status === 'run').length).toBeGreaterThan(1_000);
    });
  },
  ['server'],
);
