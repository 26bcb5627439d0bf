import { describe, expect, inject, it } from 'vitest';
import { eachDatabase, openPlace } from '../../../test/db.ts';
import { createLog } from '../log.ts';
import { DatabaseUnavailable, openDatabase } from './database.ts';
import { openServer } from './open-server.ts';
import { runOutsideTransaction } from './transaction-guard.ts';

const silent = { embeddedFsync: false, log: createLog('silent'), dataDir: '.' };

const backends = (name: string) =>
  `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = '${name}' and pid <> pg_backend_pid()`;

eachDatabase((_open, makePlace, kind) => {
  it('that was closed is unavailable', async () => {
    const database = await openPlace(await makePlace());
    await database.close();
    await expect(database.query('select 1')).rejects.toBeInstanceOf(DatabaseUnavailable);
    await expect(database.transaction(async () => 'never')).rejects.toBeInstanceOf(DatabaseUnavailable);
  });

  if (kind === 'embedded') return;

  describe('a connection to the server', () => {
    it('that breaks under a statement is told as unavailable, and the next statement gets another', async () => {
      const place = await makePlace();
      await using resources = new AsyncDisposableStack();
      const database = await openPlace(place);
      resources.defer(() => database.close());
      const error = await database.query('select pg_terminate_backend(pg_backend_pid())').catch((e: unknown) => e);
      expect(error).toBeInstanceOf(DatabaseUnavailable);
      expect(error).toMatchObject({ code: 'database.unavailable', mayHaveCommitted: false });
      expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    it('that breaks inside a transaction fails it', async () => {
      const place = await makePlace();
      await using resources = new AsyncDisposableStack();
      const database = await openPlace(place);
      resources.defer(() => database.close());
      const failing = database.transaction(async (tx) => {
        await tx.query('select pg_terminate_backend(pg_backend_pid())');
      });
      await expect(failing).rejects.toBeInstanceOf(DatabaseUnavailable);
      expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    it('that stands still inside a transaction loses it and its locks, so that others go on', async () => {
      const { databaseUrl: url = '' } = await makePlace();
      await using resources = new AsyncDisposableStack();
      const options = { url, directUrl: url, poolSize: 2, log: createLog('silent') };
      const [frozen, other] = [await openServer({ ...options, idleInTransactionMs: 50 }), await openServer(options)];
      for (const one of [frozen, other]) resources.defer(() => one.close());
      await other.exec('create table held (value integer); insert into held values (0)');
      const failing = frozen.transaction(async (tx) => {
        await tx.query('update held set value = 1');
        // Waits for the lock of the transaction around it.
        await runOutsideTransaction(() => other.query('update held set value = value + 10'));
      });
      await expect(failing).rejects.toBeInstanceOf(DatabaseUnavailable);
      expect((await frozen.query('select value from held')).rows).toEqual([{ value: 10 }]);
      const { rows } = await other.query("select current_setting('idle_in_transaction_session_timeout') as most");
      expect(rows).toEqual([{ most: '10s' }]);
    });

    it('may break while idle', async () => {
      const place = await makePlace();
      await using resources = new AsyncDisposableStack();
      const database = await openPlace(place);
      resources.defer(() => database.close());
      const other = await openPlace(place);
      resources.defer(() => other.close());
      await Promise.all([database.query('select 1'), database.query('select 2')]);
      await other.query(backends('gathering'));
      // The first may still meet a connection whose end has not arrived yet.
      await database.query('select 1').catch((error: unknown) => expect(error).toBeInstanceOf(DatabaseUnavailable));
      expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    it('for notifications is made again, and the listener is told of the loss and that it may have missed some', async () => {
      const place = await makePlace();
      await using resources = new AsyncDisposableStack();
      const database = await openPlace(place);
      resources.defer(() => database.close());
      const back = Promise.withResolvers<void>();
      const heard = Promise.withResolvers<string>();
      const told: string[] = [];
      await database.listen(
        'news',
        heard.resolve,
        () => {
          told.push('back');
          back.resolve();
        },
        () => told.push('lost'),
      );
      await database.query(backends('gathering-listen'));
      await back.promise;
      expect(told).toEqual(['lost', 'back']);
      await database.notify('news', 'again');
      expect(await heard.promise).toBe('again');
    });
  });
});

describe('a server that cannot be used', () => {
  it('gives one sentence without the password when nobody answers', async () => {
    const opening = openDatabase({ ...silent, databaseUrl: 'postgres://someone:hunter2@127.0.0.1:1/none' });
    const error = await opening.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(String(error)).toMatch(/127\.0\.0\.1:1\/none cannot be reached/);
    expect(String(error)).not.toContain('hunter2');
  });

  it('says that the password is wrong or the database missing', async () => {
    const url = new URL(inject('databases').serverUrl);
    url.pathname = '/no_such_database';
    await expect(openDatabase({ ...silent, databaseUrl: url.href })).rejects.toThrow(/no such database/);
    url.password = 'wrong';
    await expect(openDatabase({ ...silent, databaseUrl: url.href })).rejects.toThrow(/password is wrong/);
  });
});
