// Health, settings, retention and the Home page, with the parts of other features given by hand as boot gives them.
import { fileURLToPath } from 'node:url';
import { AppError } from '@gathering/contract/errors';
import { describe, expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx, type TestCtx } from '../../../test/make-ctx.ts';
import { actorName } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { emitEvents, readEventsAfter } from '../events/index.ts';
import { checkReady, type HealthPorts, registerHealth } from './check-ready.ts';
import { readHome, registerHomeParts } from './read-home.ts';
import { readInstance } from './read-instance.ts';
import { changeSettings, readSettings, registerModelCheck } from './settings.ts';
import { registerSweep, sweepOldRows } from './sweep-old-rows.ts';

const migrationsFolder = fileURLToPath(new URL('../../../migrations', import.meta.url));
const offline = { provider: 'offline', model: 'offline-1' };
const eventsOf = async (database: Database) =>
  (await readEventsAfter(database, '0-0', 100)).events.map(({ event }) => event);

function health(ctx: TestCtx, more: Partial<HealthPorts> = {}): void {
  registerHealth({
    migrationsFolder,
    workerBeat: () => ctx.clock.now(),
    isDraining: () => false,
    startedAt: new Date('2026-11-01T09:00:00.000Z'),
    ...more,
  });
}

async function failuresOf(ctx: Parameters<typeof checkReady>[0]) {
  const { status, checks } = await checkReady(ctx);
  const names = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  expect(status).toBe(names.length === 0 ? 'ready' : 'not-ready');
  return names;
}

eachDatabase((open, _makePlace, kind) => {
  describe('readiness', () => {
    it('is given while the database answers, migrations are current, workers beat and nothing drains', async () => {
      const ctx = makeTestCtx(await open());
      health(ctx);
      const { status, checks } = await checkReady(ctx);
      expect([status, checks.map(({ name }) => name)]).toEqual([
        'ready',
        ['database', 'migrations', 'workers', 'draining'],
      ]);
    });

    it('is refused while workers have not begun or stopped looking for work, and while the process drains', async () => {
      const ctx = makeTestCtx(await open());
      health(ctx, { workerBeat: () => null });
      expect(await failuresOf(ctx)).toEqual(['workers']);
      const beat = ctx.clock.now();
      health(ctx, { workerBeat: () => beat, isDraining: () => true });
      expect(await failuresOf(ctx)).toEqual(['draining']);
      ctx.clock.advance(15_000);
      expect(await failuresOf(ctx)).toEqual(['workers', 'draining']);
    });

    it('is refused while migrations are missing, and gives nothing away', async () => {
      const ctx = makeTestCtx(await open({ empty: true }));
      health(ctx);
      expect(await failuresOf(ctx)).toEqual(['migrations']);
    });

    it('is refused when the database fails, without its words, and given again when it answers', async () => {
      const database = await open();
      let broken = true;
      const faulty: Database = {
        ...database,
        query: (text, values) =>
          broken ? Promise.reject(new Error('no route to db.internal:5432')) : database.query(text, values),
      };
      const ctx = makeTestCtx(faulty);
      health(ctx);
      expect(await failuresOf(ctx)).toEqual(['database', 'migrations']);
      expect(JSON.stringify(await checkReady(ctx))).not.toContain('internal');
      broken = false;
      expect(await failuresOf(ctx)).toEqual([]);
    });

    it('comes in time from a database that hangs, which many askers ask once', async () => {
      const database = await open();
      let queries = 0;
      const hanging: Database = {
        ...database,
        query: () => {
          queries += 1;
          return new Promise(() => undefined);
        },
      };
      const ctx = makeTestCtx(hanging);
      health(ctx);
      const all = await Promise.all([failuresOf(ctx), failuresOf(ctx), failuresOf(ctx)]);
      expect(all).toEqual([
        ['database', 'migrations'],
        ['database', 'migrations'],
        ['database', 'migrations'],
      ]);
      expect(queries).toBe(1);
    });
  });

  describe('settings', () => {
    it('have defaults that work without a key or a network', async () => {
      const ctx = makeTestCtx(await open());
      expect(await readSettings(ctx)).toEqual({
        defaultModel: offline,
        eventRetentionDays: 30,
        runRetentionDays: 90,
        selfRegistration: false,
      });
    });

    it('change what is given, audited and told once; the same again changes nothing', async () => {
      const database = await open();
      const ctx = makeTestCtx(database);
      registerModelCheck(async () => undefined);
      const body = { defaultModel: { provider: 'openai', model: 'gpt' }, eventRetentionDays: 31, runRetentionDays: 90 };
      const after = await changeSettings(ctx, { body });
      expect(after).toEqual({ ...body, selfRegistration: false });
      expect(await readSettings(ctx)).toEqual(after);
      await changeSettings(ctx, { body });
      const { rows } = await database.query('select action, actor, object, details from audit.entries');
      expect(rows).toEqual([
        {
          action: 'operations.change-settings',
          actor: actorName(ctx.actor),
          object: 'settings/all',
          details: {
            defaultModel: { from: offline, to: body.defaultModel },
            eventRetentionDays: { from: 30, to: 31 },
          },
        },
      ]);
      expect(await eventsOf(database)).toMatchObject([
        {
          type: 'operations.settings-changed',
          subject: 'settings/all',
          payload: { keys: ['defaultModel', 'eventRetentionDays'] },
        },
      ]);
    });

    it('refuse a model that nobody knows, and then change nothing', async () => {
      const ctx = makeTestCtx(await open());
      registerModelCheck(async () => {
        throw new AppError('providers.not-found');
      });
      const change = changeSettings(ctx, {
        body: { defaultModel: { provider: 'x', model: 'y' }, runRetentionDays: 5 },
      });
      await expect(change).rejects.toMatchObject({ code: 'providers.not-found' });
      expect((await readSettings(ctx)).runRetentionDays).toBe(90);
    });

    it('changed by many at once keep every change', async () => {
      const ctx = makeTestCtx(await open());
      registerModelCheck(async () => undefined);
      await Promise.all([
        changeSettings(ctx, { body: { defaultModel: { provider: 'x', model: 'y' } } }),
        changeSettings(ctx, { body: { eventRetentionDays: 5 } }),
        changeSettings(ctx, { body: { runRetentionDays: 6 } }),
        changeSettings(ctx, { body: { selfRegistration: true } }),
      ]);
      expect(await readSettings(ctx)).toEqual({
        defaultModel: { provider: 'x', model: 'y' },
        eventRetentionDays: 5,
        runRetentionDays: 6,
        selfRegistration: true,
      });
    });

    it('that this version does not understand give way to their defaults', async () => {
      const database = await open();
      await database.query(
        `insert into operation.settings values ('runRetentionDays', '"gold"', now(), 'x'), ('eventRetentionDays', '7', now(), 'x'), ('unknown', '1', now(), 'x')`,
      );
      expect(await readSettings({ database })).toMatchObject({ runRetentionDays: 90, eventRetentionDays: 7 });
    });
  });

  describe('retention', () => {
    it('removes events and what was registered by the days of the settings, and says what went', async () => {
      const database = await open();
      const ctx = makeTestCtx(database);
      await changeSettings(ctx, { body: { eventRetentionDays: 2, runRetentionDays: 3 } });
      const asked: Date[] = [];
      registerSweep({
        name: 'runs',
        days: ({ runRetentionDays }) => runRetentionDays,
        remove: async (_ctx, before) => {
          asked.push(before);
          return 4;
        },
      });
      ctx.clock.advance(86_400_000);
      await ctx.tx((tx) => emitEvents(ctx, tx, [{ type: 'agents.created', subject: 'agents/young' }]));
      ctx.clock.advance(86_400_001);
      expect(await sweepOldRows(ctx)).toEqual({ events: 1, runs: 4 });
      expect(asked).toEqual([new Date(ctx.clock.now().getTime() - 3 * 86_400_000)]);
      expect(await eventsOf(database)).toMatchObject([
        { subject: 'agents/young' },
        { type: 'operations.rows-removed', payload: { events: 1, runs: 4 } },
      ]);
    });

    it('goes on with the others when one sweep fails, and fails then', async () => {
      const ctx = makeTestCtx(await open());
      const done: string[] = [];
      const sweep = (name: string, remove: () => Promise<number>) => registerSweep({ name, days: () => 1, remove });
      sweep('runs', () => Promise.reject(new Error('locked')));
      sweep('others', async () => {
        done.push('others');
        return 0;
      });
      await expect(sweepOldRows(ctx)).rejects.toThrow('Old runs could not be removed.');
      expect(done).toEqual(['others']);
      sweep('runs', async () => 0);
    });
  });

  it('the instance tells its version, its database and since when it runs', async () => {
    const ctx = makeTestCtx(await open());
    health(ctx);
    expect(await readInstance(ctx)).toEqual({
      version: '1.2.3',
      database: kind,
      databaseBytes: expect.any(Number),
      dataDir: kind === 'embedded' ? ctx.config.dataDir : null,
      startedAt: '2026-11-01T09:00:00.000Z',
    });
    expect((await readInstance(ctx)).databaseBytes).toBeGreaterThan(1_000_000);
  });

  it('the Home page shows what the features tell, with the day beginning at midnight UTC', async () => {
    const ctx = makeTestCtx(await open());
    const run = { runId: 'r', pipelineName: 'p', status: 'running', startedAt: null, nodesDone: 1, nodesTotal: 2 };
    const task = { taskId: 't', title: 'g', agentName: 'a', status: 'running', progress: 5, turns: 1, startedAt: null };
    const usage = { modelCalls: 1, inputTokens: 2, outputTokens: 3, costUsd: 0.5 };
    let since: Date | undefined;
    registerHomeParts({
      runs: async () => ({ running: [run], failed: [] }),
      tasks: async () => [task],
      needsPerson: async () => [],
      usageToday: async () => usage,
      endedRuns: async (_ctx, from) => {
        since = from;
        return { completed: 7, failed: 8 };
      },
    });
    expect(await readHome(ctx)).toEqual({
      running: [run],
      tasks: [task],
      failed: [],
      needsPerson: [],
      today: { ...usage, runsCompleted: 7, runsFailed: 8 },
    });
    expect(since?.toISOString()).toBe('2026-11-01T00:00:00.000Z');
  });
});
