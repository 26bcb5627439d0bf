// Jobs that a settlement makes due begin in free slots of the same worker, without a way through the queue.
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { eachDatabase } from '../../test/db.ts';
import { waitFor } from '../../test/wait-for.ts';
import type { Database } from '../platform/db/database.ts';
import { newId } from '../platform/ids.ts';
import { createLog } from '../platform/log.ts';
import { defineJob } from './define-job.ts';
import { fetchJobs, insertBegun } from './open-boss.ts';
import { type OpenQueue, openQueue } from './open-queue.ts';
import type { SettlementGroup } from './settlement.ts';

const payload = z.object({ key: z.string() });
type Key = z.infer<typeof payload>;

eachDatabase((open) => {
  const closers: Array<() => Promise<void>> = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  /** A job of each key of `follow` makes others due; `onWay` tells of each whether the queue handed it out. */
  async function start(follow: (key: string) => readonly string[], { slots = 8, inline = true } = {}) {
    const database = await open();
    const onWay = new Map<string, boolean>();
    const job = defineJob({
      name: 'test.follow',
      queue: 'quick',
      permission: 'signed-in',
      payload,
      run: async (_ctx: Database, { id, payload: { key } }) => {
        const { rows } = await database.query<{ fetched: boolean }>(
          'select started_on > created_on as fetched from pgboss.job where id = $1',
          [id],
        );
        onWay.set(key, rows[0]?.fetched ?? false);
        return { group: following, item: { key } };
      },
    });
    const following: SettlementGroup = {
      name: 'following',
      lock: async () => undefined,
      commit: async (tx, items) => {
        const keys = (items as readonly Key[]).map(({ key }) => key);
        for (const key of keys) if (key === 'bad') tx.query('select 1 / 0').catch(() => undefined); // The transaction fails by it.
        return keys.flatMap(follow).map((key) => ({ name: 'test.follow', payload: { key } }));
      },
    };
    const queue: OpenQueue<Database> = await openQueue(database, createLog('silent'), [job]);
    closers.push(() => queue.close());
    await queue.startWorker({ slots: { quick: slots, agents: 1 }, makeCtx: () => database, inline });
    const enqueue = (key: string) =>
      database.transaction((tx) => queue.enqueue(tx, [{ name: 'test.follow', payload: { key } }]));
    return { database, queue, onWay, enqueue, following };
  }

  const threeAfterFirst = (key: string): string[] => {
    const [kind, round] = key.split(' ');
    return kind === 'first' ? ['a', 'b', 'c'].map((next) => `${next} ${round}`) : [];
  };

  /** How many of three jobs began at once, round by round, until so many did: the queue may be asked at that moment. */
  async function countUntil(wanted: number, { enqueue, onWay }: Awaited<ReturnType<typeof start>>): Promise<number[]> {
    const counts: number[] = [];
    for (let round = 0; round < 50 && counts.at(-1) !== wanted; round += 1) {
      const keys = ['first', 'a', 'b', 'c'].map((kind) => `${kind} ${round}`);
      await enqueue(`first ${round}`);
      await waitFor('all four', () => keys.every((key) => onWay.has(key)));
      expect(onWay.get(`first ${round}`)).toBe(true);
      counts.push(keys.filter((key) => onWay.get(key) === false).length);
    }
    return counts;
  }

  describe('what a settlement makes due', () => {
    it('begins at once where slots are free, and leaves nothing behind', async () => {
      const world = await start(threeAfterFirst);
      expect((await countUntil(3, world)).at(-1)).toBe(3);
      const { database } = world;
      await waitFor('an empty queue', async () => (await database.query('select 1 from pgboss.job')).rowCount === 0);
    });

    it('goes through the queue as far as there are no slots', async () => {
      // The job that makes them due has its own slot until it has ended.
      const counts = await countUntil(2, await start(threeAfterFirst, { slots: 3 }));
      expect([Math.max(...counts), counts.at(-1)]).toEqual([2, 2]);
    });

    it('goes through the queue where the worker was told so', async () => {
      const counts = await countUntil(0, await start(threeAfterFirst, { inline: false }));
      expect(counts).toEqual([0]);
    });

    it('leaves its slots to others when the settlement fails', async () => {
      const { queue, enqueue, following, onWay } = await start((key) => (key === 'bad' ? ['x', 'y'] : []), {
        slots: 2,
      });
      for (let time = 0; time < 3; time += 1)
        await expect(queue.mark({ group: following, item: { key: 'bad' } })).rejects.toThrow(/division by zero/);
      await enqueue('good');
      await waitFor('the good one', () => onWay.has('good'));
      expect([...onWay.keys()]).toEqual(['good']);
    });
  });

  it('a job that begins at once is left in the queue as one that was added and taken', async () => {
    const database = await open();
    const job = defineJob({
      name: 'test.row',
      queue: 'quick',
      permission: 'signed-in',
      payload,
      run: async () => undefined,
    });
    const queue = await openQueue(database, createLog('silent'), [job]);
    closers.push(() => queue.close());
    const [taken, begun] = [newId(), newId()];
    await database.transaction((tx) =>
      queue.enqueue(tx, [{ id: taken, name: 'test.row', payload: { key: 'k' }, priority: 3, requestId: 'r' }]),
    );
    await fetchJobs(database, 'quick', 1, null);
    const data = { job: 'test.row', payload: { key: 'k' }, requestId: 'r' };
    await database.transaction((tx) => insertBegun(tx, 'quick', [{ id: begun, data, priority: 3 }]));
    const { rows } = await database.query<{ id: string; row: Record<string, unknown>; kept: string; isReady: boolean }>(
      `select id, to_jsonb(j) - 'id' as row, (keep_until - start_after)::text as kept,
              start_after <= now() and created_on <= started_on and heartbeat_on = started_on as "isReady" from pgboss.job j`,
    );
    const facts = rows.map(({ id, row, kept, isReady }) => {
      const plain = Object.entries(row).map(([name, value]) => [name, isInstant(value) ? 'an instant' : value]);
      return [id, { ...Object.fromEntries(plain), kept, isReady }] as const;
    });
    const byId = new Map(facts);
    expect(byId.get(taken)).toMatchObject({ state: 'active', retry_count: 0, isReady: true, data });
    expect(byId.get(begun)).toEqual(byId.get(taken));
  });
});

const isInstant = (value: unknown): boolean => typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value);
