// Events as they are stored, read and removed: nothing is missed though transactions interleave, only signals are deduplicated.
import type { EventType } from '@gathering/contract/events';
import { describe, expect, it } from 'vitest';
import { eachDatabase, openPlace } from '../../../test/db.ts';
import type { Actor } from '../../ctx.ts';
import { ManualClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import { createLog } from '../../platform/log.ts';
import { type EventBatch, openEventFeed } from './deliver.ts';
import { emitEvent, emitEvents, type NewEvent } from './emit-events.ts';
import { listEvents, readEventsAfter, readPresentCursor } from './read-events.ts';
import { removeOldEvents } from './remove-old-events.ts';

const actor: Actor = {
  kind: 'user',
  id: '01990000-0000-7000-8000-0000000000aa',
  role: 'owner',
  scopes: null,
  credential: 'access-token',
  projects: 'all',
  sessionId: null,
  address: null,
};
const start = '0-0';

function makeCtx(database: Database) {
  return {
    database,
    clock: new ManualClock(new Date('2026-11-01T10:00:00.000Z')),
    actor,
    signal: new AbortController().signal,
  };
}
const state = (subject: string, more: Partial<NewEvent> = {}): NewEvent => ({
  type: 'pipelines.node-ended',
  audience: {},
  subject,
  ...more,
});
const subjectsOf = (list: readonly { event: { subject: string } }[]) => list.map(({ event }) => event.subject);

/** A transaction that is held open until the test says so. */
async function holdTransaction(database: Database, event: NewEvent | null) {
  const ctx = makeCtx(database);
  const begun = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const done = database.transaction(async (tx) => {
    await tx.query('select pg_current_xact_id()');
    if (event !== null) await emitEvent(ctx, tx, event);
    begun.resolve();
    await release.promise;
  });
  await begun.promise;
  return {
    commit: async () => {
      release.resolve();
      await done;
    },
    rollBack: async () => {
      release.reject(new Error('rolled back'));
      await done.catch(() => undefined);
    },
    // However the test ends: an open transaction would keep its database from being closed.
    [Symbol.asyncDispose]: async () => {
      release.resolve();
      await done.catch(() => undefined);
    },
  };
}

eachDatabase((open, makePlace, kind) => {
  // Two transactions at once, or two processes, do not exist on the embedded database.
  const onServer = (title: string, run: () => Promise<void>) => (kind === 'server' ? it(title, run) : undefined);

  describe('emitEvents', () => {
    it('stores thousands in one statement, in the order given, with all that they carry', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      const events = Array.from({ length: 3000 }, (_, i) =>
        state(`nodes/n-${i}`, {
          related: ['runs/r1', `pipelines/p:${i}`],
          payload: { index: i, text: '{"a,b}\\ \' ü' },
        }),
      );
      await database.transaction((tx) => emitEvents(ctx, tx, events));
      const page = await readEventsAfter(database, start, 5000);
      expect(subjectsOf(page.events)).toEqual(events.map(({ subject }) => subject));
      expect(page.events[7]?.event).toEqual({
        type: 'pipelines.node-ended',
        subject: 'nodes/n-7',
        related: ['runs/r1', 'pipelines/p:7'],
        at: '2026-11-01T10:00:00.000Z',
        actor: 'users/01990000-0000-7000-8000-0000000000aa',
        payload: { index: 7, text: '{"a,b}\\ \' ü' },
      });
    });

    it('stores nothing when the transaction is rolled back', async () => {
      const database = await open();
      const held = database.transaction(async (tx) => {
        await emitEvent(makeCtx(database), tx, state('nodes/a'));
        throw new Error('changed my mind');
      });
      await expect(held).rejects.toThrow('changed my mind');
      expect((await readEventsAfter(database, start, 10)).events).toEqual([]);
    });

    it('need not be awaited: when the statement fails the transaction fails', async () => {
      const database = await open();
      const ctx = { clock: new ManualClock(new Date()), actor: { ...actor, id: 'no text in PostgreSQL: \u0000' } };
      const written = database.transaction(async (tx) => void emitEvent(ctx, tx, state('nodes/a')));
      await expect(written).rejects.toThrow();
      expect((await readEventsAfter(database, start, 10)).events).toEqual([]);
    });

    it('refuses a payload over the limit and a subject without a kind before anything is sent', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      const large = state('nodes/a', { payload: { text: 'x'.repeat(8192) } });
      await expect(database.transaction((tx) => emitEvent(ctx, tx, large))).rejects.toThrow(/at most 8192/);
      await expect(database.transaction((tx) => emitEvent(ctx, tx, state('a')))).rejects.toThrow(/<kind>\/<id>/);
      const related = state('nodes/a', { related: ['x,y'] });
      await expect(database.transaction((tx) => emitEvent(ctx, tx, related))).rejects.toThrow(/<kind>\/<id>/);
    });

    it('never deduplicates what tells a state', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      for (let i = 0; i < 3; i++) await database.transaction((tx) => emitEvent(ctx, tx, state('nodes/a')));
      await database.transaction((tx) => emitEvents(ctx, tx, [state('nodes/a'), state('nodes/a')]));
      expect((await readEventsAfter(database, start, 10)).events).toHaveLength(5);
    });

    it('stores a signal once within the window, whatever the order of its payload', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      const type: EventType = 'providers.test-ended';
      const emit = (subject: string, payload: NewEvent['payload']) =>
        database.transaction((tx) => emitEvent(ctx, tx, { type, subject, payload }));
      await emit('providers/a', { ok: true, ms: 5 });
      await emit('providers/a', { ms: 5, ok: true });
      await emit('providers/a', { ok: false, ms: 5 });
      await emit('providers/b', { ok: true, ms: 5 });
      ctx.clock.advance(999);
      await emit('providers/a', { ok: true, ms: 5 });
      expect(subjectsOf((await readEventsAfter(database, start, 10)).events)).toEqual([
        'providers/a',
        'providers/a',
        'providers/b',
      ]);
      ctx.clock.advance(1);
      await emit('providers/a', { ok: true, ms: 5 });
      expect((await readEventsAfter(database, start, 10)).events).toHaveLength(4);
    });

    it('stores a signal once though twenty transactions emit it at the same moment', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      const signal: NewEvent = {
        type: 'auth.signed-in',
        subject: 'users/01990000-0000-7000-8000-0000000000aa',
        payload: { way: 'password' },
      };
      await Promise.all(
        Array.from({ length: 20 }, () => database.transaction((tx) => emitEvents(ctx, tx, [signal, signal]))),
      );
      expect((await readEventsAfter(database, start, 50)).events).toHaveLength(1);
    });
  });

  describe('reading on from a cursor', () => {
    it('pages through everything, each event once', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      for (let i = 0; i < 7; i++) {
        await database.transaction((tx) => emitEvents(ctx, tx, [state(`nodes/${i}-a`), state(`nodes/${i}-b`)]));
      }
      const seen: string[] = [];
      let cursor = start;
      for (;;) {
        const page = await readEventsAfter(database, cursor, 3);
        seen.push(...subjectsOf(page.events));
        cursor = page.cursor;
        if (!page.more) break;
      }
      expect(seen).toEqual(Array.from({ length: 7 }, (_, i) => [`nodes/${i}-a`, `nodes/${i}-b`]).flat());
      expect(cursor).toBe(await readPresentCursor(database));
      expect((await readEventsAfter(database, cursor, 3)).events).toEqual([]);
    });

    it('refuses a cursor that is malformed, out of range or of the future', async () => {
      const database = await open();
      const refused = { code: 'events.cursor-invalid' };
      await expect(readEventsAfter(database, 'abc', 1)).rejects.toMatchObject(refused);
      await expect(readEventsAfter(database, '99999999999999999999-1', 1)).rejects.toMatchObject(refused);
      await expect(readEventsAfter(database, '18446744073709551615-1', 1)).rejects.toMatchObject(refused);
    });

    onServer('never passes over a transaction that commits late', async () => {
      const database = await open();
      await using early = await holdTransaction(database, state('nodes/early'));
      await database.transaction((tx) => emitEvent(makeCtx(database), tx, state('nodes/late')));
      const before = await readEventsAfter(database, start, 10);
      expect(before).toMatchObject({ events: [], cursor: start, waiting: true });
      expect(await readPresentCursor(database)).toBe(start);
      await early.commit();
      expect(subjectsOf((await readEventsAfter(database, before.cursor, 10)).events)).toEqual([
        'nodes/early',
        'nodes/late',
      ]);
    });

    onServer('reads an event that was written last by the transaction that began first', async () => {
      const database = await open();
      await using first = await holdTransaction(database, null);
      await database.transaction((tx) => emitEvent(makeCtx(database), tx, state('nodes/second')));
      const page = await readEventsAfter(database, start, 10);
      expect(page.events).toEqual([]);
      await first.rollBack();
      expect(subjectsOf((await readEventsAfter(database, page.cursor, 10)).events)).toEqual(['nodes/second']);
    });
  });

  describe('the list', () => {
    it('shows the latest first, filtered by feature, type, subject and actor, page by page', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      const system = { ...ctx, actor: { ...actor, kind: 'system', id: 'clock' } as const };
      await database.transaction((tx) => emitEvents(ctx, tx, [state('nodes/1'), state('nodes/2'), state('nodes/3')]));
      await database.transaction((tx) =>
        emitEvents(system, tx, [
          { type: 'pipelines.run-ended', subject: 'runs/1', audience: {} },
          { type: 'agents.created', subject: 'agents/1' },
        ]),
      );
      const list = async (query: Partial<Parameters<typeof listEvents>[1]['query']>) =>
        listEvents(ctx, { query: { limit: 50, ...query } });
      expect(subjectsOf((await list({})).items)).toEqual(['agents/1', 'runs/1', 'nodes/3', 'nodes/2', 'nodes/1']);
      expect(subjectsOf((await list({ feature: 'agents' })).items)).toEqual(['agents/1']);
      expect((await list({ feature: 'agent' })).items).toEqual([]);
      expect(subjectsOf((await list({ type: 'pipelines.run-ended' })).items)).toEqual(['runs/1']);
      expect((await list({ type: 'pipelines.run-ended', feature: 'agents' })).items).toEqual([]);
      expect(subjectsOf((await list({ subject: 'nodes/2' })).items)).toEqual(['nodes/2']);
      expect(subjectsOf((await list({ actor: 'system/clock' })).items)).toEqual(['agents/1', 'runs/1']);
      const first = await list({ feature: 'pipelines', limit: 2 });
      expect(subjectsOf(first.items)).toEqual(['runs/1', 'nodes/3']);
      const rest = await list({ feature: 'pipelines', limit: 2, cursor: first.nextCursor ?? '' });
      expect(subjectsOf(rest.items)).toEqual(['nodes/2', 'nodes/1']);
      expect(rest.nextCursor).toBeNull();
      await expect(list({ cursor: 'x' })).rejects.toMatchObject({ code: 'events.cursor-invalid' });
    });
  });

  describe('retention', () => {
    it('removes what is older, in batches, and keeps the rest', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      const old = Array.from({ length: 6000 }, (_, i) => state(`nodes/${i}`));
      await database.transaction((tx) => emitEvents(ctx, tx, old));
      ctx.clock.advance(10_000);
      const limit = ctx.clock.now();
      await database.transaction((tx) => emitEvent(ctx, tx, state('nodes/kept')));
      expect(await removeOldEvents(ctx, limit)).toBe(6000);
      expect(subjectsOf((await readEventsAfter(database, start, 10)).events)).toEqual(['nodes/kept']);
      expect(await removeOldEvents(ctx, limit)).toBe(0);
    });
  });

  describe('the feed', () => {
    it('hands on in order what many transactions store at once, each event once, batches joining on to each other', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      const feed = await openEventFeed(database, createLog('silent'), { batchSize: 40, gapMs: 1, pollMs: 50 });
      const batches: EventBatch[] = [];
      const all = Promise.withResolvers<void>();
      const first = Promise.withResolvers<void>();
      const stop = feed.onBatch((batch) => {
        batches.push(batch);
        first.resolve();
        const subjects = subjectsOf(batches.flatMap(({ events }) => events));
        if (subjects.filter((subject) => subject.startsWith('nodes/')).length === 600) all.resolve();
      });
      // The feed begins at a present of its own choice: emit until it is heard.
      for (let begun = false; !begun; ) {
        await database.transaction((tx) => emitEvent(ctx, tx, state('begin/1')));
        begun = await Promise.race([first.promise.then(() => true), readPresentCursor(database).then(() => false)]);
      }
      await Promise.all(
        Array.from({ length: 30 }, async (_, writer) => {
          for (let i = 0; i < 5; i++) {
            await database.transaction(async (tx) => {
              const events = [0, 1, 2, 3].map((part) => state(`nodes/${writer}-${i}-${part}`));
              if (i % 2 === 0) await tx.query('select pg_current_xact_id(), pg_sleep($1)', [Math.random() / 100]);
              void emitEvents(ctx, tx, events);
            });
          }
        }),
      );
      await all.promise;
      stop();
      await feed.close();
      const stored = await readEventsAfter(database, batches[0]?.after ?? '', 5000);
      expect(batches.flatMap(({ events }) => events)).toEqual(stored.events);
      for (const [index, batch] of batches.entries()) {
        if (index > 0) expect(batch.after).toBe(batches[index - 1]?.cursor);
        expect(batch.cursor).toBe(batch.events.at(-1)?.cursor);
      }
    });

    onServer('hears what another process stores long before it would have looked by itself', async () => {
      const place = await makePlace();
      const [here, there] = [await openPlace(place), await openPlace(place)];
      try {
        const feed = await openEventFeed(here, createLog('silent'), { pollMs: 600_000 });
        const announced = Promise.withResolvers<string>();
        await there.listen('gathering_events', (sender) => announced.resolve(sender));
        const heard = Promise.withResolvers<EventBatch>();
        feed.onBatch((batch) => heard.resolve(batch));
        await feed.presentCursor();
        // As another process writes: rows without the wake-up inside of this one, then the announcement.
        const insert = `insert into event.events (type, subject, related, payload, at) values ('agents.created', 'agents/1', '{}', '{}', now())`;
        let begun = false;
        void heard.promise.then(() => {
          begun = true;
        });
        while (!begun) {
          await there.query(insert);
          await there.notify('gathering_events', 'another process');
        }
        expect(subjectsOf((await heard.promise).events)).toContain('agents/1');
        await here.transaction((tx) => emitEvent(makeCtx(here), tx, state('nodes/1')));
        expect(await announced.promise).not.toBe('');
        await feed.close();
      } finally {
        await Promise.all([here.close(), there.close()]);
      }
    });

    it('skips nothing when the database cannot be read for a while, and says so once', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      let broken = false;
      const faulty: Database = {
        ...database,
        query: (text, values) => {
          if (broken) return Promise.reject(new Error('connection lost'));
          return database.query(text, values);
        },
      };
      const lines: string[] = [];
      const retried = Promise.withResolvers<void>();
      const log = createLog('info', {
        write: (line) => {
          lines.push(JSON.parse(line).msg);
          retried.resolve();
        },
      });
      const feed = await openEventFeed(faulty, log, { gapMs: 1, pollMs: 5 });
      const subjects: string[] = [];
      const events = new EventTarget();
      feed.onBatch((batch) => {
        subjects.push(...subjectsOf(batch.events));
        events.dispatchEvent(new Event('batch'));
      });
      const until = async (subject: string) => {
        while (!subjects.includes(subject)) {
          await new Promise((resolve) => events.addEventListener('batch', resolve, { once: true }));
        }
      };
      for (let i = 0; subjects.length === 0; i++) {
        await database.transaction((tx) => emitEvent(ctx, tx, state(`begin/${i}`)));
      }
      await database.transaction((tx) => emitEvent(ctx, tx, state('nodes/before')));
      await until('nodes/before');
      broken = true;
      await retried.promise;
      await database.transaction((tx) => emitEvent(ctx, tx, state('nodes/meanwhile')));
      broken = false;
      await database.transaction((tx) => emitEvent(ctx, tx, state('nodes/after')));
      await until('nodes/after');
      expect(subjects.slice(-3)).toEqual(['nodes/before', 'nodes/meanwhile', 'nodes/after']);
      expect(lines).toEqual(['Events cannot be read; trying until they can.', 'Events are read again.']);
      await feed.close();
    });
  });
});
