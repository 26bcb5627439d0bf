// How much of the queue is read for the jobs that are taken from it, however the tables came to be as they are.
import { describe, expect, it } from 'vitest';
import { eachDatabase } from '../../test/db.ts';
import type { Database, Tx } from '../platform/db/database.ts';
import { createLog } from '../platform/log.ts';
import { openBoss } from './open-boss.ts';

const add = (database: Pick<Database, 'query'>, count: number) =>
  database.query(
    `insert into pgboss.job (name, data, heartbeat_seconds, priority)
       select 'quick', '{}', 10, mod(n, 7) from generate_series(1, $1::int) as n`,
    [count],
  );

/** Rows of the queue that this transaction has read so far. */
async function countRead(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ read: number }>(
    "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int8 as read from pg_stat_xact_user_tables where schemaname = 'pgboss'",
  );
  return rows[0]?.read ?? 0;
}

eachDatabase((open) => {
  describe('taking a portion', () => {
    it('reads no more for all that waits and all that was taken before', async () => {
      const database = await open();
      const boss = await openBoss(database, createLog('silent'));
      try {
        // In one transaction, whose connection forgets its plans before each portion that is looked at.
        await database.transaction(async (tx) => {
          const read: number[] = [];
          const look = async () => {
            await tx.query('discard plans');
            const before = await countRead(tx);
            await tx.query('select * from job.take_quick(24, null)');
            read.push((await countRead(tx)) - before);
          };
          await add(tx, 1_000);
          await look();
          await add(tx, 20_000);
          await look();
          await tx.query(
            'select count(*) from (select job.take_quick(24, null) from generate_series(1, 300)) as taken',
          );
          await look();
          await tx.query('analyze pgboss.job');
          await look();
          await add(tx, 5_000);
          await look();
          const { rows } = await tx.query("select count(*) as taken from pgboss.job where state = 'active'");
          expect(rows).toEqual([{ taken: 24 * 305 }]);
          // With the plans that PostgreSQL makes by itself here: 24, 20976, 13752, 24, 24.
          expect(read).toEqual([24, 24, 24, 24, 24]);
        });
      } finally {
        await boss.stop({ graceful: false });
      }
    });

    it('takes the highest first, of one level the oldest, nothing that is not due, and no more than the level asked for', async () => {
      const database = await open();
      const boss = await openBoss(database, createLog('silent'));
      try {
        await database.query(
          `insert into pgboss.job (name, data, priority, start_after, created_on)
             select 'agents', to_jsonb(key), priority, now() + due * interval '1 hour', now() + made * interval '1 second'
               from (values ('low', 0, -1, -9), ('second', 5, -1, -3), ('first', 5, -1, -4), ('later', 9, 1, -9), ('middle', 3, 0, -1)) as j (key, priority, due, made)`,
        );
        const take = async (most: number, level: number | null) => {
          const { rows } = await database.query<{ data: string }>('select data from job.take_agents($1, $2)', [
            most,
            level,
          ]);
          return rows.map(({ data }) => data).toSorted();
        };
        expect(await take(1, null)).toEqual(['first']);
        expect(await take(1, 4)).toEqual(['middle']);
        expect(await take(9, null)).toEqual(['low', 'second']);
        expect(await take(9, null)).toEqual([]);
      } finally {
        await boss.stop({ graceful: false });
      }
    });
  });
});
