// Schedules as they are kept: made, refused, changed, paused, and what their instants leave behind.
import { AppError, type Fault } from '@gathering/contract/errors';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { insertUser } from '../../../test/make-user.ts';
import { everyMinute, makeScheduleWorld, minuteMs, notifying } from '../../../test/schedule-world.ts';
import { actAs, type Ctx } from '../../ctx.ts';
import { readCalendar } from './read-calendar.ts';
import { backTest, listReceiptPage, readExpected } from './read-instants.ts';
import { runNow } from './run-now.ts';
import { tick } from './run-scheduler.ts';
import { readScheduler, setSchedulerPaused } from './scheduler.ts';
import { changeSchedule, listSchedulePage, readSchedule, removeSchedule, setPaused } from './service.ts';
import { registerTaskStarter } from './task-starter.ts';
import { watchReceipts } from './watch-receipts.ts';

const at = (time: string) => `2026-11-01T${time}.000Z`;

eachDatabase((open) => {
  const setUp = async () => makeScheduleWorld(await open());

  describe('saving', () => {
    it('refuses with every fault at once, and saves nothing', async () => {
      const { make, query } = await setUp();
      const faultsOf = (more: Parameters<typeof make>[0]): Promise<string[]> =>
        make(more).then(
          () => ['saved'],
          (error: { faults?: Fault[] }) => error.faults?.map(({ at: place, rule }) => `${place} ${rule}`) ?? [],
        );
      const cron = (expression: string, zone = 'UTC') => ({ timing: { kind: 'cron' as const, expression, zone } });
      expect(await faultsOf(cron('0 0 30 2 *'))).toEqual(['/timing/expression never-due']);
      expect(await faultsOf({ timing: { kind: 'interval', everySeconds: 0 } })).toEqual([
        '/timing/everySeconds interval',
      ]);
      expect(await faultsOf({ startAt: at('12:00:00'), endAt: at('11:00:00') })).toEqual(['/endAt end-before-start']);
      const many = { ...cron('61 * * 13 *', 'Mars/Olympus'), maxCount: 0, jitterSeconds: -1, retries: 1.5 };
      const action = { kind: 'call_api' as const, url: 'ftp://example.org' };
      expect(await faultsOf({ ...many, startAt: at('12:00:00'), endAt: at('12:00:00'), action })).toEqual([
        '/timing/expression cron-field',
        '/timing/expression cron-field',
        '/timing/zone zone',
        '/endAt end-before-start',
        '/maxCount range',
        '/jitterSeconds range',
        '/retries range',
        '/action/url url',
      ]);
      expect(await faultsOf({ timing: { kind: 'once', at: at('09:00:00') } })).toEqual(['/timing/at in-the-past']);
      expect(await faultsOf({ endAt: at('10:00:40') })).toEqual(['/timing/expression never-due']);
      const pipelineId = '01990000-0000-7000-8000-000000000001';
      expect(await faultsOf({ action: { kind: 'execute_pipeline', pipelineId } })).toEqual([
        '/action/pipelineId pipelines.not-found',
      ]);
      expect(await faultsOf({ action: { kind: 'run_task', agent: 'scout', goal: 'Look.' } })).toEqual([
        '/action/kind unavailable',
      ]);
      expect(await query('select 1 from schedule.schedules')).toEqual([]);
      expect(await query('select 1 from schedule.schedule_specs')).toEqual([]);
    });

    it('needs the permissions of the work, and shows a schedule only to whom it belongs', async () => {
      const { ctx, make } = await setUp();
      const as = async (role: 'member' | 'operator', scopes: Ctx['actor']['scopes'] = null): Promise<Ctx> => {
        const user = await insertUser(ctx.database, { role });
        return actAs(ctx, { ...user, scopes });
      };
      const [member, operator] = [await as('member'), await as('operator')];
      const { id } = await make({});
      await expect(readSchedule(member, id)).rejects.toMatchObject({ code: 'schedules.not-found' });
      expect((await readSchedule(operator, id)).id).toBe(id);
      expect((await listSchedulePage(member, { query: { limit: 10 } })).items).toEqual([]);
      const confined = await as('operator', ['schedules.write']);
      const body = { action: { kind: 'call_api' as const, url: 'https://example.org' } };
      await expect(changeSchedule(confined, { params: { id }, body })).rejects.toMatchObject({
        code: 'auth.forbidden',
      });
      // Whoever changes what it does is who it acts for from then on.
      const changed = await changeSchedule(operator, { params: { id }, body: { jitterSeconds: 1 } });
      expect([changed.actsFor, changed.createdBy]).toEqual([`users/${operator.actor.id}`, `users/${ctx.actor.id}`]);
    });
  });

  describe('firing', () => {
    it('gives each instant one receipt with its lateness, and starts the work with it', async () => {
      const { ctx, make, left, query } = await setUp();
      const { id } = await make({});
      await tick(ctx);
      expect(await left(id)).toEqual([]);
      ctx.clock.advance(30_250);
      await tick(ctx);
      await tick(ctx);
      expect(await left(id)).toMatchObject([
        { at: '10:01:00', status: 'run', late_ms: 250, outcome: 'completed', work_kind: 'notification', attempt: 1 },
      ]);
      expect(await query('select title from notification.notifications')).toEqual([{ title: 'Told' }]);
      expect((await readSchedule(ctx, id)).nextAt).toBe(at('10:02:00'));
      const audit = await query(`select action from audit.entries where action = 'schedules.fire'`);
      expect(audit.length).toBe(1);
    });

    it('makes up for what was missed by its policy: none, the latest, or so many of the latest', async () => {
      const { ctx, make, left } = await setUp();
      const skip = await make({ missed: 'skip' });
      const one = await make({ missed: 'one' });
      const all = await make({ missed: 'all', missedLimit: 2 });
      ctx.clock.advance(5 * minuteMs);
      while ((await tick(ctx)) === 0);
      const summary = async (id: string) => (await left(id)).map(({ status, reason }) => reason ?? status);
      // 10:01 to 10:05; the last one is half a minute late, which is not missed.
      expect(await summary(skip.id)).toEqual(['missed', 'missed', 'missed', 'missed', 'run']);
      expect(await summary(one.id)).toEqual(['missed', 'missed', 'missed', 'run', 'run']);
      expect(await summary(all.id)).toEqual(['missed', 'missed', 'run', 'run', 'run']);
      expect((await left(all.id)).map(({ late_ms }) => late_ms)).toEqual([null, null, 150_000, 90_000, 30_000]);
    });

    it('ends after so many, at its end, and after its one instant', async () => {
      const { ctx, make, left } = await setUp();
      const counted = await make({ maxCount: 2 });
      const bounded = await make({ startAt: at('10:02:00'), endAt: at('10:03:00') });
      const once = await make({ timing: { kind: 'once', at: at('10:02:00') } });
      for (let minute = 0; minute < 5; minute += 1) {
        ctx.clock.advance(minuteMs);
        while ((await tick(ctx)) === 0);
      }
      const times = async (id: string) => (await left(id)).map((one) => one.at);
      expect(await times(counted.id)).toEqual(['10:01:00', '10:02:00']);
      expect(await times(bounded.id)).toEqual(['10:02:00', '10:03:00']);
      expect(await times(once.id)).toEqual(['10:02:00']);
      for (const { id } of [counted, bounded, once])
        expect(await readSchedule(ctx, id)).toMatchObject({ state: 'ended', nextAt: null });
      await expect(setPaused(ctx, once.id, true)).rejects.toMatchObject({ code: 'schedules.ended' });
      // More are allowed: it goes on from now, and makes up for nothing.
      await changeSchedule(ctx, { params: { id: counted.id }, body: { maxCount: 3 } });
      ctx.clock.advance(minuteMs);
      while ((await tick(ctx)) === 0);
      expect(await times(counted.id)).toEqual(['10:01:00', '10:02:00', '10:06:00']);
    });

    it('an interval does not drift, and jitter moves each instant by its own share', async () => {
      const { ctx, make, left, query } = await setUp();
      const { id } = await make({ timing: { kind: 'interval', everySeconds: 90 } });
      const shaken = await make({ timing: { kind: 'interval', everySeconds: 60 }, jitterSeconds: 30 });
      for (let step = 0; step < 40; step += 1) {
        ctx.clock.advance(7_300);
        while ((await tick(ctx)) === 0);
      }
      expect((await left(id)).map((one) => one.at)).toEqual(['10:02:00', '10:03:30', '10:05:00']);
      const due = await query<{ at: Date; due_at: Date }>(
        'select at, due_at from schedule.receipts where schedule_id = $1 order by at',
        [shaken.id],
      );
      expect(due.map((row) => row.at.toISOString().slice(14, 19))).toEqual(['01:30', '02:30', '03:30', '04:30']);
      const shares = due.map((row) => row.due_at.getTime() - row.at.getTime());
      expect(shares.every((share) => share >= 0 && share < 30_000)).toBe(true);
      expect(new Set(shares).size).toBe(4);
    });
  });

  describe('while earlier work goes on', () => {
    const begin = async (overlap: 'skip' | 'queue' | 'cancel-previous' | 'allow') => {
      const world = await setUp();
      const { ctx, make, makePipeline } = world;
      const action = { kind: 'execute_pipeline' as const, pipelineId: await makePipeline() };
      const { id } = await make({ action, overlap });
      for (let minute = 0; minute < 3; minute += 1) {
        ctx.clock.advance(minuteMs);
        while ((await tick(ctx)) === 0);
      }
      return { ...world, id };
    };

    it('skips, or runs beside it', async () => {
      const skip = await begin('skip');
      const receipts = await skip.left(skip.id);
      expect(receipts.map(({ status, reason }) => reason ?? status)).toEqual(['run', 'overlap', 'overlap']);
      await skip.endRun(receipts[0]?.work_id ?? '', 'completed');
      skip.ctx.clock.advance(minuteMs);
      while ((await tick(skip.ctx)) === 0);
      expect((await skip.left(skip.id)).map(({ outcome }) => outcome)).toEqual(['completed', null, null, 'running']);
      const allow = await begin('allow');
      expect((await allow.left(allow.id)).map(({ outcome }) => outcome)).toEqual(['running', 'running', 'running']);
    });

    it('waits for its end, in order', async () => {
      const { ctx, left, id, endRun } = await begin('queue');
      const [first] = await left(id);
      expect((await left(id)).map(({ status }) => status)).toEqual(['run', 'queued', 'queued']);
      await endRun(first?.work_id ?? '', 'completed');
      await tick(ctx);
      expect((await left(id)).map(({ status, outcome }) => outcome ?? status)).toEqual([
        'completed',
        'running',
        'queued',
      ]);
      expect((await left(id))[1]?.late_ms).toBe(90_000);
    });

    it('cancels it', async () => {
      const { left, id, query } = await begin('cancel-previous');
      expect((await left(id)).map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled', 'running']);
      const runs = await query<{ status: string }>('select status from pipeline.runs order by id');
      expect(runs.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'running']);
    });
  });

  it('work that fails is tried again after growing pauses, as often as the schedule says', async () => {
    const { ctx, make, makePipeline, left, endRun } = await setUp();
    const action = { kind: 'execute_pipeline' as const, pipelineId: await makePipeline() };
    const timing = { kind: 'once' as const, at: at('10:01:00') };
    const { id } = await make({ action, timing, retries: 2, retrySeconds: 10 });
    ctx.clock.advance(30_000);
    await tick(ctx);
    for (const [pause, attempt] of [
      [10_000, 2],
      [20_000, 3],
    ] as const) {
      await endRun((await left(id))[0]?.work_id ?? '', 'failed');
      await tick(ctx);
      expect(await left(id)).toMatchObject([{ outcome: 'retrying', attempt: attempt - 1 }]);
      ctx.clock.advance(pause - 1);
      await tick(ctx);
      expect(await left(id)).toMatchObject([{ outcome: 'retrying' }]);
      ctx.clock.advance(1);
      await tick(ctx);
      expect(await left(id)).toMatchObject([{ outcome: 'running', attempt, late_ms: 0 }]);
    }
    await endRun((await left(id))[0]?.work_id ?? '', 'timed_out');
    await tick(ctx);
    expect(await left(id)).toMatchObject([{ status: 'run', outcome: 'failed', attempt: 3 }]);
  });

  it('paused, each instant is skipped and says so; so it is while the whole scheduler is paused', async () => {
    const { ctx, make, left } = await setUp();
    const { id } = await make({ missed: 'all' });
    const step = async () => {
      ctx.clock.advance(minuteMs);
      while ((await tick(ctx)) === 0);
    };
    await setPaused(ctx, id, true);
    await step();
    // Resumed before its clock came by again: what was paused stays skipped, whatever is made up for later.
    ctx.clock.advance(minuteMs);
    await setPaused(ctx, id, false);
    await step();
    expect((await setSchedulerPaused(ctx, true)).pausedAt).not.toBeNull();
    await step();
    ctx.clock.advance(minuteMs);
    await setSchedulerPaused(ctx, false);
    expect(await readScheduler(ctx)).toEqual({ pausedAt: null, pausedBy: null });
    await step();
    expect((await left(id)).map(({ status, reason }) => reason ?? status)).toEqual([
      'paused',
      'paused',
      'run',
      'scheduler-paused',
      'scheduler-paused',
      'run',
    ]);
  });

  it('a change counts from now on: what was due before is still done as it was said then', async () => {
    const { ctx, make, left, query } = await setUp();
    const { id } = await make({ missed: 'all' });
    ctx.clock.advance(minuteMs);
    const action = { ...notifying, title: 'Changed' };
    const timing = { ...everyMinute, expression: '*/5 * * * *' };
    await changeSchedule(ctx, { params: { id }, body: { timing, action } });
    ctx.clock.advance(10 * minuteMs);
    while ((await tick(ctx)) === 0);
    expect((await left(id)).map((one) => one.at)).toEqual(['10:01:00', '10:05:00', '10:10:00']);
    const told = await query<{ title: string }>('select title from notification.notifications order by id');
    expect(told.map(({ title }) => title)).toEqual(['Told', 'Changed', 'Changed']);
    const query2 = { from: at('10:00:00'), to: at('10:16:00') };
    const expected = await readExpected(ctx, { params: { id }, query: query2 });
    expect(expected.items.map((one) => [one.at, one.receipt?.status ?? null])).toEqual([
      [at('10:01:00'), 'run'],
      [at('10:05:00'), 'run'],
      [at('10:10:00'), 'run'],
      [at('10:15:00'), null],
    ]);
    const stale = changeSchedule(ctx, { params: { id }, body: { jitterSeconds: 1, revision: 1 } });
    await expect(stale).rejects.toMatchObject({ code: 'schedules.changed' });
    const test = (expression: string) =>
      backTest(ctx, { params: { id }, body: { timing: { ...everyMinute, expression } } });
    const gone = [at('10:01:00')];
    expect(await test('*/5 * * * *')).toMatchObject({ before: 3, after: 8_640, kept: 2, gone, truncated: false });
    expect(await test('* * * * * *')).toMatchObject({ before: 3, after: 20_000, kept: 3, truncated: true });
    await expect(test('0 0 30 2 *')).rejects.toMatchObject({ code: 'schedules.invalid' });
  });

  it('a call is enqueued with its receipt, and a task is started by whoever registered that', async () => {
    const { ctx, queue, make, left } = await setUp();
    const url = 'https://example.org/hook';
    const timing = { kind: 'once' as const, at: at('10:01:00') };
    const call = await make({ timing, action: { kind: 'call_api', url } });
    const started: string[] = [];
    const unregister = registerTaskStarter(async (acting, _tx, { agentRef }) => {
      if (agentRef === 'nobody') throw new AppError('agents.not-found');
      started.push(`${acting.actor.id} ${agentRef}`);
      return acting.ids.next();
    });
    onTestFinished(unregister);
    const task = await make({ timing, action: { kind: 'run_task', agent: 'scout', goal: 'Look.' } });
    const lost = await make({ timing, action: { kind: 'run_task', agent: 'nobody', goal: 'Look.' } });
    ctx.clock.advance(30_000);
    while ((await tick(ctx)) === 0);
    const [receipt] = await left(call.id);
    expect(receipt).toMatchObject({ status: 'run', outcome: 'running', work_kind: 'call' });
    expect(queue.jobs).toMatchObject([{ name: 'schedules.call-api', id: receipt?.work_id }]);
    expect(started).toEqual([`${ctx.actor.id} scout`]);
    expect(await left(task.id)).toMatchObject([{ status: 'run', work_kind: 'task' }]);
    expect(await left(lost.id)).toMatchObject([{ status: 'skipped', reason: 'refused', work_id: null }]);
  });

  it('run now is beside its instants: uses up none, no count, and waits for nothing', async () => {
    const { ctx, make, left, makePipeline } = await setUp();
    const action = { kind: 'execute_pipeline' as const, pipelineId: await makePipeline() };
    const { id } = await make({ action, maxCount: 1 });
    expect(await runNow(ctx, id)).toMatchObject({ kind: 'manual', status: 'run', outcome: 'running' });
    await runNow(ctx, id);
    expect(await readSchedule(ctx, id)).toMatchObject({ runCount: 0, nextAt: at('10:01:00') });
    expect((await left(id)).length).toBe(2);
  });

  it('whoever it acts for is gone: skipped with that reason, and told once until it works again', async () => {
    const { ctx, make, left, query } = await setUp();
    const { id } = await make({});
    let isGone = true;
    const alone: Ctx = { ...ctx, findActor: async () => (isGone ? null : ctx.actor) };
    const step = async () => {
      ctx.clock.advance(minuteMs);
      await tick(alone);
    };
    await step();
    await step();
    expect((await left(id)).map(({ reason }) => reason)).toEqual(['actor-gone', 'actor-gone']);
    const alerts = () =>
      query<{ urgency: string }>(`select urgency from notification.notifications where title <> 'Told'`);
    expect(await alerts()).toEqual([{ urgency: 'needs-person' }]);
    expect((await readSchedule(ctx, id)).openAlerts.length).toBe(1);
    isGone = false;
    await step();
    expect((await readSchedule(ctx, id)).openAlerts).toEqual([]);
    isGone = true;
    await step();
    expect((await alerts()).length).toBe(2);
  });

  it('the watchdog finds an instant without a receipt, tells it once, and is content again after a whole round', async () => {
    const { ctx, make, query } = await setUp();
    const { id } = await make({});
    const watch = async () => {
      ctx.clock.advance(minuteMs);
      while ((await tick(ctx)) === 0);
    };
    await watch();
    await watch();
    expect(await query('select 1 from schedule.alerts')).toEqual([]);
    // As if no clock came by any more.
    await query(`update schedule.schedules set next_at = null where id = $1`, [id]);
    await watch();
    await watch();
    await watch();
    await watch();
    expect(await query('select problem from schedule.alerts')).toEqual([{ problem: 'missing-receipts' }]);
    const told = await query<{ title: string }>(
      `select title from notification.notifications where urgency = 'failure'`,
    );
    expect(told.map(({ title }) => title)).toEqual(['The schedule "Schedule" did not run when it should have']);
    expect(await watchReceipts(ctx)).toBeNull();
    await query(`update schedule.schedules set next_at = $2, accounted_until = $2 where id = $1`, [
      id,
      ctx.clock.now().toISOString(),
    ]);
    for (let round = 0; round < 4; round += 1) await watch();
    expect(await query('select problem from schedule.alerts')).toEqual([]);
  });

  it('lists receipts page by page, shows past and future in the calendar, and removes all of it', async () => {
    const { ctx, make, query } = await setUp();
    const { id } = await make({ missed: 'all' });
    ctx.clock.advance(5 * minuteMs);
    while ((await tick(ctx)) === 0);
    const first = await listReceiptPage(ctx, { params: { id }, query: { limit: 3 } });
    const second = await listReceiptPage(ctx, { params: { id }, query: { limit: 3, cursor: first.nextCursor ?? '' } });
    expect([...first.items, ...second.items].map((one) => one.at.slice(14, 16))).toEqual([
      '05',
      '04',
      '03',
      '02',
      '01',
    ]);
    expect(second.nextCursor).toBeNull();
    const range = { from: '2026-11-01T00:00:00.000Z', to: '2026-11-03T00:00:00.000Z', zone: 'UTC', perDay: 3 };
    const { items } = await readCalendar(ctx, { query: range });
    expect(items.map((one) => [one.at.slice(8, 16), one.receipt?.status ?? 'to come', one.more])).toEqual([
      ['01T10:01', 'run', 0],
      ['01T10:02', 'run', 0],
      ['01T10:03', 'run', 2],
      ['01T10:06', 'to come', 0],
      ['01T10:07', 'to come', 0],
      ['01T10:08', 'to come', -1],
      ['02T00:00', 'to come', 0],
      ['02T00:01', 'to come', 0],
      ['02T00:02', 'to come', -1],
    ]);
    await removeSchedule(ctx, id);
    for (const table of ['schedules', 'schedule_specs', 'receipts', 'alerts'])
      expect(await query(`select 1 from schedule.${table}`)).toEqual([]);
  });
});
