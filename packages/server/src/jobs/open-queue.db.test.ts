import { PgBoss } from 'pg-boss';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { eachDatabase } from '../../test/db.ts';
import { waitFor } from '../../test/wait-for.ts';
import type { Database, Tx } from '../platform/db/database.ts';
import { newId } from '../platform/ids.ts';
import { createLog } from '../platform/log.ts';
import { defineJob, type JobDefinition, type RunningJob } from './define-job.ts';
import { type OpenQueue, openQueue } from './open-queue.ts';
import { makeRanker, runPriority } from './priorities.ts';
import type { NewJob, SettlementGroup } from './settlement.ts';

interface TestCtx {
  readonly signal: AbortSignal;
}

const log = createLog('silent');
const payload = z.object({ key: z.string() });

/** Writes each settled item as a row, so that the database tells how often that happened. */
const rows: SettlementGroup = {
  name: 'rows',
  lock: async () => undefined,
  commit: async (tx, items) => {
    for (const item of items as readonly { key: string }[])
      await tx.query('insert into settled (key) values ($1)', [item.key]);
    return [];
  },
};

eachDatabase((open) => {
  const closers: Array<() => Promise<void>> = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start(
    definitions: readonly JobDefinition<TestCtx>[],
    { worker = true, slots = 8, database }: { worker?: boolean; slots?: number; database?: Database } = {},
  ) {
    const handle = database ?? (await open());
    await handle.exec('create table if not exists settled (key text not null)');
    const queue = await openQueue(handle, log, definitions);
    closers.push(() => queue.close());
    if (worker) await queue.startWorker({ slots: { quick: slots, agents: 4 }, makeCtx: (signal) => ({ signal }) });
    return { database: handle, queue };
  }

  const settledKeys = async (database: Database) =>
    (await database.query<{ key: string }>('select key from settled order by key')).rows.map((row) => row.key);
  const add = (
    database: Database,
    queue: OpenQueue<TestCtx>,
    name: string,
    keys: readonly string[],
    startAfter?: Date,
  ) =>
    database.transaction((tx: Tx) =>
      queue.enqueue(
        tx,
        keys.map((key) => ({ name, payload: { key }, startAfter })),
      ),
    );

  /** A job that counts its runs and settles one row; resolves `all` when `total` have run. */
  function counting(total: number, onRun?: (ctx: TestCtx, job: RunningJob<{ key: string }>) => Promise<void>) {
    const all = Promise.withResolvers<void>();
    const runs: string[] = [];
    const job = defineJob({
      name: 'test.count',
      queue: 'quick',
      permission: 'signed-in',
      payload,
      run: async (ctx: TestCtx, running) => {
        await onRun?.(ctx, running);
        runs.push(running.payload.key);
        if (runs.length === total) all.resolve();
        return { group: rows, item: running.payload };
      },
    });
    return { job, runs, all: all.promise };
  }

  describe('the queue', () => {
    it('runs and settles every job once, many in one transaction', async () => {
      const keys = Array.from({ length: 300 }, (_, index) => `k${String(index).padStart(3, '0')}`);
      const { job, all } = counting(keys.length);
      const { database, queue } = await start([job]);
      await add(database, queue, 'test.count', keys);
      await all;
      await queue.drain(5000);
      expect(await settledKeys(database)).toEqual(keys);
    });

    it('keeps queued work however long nobody works on it, on queues of earlier versions too', async () => {
      const { job, all } = counting(1);
      const { database, queue } = await start([job], { worker: false });
      await database.query('update pgboss.queue set retention_seconds = 1209600');
      await queue.close();
      const reopened = await start([job], { worker: false, database });
      await add(database, reopened.queue, 'test.count', ['x']);
      // Everything stood still for a year.
      await database.query(
        "update pgboss.job set start_after = start_after - interval '1 year', keep_until = keep_until - interval '1 year'",
      );
      const boss = new PgBoss({
        db: { executeSql: (text, values) => database.query(text, values) },
        schema: 'pgboss',
        supervise: false,
        schedule: false,
        migrate: false,
      });
      await boss.start();
      await boss.supervise('quick');
      await boss.stop({ graceful: false });
      expect((await database.query('select from pgboss.job')).rowCount).toBe(1);
      await reopened.queue.startWorker({ slots: { quick: 1, agents: 1 }, makeCtx: (signal) => ({ signal }) });
      await all;
    });

    it('takes one job before the rest of a crowd that came first, with a single slot', async () => {
      const { job, runs, all } = counting(301);
      const { database, queue } = await start([job], { worker: false });
      const rank = makeRanker();
      const crowd = Array.from({ length: 300 }, (_, at) => ({
        name: 'test.count',
        payload: { key: `crowd ${at}` },
        priority: rank('crowd', runPriority.normal),
      }));
      await database.transaction((tx) => queue.enqueue(tx, crowd));
      await add(database, queue, 'test.count', ['alone']);
      await queue.startWorker({ slots: { quick: 1, agents: 1 }, makeCtx: (signal) => ({ signal }) });
      await all;
      expect(runs.indexOf('alone')).toBeLessThan(16);
    });

    it('comes to what has the lowest priority although higher work never ends', async () => {
      const lows = Array.from({ length: 10 }, (_, at) => `low ${at}`);
      const { job, all } = counting(lows.length);
      let isOver = false;
      const again = defineJob({
        name: 'test.again',
        queue: 'quick',
        permission: 'signed-in',
        payload,
        run: async (_ctx: TestCtx, { payload: { key } }) => {
          // Each leaves two, so that there is always more of it than slots.
          if (!isOver) await addHigh([key, key]);
        },
      });
      const { database, queue } = await start([job, again], { worker: false });
      const addHigh = (keys: readonly string[]) =>
        database.transaction((tx) =>
          queue.enqueue(
            tx,
            keys.map((key) => ({ name: 'test.again', payload: { key }, priority: runPriority.high })),
          ),
        );
      await database.transaction((tx) =>
        queue.enqueue(
          tx,
          lows.map((key) => ({ name: 'test.count', payload: { key }, priority: runPriority.low - 7 })),
        ),
      );
      await addHigh(['a', 'b', 'c', 'd']);
      await queue.startWorker({ slots: { quick: 1, agents: 1 }, makeCtx: (signal) => ({ signal }) });
      await all;
      isOver = true;
      await queue.drain(5000);
      expect(await settledKeys(database)).toEqual(lows);
    });

    it('takes back what nobody has begun with, and leaves alone what runs', async () => {
      const held = Promise.withResolvers<void>();
      const { job, runs, all } = counting(1, () => held.promise);
      const { database, queue } = await start([job], { slots: 1 });
      const ids = [newId(), newId()];
      await database.transaction((tx) =>
        queue.enqueue(
          tx,
          ids.map((id, at) => ({ name: 'test.count', id, payload: { key: `job ${at}` }, priority: -at })),
        ),
      );
      const isActive = async () =>
        (await database.query(`select 1 from pgboss.job where id = $1 and state = 'active'`, [ids[0]])).rowCount === 1;
      await waitFor('the first to run', isActive);
      expect(await database.transaction((tx) => queue.takeBack(tx, 'test.count', ids))).toEqual([ids[1]]);
      held.resolve();
      await all;
      await queue.drain(5000);
      expect([runs, await settledKeys(database)]).toEqual([['job 0'], ['job 0']]);
    });

    it('keeps a job that is added in a transaction that rolls back from existing', async () => {
      const { job, runs, all } = counting(1);
      const { database, queue } = await start([job]);
      await expect(
        database.transaction(async (tx) => {
          await queue.enqueue(tx, [{ name: 'test.count', payload: { key: 'never' } }]);
          throw new Error('changed my mind');
        }),
      ).rejects.toThrow('changed my mind');
      await add(database, queue, 'test.count', ['after']);
      await all;
      expect(runs).toEqual(['after']);
    });

    it('tries a job again after it threw, and settles it once', async () => {
      const { job, all } = counting(1, async (_ctx, running) => {
        if (running.attempt === 0) throw new Error('first attempt fails');
      });
      const { database, queue } = await start([job]);
      await add(database, queue, 'test.count', ['again']);
      await all;
      await queue.drain(5000);
      expect(await settledKeys(database)).toEqual(['again']);
    });

    it('settles the others of a batch when one cannot be committed', async () => {
      const picky: SettlementGroup = {
        ...rows,
        commit: async (tx, items) => {
          if ((items as { key: string }[]).some((item) => item.key === 'poison'))
            throw new Error('this one cannot be committed');
          return rows.commit(tx, items);
        },
      };
      const failed = Promise.withResolvers<string>();
      const job = defineJob({
        name: 'test.picky',
        queue: 'quick',
        permission: 'signed-in',
        payload,
        run: async (_ctx: TestCtx, running) => {
          if (running.attempt > 0) failed.resolve(running.payload.key);
          return { group: picky, item: running.payload };
        },
      });
      const { database, queue } = await start([job]);
      await add(database, queue, 'test.picky', ['a', 'b', 'poison', 'c']);
      expect(await failed.promise).toBe('poison');
      expect(await settledKeys(database)).toEqual(['a', 'b', 'c']);
    });

    it('drops the result of an attempt that somebody else took over', async () => {
      const reached = Promise.withResolvers<void>();
      const go = Promise.withResolvers<void>();
      const done = Promise.withResolvers<void>();
      let runs = 0;
      const job = defineJob({
        name: 'test.slow',
        queue: 'quick',
        permission: 'signed-in',
        payload,
        run: async (_ctx: TestCtx, running) => {
          runs += 1;
          if (running.attempt === 0) {
            reached.resolve();
            await go.promise;
            return { group: rows, item: { key: 'stale' } };
          }
          done.resolve();
          return { group: rows, item: { key: 'current' } };
        },
      });
      const { database, queue } = await start([job]);
      await add(database, queue, 'test.slow', ['x']);
      await reached.promise;
      // What the upkeep of the queue does with the job of a worker that is silent.
      await database.query(
        "update pgboss.job set state = 'retry', start_after = now() where state = 'active' and name = 'quick'",
      );
      await done.promise;
      go.resolve();
      await queue.drain(5000);
      expect(runs).toBe(2);
      expect(await settledKeys(database)).toEqual(['current']);
    });

    it('aborts a running handler when its job is cancelled, and never settles it', async () => {
      const reached = Promise.withResolvers<void>();
      const aborted = Promise.withResolvers<unknown>();
      const job = defineJob({
        name: 'test.hang',
        queue: 'agents',
        permission: 'signed-in',
        payload,
        run: (ctx: TestCtx) =>
          new Promise<undefined>((resolve) => {
            ctx.signal.addEventListener('abort', () => {
              aborted.resolve(ctx.signal.reason);
              resolve(undefined);
            });
            reached.resolve();
          }),
      });
      const { database, queue } = await start([job]);
      const id = newId();
      await database.transaction((tx) => queue.enqueue(tx, [{ name: 'test.hang', id, payload: { key: 'x' } }]));
      await reached.promise;
      await database.transaction((tx) => queue.cancel(tx, 'test.hang', [id]));
      expect(await aborted.promise).toBe('cancelled');
    });

    it('a job goes on with what it leaves to itself, in its slot, each step settled by itself', async () => {
      const attempts: string[] = [];
      const steps: SettlementGroup = {
        name: 'steps',
        fencesItself: true,
        lock: async () => undefined,
        commit: async (tx, items) => {
          const jobs: NewJob[] = [];
          for (const { id, key } of items as readonly { id: string; key: string }[]) {
            await tx.query('insert into settled (key) values ($1)', [key]);
            if (key < '3') jobs.push({ id, name: 'test.step', payload: { key: String(Number(key) + 1) } });
          }
          return jobs;
        },
      };
      const over = Promise.withResolvers<void>();
      const job = defineJob({
        name: 'test.step',
        queue: 'quick',
        permission: 'signed-in',
        payload,
        run: async (_ctx: TestCtx, { id, payload: { key }, attempt, mayGoOn }) => {
          attempts.push(`${id} ${attempt} ${mayGoOn?.()}`);
          if (key === '3') over.resolve();
          return { group: steps, item: { id, key } };
        },
      });
      const { database, queue } = await start([job]);
      await add(database, queue, 'test.step', ['1']);
      await over.promise;
      await queue.drain(5000);
      expect(await settledKeys(database)).toEqual(['1', '2', '3']);
      expect(attempts).toHaveLength(3);
      expect(new Set(attempts).size).toBe(1);
      expect(attempts[0]).toMatch(/ 0 true$/);
      const left = await database.query("select 1 from pgboss.job where name = 'quick'");
      expect(left.rowCount).toBe(0);
    });

    it('runs a job at its instant, not before', async () => {
      const { job, all } = counting(1);
      const { database, queue } = await start([job]);
      const due = new Date(Date.now() + 300);
      await add(database, queue, 'test.count', ['later'], due);
      await all;
      expect(Date.now()).toBeGreaterThanOrEqual(due.getTime());
    });

    it('hands a job back at a drain, and another process takes it up', async () => {
      const reached = Promise.withResolvers<void>();
      const slow = defineJob({
        name: 'test.count',
        queue: 'quick',
        permission: 'signed-in',
        payload,
        run: (ctx: TestCtx) =>
          new Promise<undefined>((_resolve, reject) => {
            ctx.signal.addEventListener('abort', () => reject(new Error('aborted')));
            reached.resolve();
          }),
      });
      const first = await start([slow]);
      await add(first.database, first.queue, 'test.count', ['handed on']);
      await reached.promise;
      await first.queue.drain(10);
      await first.queue.close();
      closers.pop();
      const { job, all } = counting(1);
      const second = await start([job], { database: first.database });
      await all;
      await second.queue.drain(5000);
      expect(await settledKeys(first.database)).toEqual(['handed on']);
    });

    it('tells the feature when a handler threw as often as allowed, with its words, and settles what it leaves', async () => {
      const told = Promise.withResolvers<string>();
      const job = defineJob({
        name: 'test.throws',
        queue: 'quick',
        permission: 'signed-in',
        payload,
        run: async () => {
          throw new Error('never works');
        },
        exhausted: async (_ctx: TestCtx, running, error) => {
          told.resolve(error);
          return { group: rows, item: running.payload };
        },
      });
      const { database, queue } = await start([job], { worker: false });
      await add(database, queue, 'test.throws', ['x']);
      // As after nine attempts; the pauses between them would only cost time.
      await database.query("update pgboss.job set retry_count = 8, started_on = now() where name = 'quick'");
      await queue.startWorker({ slots: { quick: 2, agents: 2 }, makeCtx: (signal) => ({ signal }) });
      expect(await told.promise).toBe('never works');
      await queue.drain(5000);
      expect(await settledKeys(database)).toEqual(['x']);
    });

    it('tells the feature when the workers of a job died as often as allowed', async () => {
      const told = Promise.withResolvers<string>();
      const job = defineJob({
        name: 'test.doomed',
        queue: 'quick',
        permission: 'signed-in',
        payload,
        run: async () => {
          throw new Error('never works');
        },
        exhausted: async (_ctx: TestCtx, running) => told.resolve(running.payload.key),
      });
      const { database, queue } = await start([job], { worker: false });
      await add(database, queue, 'test.doomed', ['x']);
      await database.query("update pgboss.job set retry_limit = 0 where name = 'quick'");
      await queue.startWorker({ slots: { quick: 2, agents: 2 }, makeCtx: (signal) => ({ signal }) });
      expect(await told.promise).toBe('x');
    });
  });
});
