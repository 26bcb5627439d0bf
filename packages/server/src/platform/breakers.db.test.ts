// Breakers as calls meet them: what opens one, for how long, who is the probe, and that all instances see the same.
import { afterEach, describe, expect, it } from 'vitest';
import { type DatabasePlace, eachDatabase, openPlace } from '../../test/db.ts';
import { failuresToOpen, failureWindowMs, probeMs } from './breaker-rules.ts';
import {
  type BreakerChange,
  BreakerOpen,
  type Breakers,
  type Outcome,
  openBreakers,
  type Verdict,
} from './breakers.ts';
import { ManualClock } from './clock.ts';
import type { Database, Tx } from './db/database.ts';
import { createLog } from './log.ts';

const log = createLog('silent');
const target = 'host/api.example.org:443';
const seconds = 1000;

type OnChange = (tx: Tx, change: BreakerChange) => Promise<void>;

function instanceOn(database: Database, clock: ManualClock, onChange: OnChange = async () => undefined): Breakers {
  return openBreakers({ database, clock, log, onChange });
}

/** Of a test call: an answer, or the words of a failure. */
const judge = (outcome: Outcome<string>): Verdict =>
  'value' in outcome ? 'answered' : { failed: (outcome.error as Error).message };

const answer = (breakers: Breakers) => breakers.of(target).run(async () => 'fine', judge);

async function fail(breakers: Breakers, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const failing = breakers.of(target).run(async (): Promise<string> => {
      throw new Error('it answered 503');
    }, judge);
    await expect(failing).rejects.toThrow('it answered 503');
  }
}

async function refusalOf(breakers: Breakers): Promise<BreakerOpen> {
  let called = false;
  const refused = await breakers
    .of(target)
    .run(async () => {
      called = true;
      return 'called';
    }, judge)
    .catch((error: unknown) => error);
  expect([refused, called]).toEqual([expect.any(BreakerOpen), false]);
  return refused as BreakerOpen;
}

const rowsOf = async (database: Database) =>
  (await database.query<{ state: string; failures: number; times_opened: number }>('select * from breaker.breakers'))
    .rows;

eachDatabase((open, makePlace, kind) => {
  const closers: Array<() => Promise<void>> = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start(onChange?: OnChange) {
    const database = await open();
    const clock = new ManualClock(new Date('2026-11-01T10:00:00.000Z'));
    return { database, clock, breakers: instanceOn(database, clock, onChange) };
  }

  /** Two instances on one database; the embedded one has one process, where they share its handle. */
  async function startTwo() {
    const clock = new ManualClock(new Date('2026-11-01T10:00:00.000Z'));
    const place: DatabasePlace = await makePlace();
    const database = await openPlace(place);
    const other = kind === 'server' ? await openPlace(place) : database;
    closers.push(() => database.close());
    if (other !== database) closers.push(() => other.close());
    return { clock, database, one: instanceOn(database, clock), two: instanceOn(other, clock) };
  }

  describe('a closed breaker', () => {
    it('opens after five failures in a row, then refuses at once and says when it is tried again', async () => {
      const changes: BreakerChange[] = [];
      const { breakers } = await start(async (_tx, change) => {
        changes.push(change);
      });
      await fail(breakers, failuresToOpen - 1);
      await answer(breakers);
      await fail(breakers, failuresToOpen - 1);
      expect(changes).toEqual([]);
      await fail(breakers);
      const refused = await refusalOf(breakers);
      expect(refused.retryAt).toEqual(new Date('2026-11-01T10:00:30.000Z'));
      expect(refused.message).toBe(
        'The host api.example.org:443 failed 5 times in a row (the last time: it answered 503) and is left alone; it is tried again at 10:00:30 UTC, in 30 s.',
      );
      const opened = { target, state: 'open', timesOpened: 1, opensUntil: refused.retryAt, error: 'it answered 503' };
      expect(changes).toEqual([opened]);
    });

    it('is opened by nothing that tells nothing of its target, nor by failures that are far apart', async () => {
      const { breakers, clock, database } = await start();
      for (let time = 0; time < 20; time += 1) {
        const aborted = breakers.of(target).run(
          async (): Promise<string> => {
            throw new Error('The caller went away.');
          },
          () => 'unknown',
        );
        await expect(aborted).rejects.toThrow('The caller went away.');
      }
      expect(await rowsOf(database)).toEqual([]);
      for (let time = 0; time < failuresToOpen; time += 1) {
        await fail(breakers);
        clock.advance(failureWindowMs);
      }
      expect(await answer(breakers)).toBe('fine');
      expect(await rowsOf(database)).toMatchObject([{ state: 'closed', failures: 1 }]);
    });

    it('writes nothing for successes, and forgets failures with the first one after them', async () => {
      const { breakers, database } = await start();
      for (let time = 0; time < 5; time += 1) await answer(breakers);
      expect(await rowsOf(database)).toEqual([]);
      await fail(breakers, 3);
      await answer(breakers);
      expect(await rowsOf(database)).toMatchObject([{ failures: 0 }]);
    });

    it('stays closed when what should be told of its opening cannot be written: both or neither', async () => {
      const { breakers, database } = await start(async (tx) => {
        await tx.query('select 1 from no_such_table');
      });
      await fail(breakers, failuresToOpen);
      expect(await rowsOf(database)).toMatchObject([{ state: 'closed', failures: failuresToOpen - 1 }]);
    });

    it('lets calls through while the database cannot be asked', async () => {
      const { breakers, clock, database } = await start();
      await fail(breakers, failuresToOpen);
      await refusalOf(breakers);
      await database.exec('alter table breaker.breakers rename to elsewhere');
      clock.advance(seconds);
      expect(await answer(breakers)).toBe('fine');
      await fail(breakers);
    });
  });

  describe('an open breaker', () => {
    it('is closed by its probe, opens for twice as long when the probe fails, and begins anew after ten steady minutes', async () => {
      const { breakers, clock, database } = await start();
      await fail(breakers, failuresToOpen);
      const pauses: number[] = [];
      for (let time = 0; time < 6; time += 1) {
        const pauseMs = (await refusalOf(breakers)).retryAt.getTime() - clock.now().getTime();
        pauses.push(pauseMs / seconds);
        clock.advance(pauseMs);
        await fail(breakers);
      }
      expect(pauses).toEqual([30, 60, 120, 240, 480, 600]);
      clock.advance(600 * seconds);
      expect(await answer(breakers)).toBe('fine');
      expect(await rowsOf(database)).toMatchObject([{ state: 'closed', failures: 0, times_opened: 7 }]);
      clock.advance(60 * seconds);
      await fail(breakers, failuresToOpen);
      expect((await refusalOf(breakers)).retryAt.getTime() - clock.now().getTime()).toBe(600 * seconds);
      clock.advance(600 * seconds);
      await answer(breakers);
      clock.advance(600 * seconds);
      await fail(breakers, failuresToOpen);
      expect((await refusalOf(breakers)).retryAt.getTime() - clock.now().getTime()).toBe(30 * seconds);
    });

    it('takes the next call for its probe when one told nothing, and when one never came back', async () => {
      const { breakers, clock } = await start();
      await fail(breakers, failuresToOpen);
      clock.advance(30 * seconds);
      await breakers.of(target).run(
        async () => 'nothing learnt',
        () => 'unknown',
      );
      const lost = Promise.withResolvers<string>();
      const begun = Promise.withResolvers<void>();
      const hanging = breakers.of(target).run(() => {
        begun.resolve();
        return lost.promise;
      }, judge);
      await begun.promise;
      await refusalOf(breakers);
      clock.advance(probeMs);
      await fail(breakers);
      const { retryAt } = await refusalOf(breakers);
      // The one that was taken for lost decides nothing any more.
      lost.resolve('late');
      expect(await hanging).toBe('late');
      expect((await refusalOf(breakers)).retryAt).toEqual(retryAt);
    });

    it('is not kept open by calls that began before it opened', async () => {
      const { breakers, clock, database } = await start();
      const late = Promise.withResolvers<string>();
      const calls = Array.from({ length: 20 }, () => breakers.of(target).run(() => late.promise, judge));
      await fail(breakers, failuresToOpen);
      clock.advance(10 * seconds);
      late.reject(new Error('it did not answer in time'));
      await Promise.allSettled(calls);
      expect(await rowsOf(database)).toMatchObject([{ state: 'open', failures: failuresToOpen, times_opened: 1 }]);
      clock.advance(20 * seconds);
      expect(await answer(breakers)).toBe('fine');
    });
  });

  describe('two instances', () => {
    it('count together, and both leave alone what either of them found down', async () => {
      const { clock, one, two } = await startTwo();
      await answer(two);
      await fail(one, 3);
      await fail(two, 2);
      clock.advance(seconds);
      await refusalOf(one);
      await refusalOf(two);
      clock.advance(29 * seconds);
      await answer(two);
      clock.advance(seconds);
      expect(await answer(one)).toBe('fine');
    });

    it('let one probe through of 50 calls at once', async () => {
      const { clock, database, one, two } = await startTwo();
      await fail(one, failuresToOpen);
      clock.advance(30 * seconds);
      const held = Promise.withResolvers<string>();
      let begun = 0;
      const refused: unknown[] = [];
      const allRefused = Promise.withResolvers<void>();
      const calls = Array.from({ length: 50 }, (_, at) =>
        (at % 2 === 0 ? one : two)
          .of(target)
          .run(() => {
            begun += 1;
            return held.promise;
          }, judge)
          .catch((error: unknown) => {
            refused.push(error);
            if (refused.length === 49) allRefused.resolve();
            return 'refused';
          }),
      );
      await allRefused.promise;
      expect(begun).toBe(1);
      expect(refused.every((error) => error instanceof BreakerOpen)).toBe(true);
      held.resolve('fine');
      expect((await Promise.all(calls)).filter((end) => end === 'fine')).toEqual(['fine']);
      expect(await rowsOf(database)).toMatchObject([{ state: 'closed', failures: 0 }]);
    });
  });
});
