// Eight processes fire 200 schedules that are edited, paused and run by hand at the same time. Whatever they do to each other,
// every expected instant has one receipt, and every receipt that says so has done its work once. promise: schedules-receipts
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectedInstants } from '@gathering/contract/schedule-instants';
import type { ScheduleTiming } from '@gathering/contract/schedule-timing';
import { expect, it } from 'vitest';
import { makeCtx } from '../../src/boot/make-ctx.ts';
import { openGround } from '../../src/boot/open-ground.ts';
import type { Ctx } from '../../src/ctx.ts';
import { versionsOf } from '../../src/features/schedules/rules.ts';
import { runNow } from '../../src/features/schedules/run-now.ts';
import { changeSchedule, createSchedule, setPaused } from '../../src/features/schedules/service.ts';
import { selectSpecs } from '../../src/features/schedules/store/schedules.ts';
import { readConfig } from '../../src/platform/config.ts';
import type { Database } from '../../src/platform/db/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { type DatabasePlace, eachDatabase } from '../db.ts';
import { owner } from '../make-ctx.ts';
import { insertOwnerOfTests } from '../make-user.ts';
import { waitFor } from '../wait-for.ts';

const script = fileURLToPath(new URL('./schedule-clock.ts', import.meta.url));
const processes = 8;
const schedules = 200;
const leastRounds = 6;
const leastInstants = 1_000;

function timingOf(number: number, round: number): ScheduleTiming {
  const seconds = 3 + ((number + round) % 5);
  if ((number + round) % 2 === 0) return { kind: 'interval', everySeconds: seconds };
  return { kind: 'cron', expression: `*/${seconds} * * * * *`, zone: 'Europe/Berlin' };
}

/** Edits, pauses, resumes and runs by hand, all schedules again and again, until they have fired often enough. */
async function editWhileTheyFire(ctx: Ctx, ids: readonly string[]): Promise<void> {
  const counted = `select count(*)::int as count from schedule.receipts where kind = 'instant'`;
  for (let round = 1; ; round += 1) {
    for (const [number, id] of ids.entries()) {
      await changeSchedule(ctx, { params: { id }, body: { timing: timingOf(number, Math.floor(round / 4)) } });
      if (number % 20 === round % 20) await setPaused(ctx, id, round % 2 === 0);
      if (number % 50 === 0) await runNow(ctx, id);
    }
    const { rows } = await ctx.database.query<{ count: number }>(counted);
    if (round >= leastRounds && (rows[0]?.count ?? 0) >= leastInstants) return;
  }
}

async function makeSchedules(ctx: Ctx): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < schedules; number += 1) {
    const action = { kind: 'send_notification' as const, title: `Schedule ${number}` };
    const jitterSeconds = number % 3 === 0 ? 1 : 0;
    const said = { action, timing: timingOf(number, 0), jitterSeconds, missed: 'all' as const, missedLimit: 100 };
    ids.push((await createSchedule(ctx, { body: { name: `Schedule ${number}`, ...said } })).id);
  }
  return ids;
}

/** What each schedule said at each time against its receipts, up to an instant. Answers how many instants there were. */
async function compare(database: Database, ids: readonly string[], end: Date): Promise<number> {
  const { rows } = await database.query<{ schedule_id: string; at: Date }>(
    `select schedule_id, at from schedule.receipts where kind = 'instant' and at < $1 order by at`,
    [end],
  );
  const found = Map.groupBy(rows, ({ schedule_id }) => schedule_id);
  const since = ids.map(() => new Date(0));
  const said = Map.groupBy(await selectSpecs(database, ids, since), ({ schedule_id }) => schedule_id);
  let total = 0;
  for (const id of ids) {
    const expected = Array.from(expectedInstants(versionsOf(said.get(id) ?? []), 0, end.getTime()), ({ at }) => at);
    expect((found.get(id) ?? []).map(({ at }) => at.getTime())).toEqual(expected);
    total += expected.length;
  }
  return total;
}

async function startClocks({ dataDir, databaseUrl = '' }: DatabasePlace): Promise<ChildProcess[]> {
  const clocks = Array.from({ length: processes }, () => {
    const folder = mkdtempSync(join(dataDir, 'clock-'));
    return fork(script, [folder, databaseUrl], { execArgv: [], stdio: 'inherit' });
  });
  await Promise.all(clocks.map((clock) => once(clock, 'message')));
  return clocks;
}

eachDatabase(
  (_open, makePlace) => {
    it('every instant has one receipt, and its work is done once', { timeout: 300_000 }, async () => {
      const place = await makePlace();
      const settings = { GATHERING_DATA_DIR: place.dataDir, DATABASE_URL: place.databaseUrl };
      const open = await openGround(readConfig(settings), createLog('silent'));
      const { database } = open.ground;
      let clocks: ChildProcess[] = [];
      try {
        await insertOwnerOfTests(database);
        const ctx = makeCtx(open.ground, { actor: owner });
        clocks = await startClocks(place);
        const ids = await makeSchedules(ctx);
        await editWhileTheyFire(ctx, ids);
        // One dies in the middle of its work.
        clocks.pop()?.kill('SIGKILL');
        await editWhileTheyFire(ctx, ids);
        const end = new Date();
        await waitFor('everything before the end to be accounted for', async () => {
          const late = 'select 1 from schedule.schedules where accounted_until <= $1 and next_instant <= $1 limit 1';
          return (await database.query(late, [end])).rowCount === 0;
        });
        for (const clock of clocks) clock.send('stop');
        await Promise.all(clocks.map((clock) => once(clock, 'exit')));
        expect(await compare(database, ids, end)).toBeGreaterThanOrEqual(leastInstants);
        const { rows } = await database.query<{ ran: number; told: number; works: number }>(
          `select (select count(*)::int from schedule.receipts where status = 'run') as ran,
             (select count(distinct work_id)::int from schedule.receipts where status = 'run') as works,
             (select count(*)::int from notification.notifications where title like 'Schedule %') as told`,
        );
        const [{ ran = -1, ...counts } = {}] = rows;
        expect(counts).toEqual({ told: ran, works: ran });
      } finally {
        for (const clock of clocks) clock.kill('SIGKILL');
        await open.close();
      }
    });
  },
  ['server'],
);
