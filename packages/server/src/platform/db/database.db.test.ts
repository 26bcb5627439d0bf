import { describe, expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import type { Database, Tx } from './handles.ts';
import { assertOutsideTransaction, insideTransaction } from './transaction-guard.ts';

type Counter = { counter: { name: string; value: number } };

async function makeCounter(database: Database): Promise<void> {
  await database.exec(
    "create table counter (name text primary key, value int not null); insert into counter values ('a', 0)",
  );
}

async function readCounter(database: Database): Promise<number | undefined> {
  const { rows } = await database.query<{ value: number }>("select value from counter where name = 'a'");
  return rows[0]?.value;
}

eachDatabase((open) => {
  describe('values', () => {
    it('are the same JavaScript values on both', async () => {
      const database = await open();
      const { rows, rowCount } = await database.query(`select
        1::int2 as int2, 2::int4 as int4, 9007199254740991::int8 as int8, count(*) as count, 1.10::numeric as numeric,
        1.5::float8 as float8, true as bool, 'ä'::text as text, null::text as nothing,
        '0198c0de-0000-7000-8000-000000000000'::uuid as uuid,
        '2026-03-29 01:30:00.123456+02'::timestamptz as at, '2026-03-29 01:30:00'::timestamp as local, '2026-03-29'::date as day,
        '{"a":[1,null,"x"]}'::jsonb as document, '[1]'::json as list, '\\x00ff'::bytea as bytes,
        array['a','b"c',null]::text[] as texts, array[1,2]::int8[] as bigs, array[]::text[] as none, array[1.10]::numeric[] as exact`);
      expect(rowCount).toBe(1);
      expect(rows).toEqual([
        {
          int2: 1,
          int4: 2,
          int8: 9007199254740991,
          count: 1,
          numeric: '1.10',
          float8: 1.5,
          bool: true,
          text: 'ä',
          nothing: null,
          uuid: '0198c0de-0000-7000-8000-000000000000',
          at: new Date('2026-03-28T23:30:00.123Z'),
          local: new Date('2026-03-29T01:30:00Z'),
          day: '2026-03-29',
          document: { a: [1, null, 'x'] },
          list: [1],
          bytes: Buffer.from([0, 255]),
          texts: ['a', 'b"c', null],
          bigs: [1, 2],
          none: [],
          exact: ['1.10'],
        },
      ]);
    });

    it('go in and come back unchanged', async () => {
      const database = await open();
      const at = new Date('2026-11-01T00:00:00.001Z');
      const values = [
        at,
        { a: ['x'] },
        JSON.stringify([1]),
        ['p', 'q,"r"', 'null', '', ' ', '\\', '{}', null],
        Buffer.from('b'),
        'it’s',
        undefined,
        7,
        true,
      ];
      const { rows } = await database.query(
        'select $1::timestamptz at, $2::jsonb object, $3::jsonb list, $4::text[] texts, $5::bytea bytes, $6::text word, $7::text nothing, $8::int number, $9::bool yes',
        values,
      );
      expect(rows).toEqual([
        {
          at,
          object: { a: ['x'] },
          list: [1],
          texts: ['p', 'q,"r"', 'null', '', ' ', '\\', '{}', null],
          bytes: Buffer.from('b'),
          word: 'it’s',
          nothing: null,
          number: 7,
          yes: true,
        },
      ]);
    });

    it('refuse a bigint that a number cannot hold, rather than round it', async () => {
      const database = await open();
      await expect(database.query('select 9007199254740993::int8')).rejects.toThrow(/select it as text/);
      expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    it('are computed in UTC', async () => {
      const database = await open();
      const { rows } = await database.query(
        "select date_trunc('day', '2026-03-29T23:30:00-05:00'::timestamptz)::text as day",
      );
      expect(rows).toEqual([{ day: '2026-03-30 00:00:00+00' }]);
    });
  });

  describe('an error of a statement', () => {
    it.each<[string, string, unknown[], string]>([
      ['syntax', 'selec $1', [1], '42601'],
      ['a value', 'select 1 / $1::int', [0], '22012'],
      ['a missing value', 'select $1::int, $2::int', [1], '08P01'],
      ['a constraint checked at the commit', 'insert into child values ($1) returning id', [1], '23503'],
    ])('in %s keeps its code, and the next statement is answered', async (_what, text, values, code) => {
      const database = await open();
      await database.exec(
        'create table parent (id int primary key); create table child (id int references parent deferrable initially deferred)',
      );
      await expect(database.query(text, values)).rejects.toMatchObject({ code });
      expect((await database.query('select count(*), $1::text as word from child', ['x'])).rows).toEqual([
        { count: 0, word: 'x' },
      ]);
    });
  });

  describe('a transaction', () => {
    it('commits what it did and answers what it returned', async () => {
      const database = await open();
      await makeCounter(database);
      const answer = await database.transaction(async (tx) => {
        await tx.query('update counter set value = 1');
        return 'done';
      });
      expect(answer).toBe('done');
      expect(await readCounter(database)).toBe(1);
    });

    it('is rolled back when its code throws', async () => {
      const database = await open();
      await makeCounter(database);
      const failing = database.transaction(async (tx) => {
        await tx.query('update counter set value = 1');
        throw new Error('Changed my mind.');
      });
      await expect(failing).rejects.toThrow('Changed my mind.');
      expect(await readCounter(database)).toBe(0);
    });

    it('sends statements in order without awaiting each', async () => {
      const database = await open();
      await makeCounter(database);
      const seen = await database.transaction(async (tx) => {
        const answers = Array.from({ length: 20 }, () =>
          tx.query<{ value: number }>('update counter set value = value + 1 returning value'),
        );
        return (await Promise.all(answers)).map(({ rows }) => rows[0]?.value);
      });
      expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    it('fails by a statement that nobody awaited, with the error of that statement', async () => {
      const database = await open();
      await makeCounter(database);
      const failing = database.transaction(async (tx) => {
        void tx.query('update counter set value = 1');
        void tx.query("insert into counter values ('a', 2)");
        await tx.query('select 1');
      });
      await expect(failing).rejects.toMatchObject({ code: '23505' });
      const silent = database.transaction(async (tx) => {
        void tx.query('update counter set value = 1');
        void tx.query("insert into counter values ('a', 2)");
      });
      await expect(silent).rejects.toMatchObject({ code: '23505' });
      expect(await readCounter(database)).toBe(0);
    });

    it('fails by a value that could not even be sent', async () => {
      const database = await open();
      await makeCounter(database);
      const circular: Record<string, unknown> = {};
      circular.itself = circular;
      const failing = database.transaction(async (tx) => {
        void tx.query('update counter set value = 1');
        void tx.query('select $1::jsonb', [circular]);
      });
      await expect(failing).rejects.toThrow(/circular/);
      expect(await readCounter(database)).toBe(0);
    });

    it('may go on after an error that a savepoint caught', async () => {
      const database = await open();
      await makeCounter(database);
      await database.transaction(async (tx) => {
        await tx.query('savepoint before');
        await expect(tx.query("insert into counter values ('a', 2)")).rejects.toMatchObject({ code: '23505' });
        await tx.query('rollback to savepoint before');
        await tx.query('update counter set value = 5');
      });
      expect(await readCounter(database)).toBe(5);
    });

    it('runs again after a serialization failure, and gives up after five times', async () => {
      const database = await open();
      const fail = "do $$ begin raise exception 'conflict' using errcode = '40001'; end $$";
      let runs = 0;
      const answer = await database.transaction(async (tx) => {
        runs++;
        if (runs < 3) await tx.query(fail);
        return runs;
      });
      expect(answer).toBe(3);
      runs = 0;
      const failing = database.transaction(async (tx) => {
        runs++;
        await tx.query(fail);
      });
      await expect(failing).rejects.toMatchObject({ code: '40001' });
      expect(runs).toBe(5);
    });

    it('loses nothing when 200 of them run at once, and serves them in the order of asking', async () => {
      const database = await open();
      await makeCounter(database);
      const order: number[] = [];
      await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          database.transaction(async (tx) => {
            const { rows } = await tx.query<{ value: number }>("select value from counter where name = 'a' for update");
            await tx.query('update counter set value = $1', [(rows[0]?.value ?? 0) + 1]);
            order.push(index);
          }),
        ),
      );
      expect(await readCounter(database)).toBe(200);
      if (database.kind === 'embedded') expect(order).toEqual(order.toSorted((a, b) => a - b));
    });

    it('runs what follows its commit after the commit only, outside, and survives its failure', async () => {
      const database = await open();
      await makeCounter(database);
      const events: string[] = [];
      await database.transaction(async (tx) => {
        tx.afterCommit(() => {
          throw new Error('A listener failed.');
        });
        tx.afterCommit(() => events.push(insideTransaction() ? 'inside' : 'outside'));
        tx.afterFailure(() => events.push('never'));
        events.push('body');
      });
      const fail = (tx: Tx) => {
        tx.afterCommit(() => events.push('never'));
        tx.afterFailure(() => events.push(insideTransaction() ? 'inside' : 'failed'));
      };
      const failing = database.transaction(async (tx) => {
        fail(tx);
        throw new Error('No.');
      });
      await expect(failing).rejects.toThrow('No.');
      const refused = database.transaction(async (tx) => {
        fail(tx);
        await tx.query('select 1 / 0');
      });
      await expect(refused).rejects.toThrow(/division by zero/);
      expect(events).toEqual(['body', 'outside', 'failed', 'failed']);
    });

    it('cannot be used when it is over', async () => {
      const database = await open();
      const tx = await database.transaction(async (handle) => handle);
      await expect(tx.query('select 1')).rejects.toThrow(/has ended/);
    });
  });

  describe('inside a transaction', () => {
    it.each<[string, (database: Database) => Promise<unknown>]>([
      ['a query', (database) => database.query('select 1')],
      ['a script', (database) => database.exec('select 1')],
      ['a second transaction', (database) => database.transaction(async () => 'never')],
      ['Kysely', (database) => database.kysely.selectNoFrom(({ val }) => val(1).as('one')).execute()],
      ['a notification', (database) => database.notify('news', 'x')],
      ['LISTEN', (database) => database.listen('news', String)],
      ['a model call', async () => assertOutsideTransaction('A model call')],
    ])('%s on the outer handle is refused at once, and the database goes on', async (_what, use) => {
      const database = await open();
      await expect(database.transaction(() => use(database))).rejects.toThrow(/inside a transaction/);
      expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    it('what was started there and outlives it is outside again', async () => {
      const database = await open();
      const ended = Promise.withResolvers<void>();
      let later: Promise<unknown> | undefined;
      await database.transaction(async () => {
        later = ended.promise.then(() => database.query('select 1'));
      });
      ended.resolve();
      await expect(later).resolves.toMatchObject({ rowCount: 1 });
    });
  });

  describe('Kysely', () => {
    it('runs on the outer handle and inside a transaction', async () => {
      const database = await open();
      await makeCounter(database);
      const failing = database.transaction(async (tx) => {
        const update = tx.kysely
          .$extendTables<Counter>()
          .updateTable('counter')
          .set({ value: 3 })
          .where('name', '=', 'a');
        expect((await update.executeTakeFirstOrThrow()).numUpdatedRows).toBe(1n);
        throw new Error('Back.');
      });
      await expect(failing).rejects.toThrow('Back.');
      const rows = await database.kysely.$extendTables<Counter>().selectFrom('counter').selectAll().execute();
      expect(rows).toEqual([{ name: 'a', value: 0 }]);
    });

    it('opens no transaction of its own', async () => {
      const database = await open();
      await expect(database.kysely.transaction().execute(async () => 'never')).rejects.toThrow(/database.transaction/);
    });
  });

  describe('a script', () => {
    it('answers the rows of every statement', async () => {
      const database = await open();
      await makeCounter(database);
      const { rows, rowCount } = await database.query('begin; update counter set value = 2 returning value; commit');
      expect({ rows, rowCount }).toEqual({ rows: [{ value: 2 }], rowCount: 1 });
    });

    it('that fails in its transaction, or forgets to end it, leaves nothing open', async () => {
      const database = await open();
      await makeCounter(database);
      await expect(database.exec('begin; update counter set value = 2; select 1/0; commit')).rejects.toMatchObject({
        code: '22012',
      });
      await expect(database.exec('begin; update counter set value = 2')).rejects.toThrow(/left its transaction open/);
      expect(await readCounter(database)).toBe(0);
    });
  });

  describe('notifications', () => {
    it('reach whoever listens, at the commit, outside of the transaction that sent them, until they stop', async () => {
      const database = await open();
      const heard: string[] = [];
      const arrived = Promise.withResolvers<void>();
      const stop = await database.listen('News', (payload) => {
        heard.push(`${payload} ${insideTransaction() ? 'inside' : 'outside'}`);
        if (payload === 'last') arrived.resolve();
      });
      await database.transaction(async (tx) => {
        await tx.query("select pg_notify('News', 'committed')");
      });
      const failing = database.transaction(async (tx) => {
        await tx.query("select pg_notify('News', 'rolled back')");
        throw new Error('No.');
      });
      await expect(failing).rejects.toThrow('No.');
      await database.notify('other', 'nobody');
      await database.notify('News', 'last');
      await arrived.promise;
      await stop();
      await database.notify('News', 'too late');
      expect(heard).toEqual(['committed outside', 'last outside']);
    });
  });

  describe('statements that are sent again and again', () => {
    it('go on after the columns that they answer were changed, inside and outside of a transaction', async () => {
      const database = await open();
      await makeCounter(database);
      const outside = () => database.query('select * from counter where name = $1', ['a']);
      const inside = () => database.transaction((tx) => tx.query('select * from counter where value = $1', [0]));
      for (let use = 0; use < 10; use += 1) {
        expect((await outside()).rows).toEqual([{ name: 'a', value: 0 }]);
        expect((await inside()).rows).toEqual([{ name: 'a', value: 0 }]);
      }
      const named = await database.query(
        "select count(*) as count from pg_prepared_statements where statement like '%from counter%'",
      );
      expect(named.rows[0]?.count).toBeGreaterThan(0);
      await database.exec("alter table counter add column unit text not null default 'cm'");
      for (let use = 0; use < 3; use += 1) {
        expect((await outside()).rows).toEqual([{ name: 'a', value: 0, unit: 'cm' }]);
        expect((await inside()).rows).toEqual([{ name: 'a', value: 0, unit: 'cm' }]);
      }
    });

    it('are kept without values too, where they are one statement, and scripts stay scripts', async () => {
      const database = await open();
      await makeCounter(database);
      for (let use = 0; use < 10; use += 1) {
        expect((await database.query('select value from counter')).rows).toEqual([{ value: 0 }]);
        const script = await database.query('select value from counter; select 1 as one');
        expect(script.rows).toEqual([{ value: 0 }, { one: 1 }]);
      }
      const { rows } = await database.query(
        "select statement from pg_prepared_statements where statement like 'select value from counter%'",
      );
      expect(rows).toEqual([{ statement: 'select value from counter' }]);
    });
  });
});
