// What a job leaves when it failed for good: its dead letter is there if and only if what its feature makes of it is.
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod';
import { eachDatabase } from '../../test/db.ts';
import { waitFor } from '../../test/wait-for.ts';
import type { Database } from '../platform/db/database.ts';
import { newId } from '../platform/ids.ts';
import { createLog } from '../platform/log.ts';
import { type NewDeadLetter, selectDeadLetter, selectDeadLetters, type WholeDeadLetterRow } from './dead-letters.ts';
import { defineJob, type JobDefinition } from './define-job.ts';
import { openQueue } from './open-queue.ts';
import type { SettlementGroup } from './settlement.ts';

const payload = z.object({ key: z.string() });
const secret = 'hunter2hunter2';

/** Rows of a feature, which fences itself as nodes do. */
const rows: SettlementGroup = {
  name: 'rows',
  fencesItself: true,
  lock: async () => undefined,
  commit: async (tx, items) => {
    for (const item of items as readonly { key: string }[])
      await tx.query('insert into settled (key) values ($1)', [item.key]);
    return [];
  },
};

const throws = (more: Partial<Parameters<typeof defineJob<object, { key: string }>>[0]> = {}) =>
  defineJob<object, { key: string }>({
    name: 'test.throws',
    queue: 'quick',
    permission: 'signed-in',
    payload,
    run: async () => {
      throw new Error(`https://me:${secret}@example.org/ never works\0`);
    },
    ...more,
  });

eachDatabase((open) => {
  const closers: Array<() => Promise<void>> = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start(definitions: readonly JobDefinition<object>[], told: NewDeadLetter[] = []) {
    const database = await open();
    await database.exec('create table settled (key text not null)');
    const queue = await openQueue<object>(database, createLog('silent'), definitions, async (_tx, letters) => {
      told.push(...letters);
    });
    closers.push(() => queue.close());
    const id = newId();
    const add = (key = 'x') =>
      database.transaction((tx) =>
        queue.enqueue(tx, [{ id, name: 'test.throws', payload: { key }, requestId: 'r-1' }]),
      );
    const work = () => queue.startWorker({ slots: { quick: 2, agents: 2 }, makeCtx: () => ({}) });
    return { database, queue, id, add, work };
  }

  const lastAttempt = (database: Database) =>
    database.query("update pgboss.job set retry_count = 8, started_on = now() where name = 'quick'");
  async function firstLetter(database: Database): Promise<WholeDeadLetterRow> {
    const [letter] = await waitFor('a dead letter', async () => {
      const found = await selectDeadLetters(database, { job: null, state: null }, null, 10);
      return found.length > 0 && found;
    });
    const whole = await selectDeadLetter(database, letter?.id ?? '');
    if (whole === undefined) throw new Error('It is listed and cannot be read.');
    return whole;
  }
  const settledKeys = async (database: Database) =>
    (await database.query<{ key: string }>('select key from settled')).rows.map(({ key }) => key);

  it('is left when a job threw as often as it may, with what its feature settles, once', async () => {
    const told: NewDeadLetter[] = [];
    const job = throws({
      subject: ({ key }) => `things/${key}`,
      exhausted: async (_ctx, running) => ({ group: rows, item: running.payload }),
    });
    const { database, queue, id, add, work } = await start([job], told);
    await add();
    await lastAttempt(database);
    await work();
    const { queuedAt, failedAt, ...letter } = await firstLetter(database);
    await queue.drain(5000);
    expect(letter).toEqual({
      id: told[0]?.id,
      queue: 'quick',
      jobId: id,
      job: 'test.throws',
      payload: { key: 'x' },
      reason: 'https://[secret]@example.org/ never works\ufffd',
      attempts: 10,
      requestId: 'r-1',
      subject: 'things/x',
      state: 'dead',
      settledAt: null,
      settledBy: null,
    });
    expect(queuedAt?.getTime()).toBeLessThanOrEqual(failedAt.getTime());
    expect(await settledKeys(database)).toEqual(['x']);
    expect(told).toHaveLength(1);
    expect((await database.query("select 1 from pgboss.job where name = 'quick'")).rowCount).toBe(0);
  });

  it('is left by a job whose feature has nothing to say, and by one whose workers died too often', async () => {
    const { database, queue, add, work } = await start([throws()]);
    await add();
    await database.query("update pgboss.job set retry_limit = 0 where name = 'quick'");
    await work();
    const letter = await firstLetter(database);
    await queue.drain(5000);
    expect(letter).toMatchObject({
      queue: 'quick',
      reason: 'Its worker died too often.',
      attempts: 101,
      subject: null,
    });
    expect((await database.query("select 1 from pgboss.job where name = 'exhausted'")).rowCount).toBe(0);
  });

  it('is left alone at the very last when what its feature makes of it fails as well', async () => {
    const job = throws({
      exhausted: async () => {
        throw new Error('cannot be told');
      },
    });
    const { database, queue, add, work } = await start([job]);
    await add();
    // The queue hands on what failed for good; its own copy is at its last attempt.
    await database.query("update pgboss.job set retry_limit = 0, started_on = now() where name = 'quick'");
    await database.exec(
      `create function bump() returns trigger language plpgsql as $$
         begin if new.name = 'exhausted' then new.retry_count := 9; end if; return new; end $$;
       create trigger bump before insert on pgboss.job for each row execute function bump();`,
    );
    await work();
    expect(await firstLetter(database)).toMatchObject({ job: 'test.throws', payload: { key: 'x' } });
    await queue.drain(5000);
    expect(await settledKeys(database)).toEqual([]);
  });

  it('is not left by an attempt that somebody else took over', async () => {
    const reached = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const job = throws({
      run: async (_ctx, running) => {
        if (running.attempt > 9) {
          done.resolve();
          return { group: rows, item: { key: 'current' } };
        }
        reached.resolve();
        await go.promise;
        throw new Error('too late');
      },
      exhausted: async () => ({ group: rows, item: { key: 'stale' } }),
    });
    const { database, queue, add, work } = await start([job]);
    await add();
    await lastAttempt(database);
    await work();
    await reached.promise;
    // What the upkeep of the queue does with the job of a worker that is silent.
    await database.query(
      "update pgboss.job set state = 'retry', start_after = now() where state = 'active' and name = 'quick'",
    );
    await done.promise;
    go.resolve();
    await queue.drain(5000);
    expect(await selectDeadLetters(database, { job: null, state: null }, null, 10)).toEqual([]);
    expect(await settledKeys(database)).toEqual(['current']);
  });

  it('keeps no payload that is larger than any job needs', async () => {
    const { database, add, work } = await start([throws()]);
    await add('x'.repeat(70_000));
    await lastAttempt(database);
    await work();
    expect((await firstLetter(database)).payload).toBeNull();
  });
});
