// Dead letters for people, in front of a real queue: what they read, and that a job is done again once, or left.
import { AppError } from '@gathering/contract/errors';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx, type TestCtx } from '../../../test/make-ctx.ts';
import { actorName, type Ctx } from '../../ctx.ts';
import { keepDeadLetters } from '../../jobs/dead-letters.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { openQueue } from '../../jobs/open-queue.ts';
import { newId } from '../../platform/ids.ts';
import { createLog } from '../../platform/log.ts';
import {
  dismissDeadLetter,
  listDeadLetters,
  readDeadLetter,
  redriveDeadLetter,
  registerRedrives,
  removeOldDeadLetters,
} from './dead-letters.ts';
import { tellDeadLetters } from './tell-changes.ts';

const payload = z.strictObject({ key: z.string() });
const common = { queue: 'quick', payload, permission: 'signed-in' } as const;

eachDatabase((open) => {
  const closers: Array<() => Promise<void>> = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start() {
    const database = await open();
    const runs: string[] = [];
    const own: string[] = [];
    const ran = Promise.withResolvers<void>();
    const jobs = [
      defineJob({
        ...common,
        name: 'test.plain',
        run: async (_ctx: Ctx, job) => {
          runs.push(job.payload.key);
          ran.resolve();
        },
      }),
      defineJob({
        ...common,
        name: 'test.own',
        run: async () => undefined,
        redrive: async (_ctx: Ctx, { key }) => {
          if (key === 'broken') throw new AppError('pipelines.run-ended');
          own.push(key);
        },
      }),
      defineJob({ ...common, name: 'test.over', run: async () => undefined, redrive: 'Begin it anew on its page.' }),
    ];
    const queue = await openQueue<Ctx>(database, createLog('silent'), jobs);
    closers.push(() => queue.close());
    registerRedrives(jobs);
    const ctx: TestCtx = { ...makeTestCtx(database), queue };
    const work = () => queue.startWorker({ slots: { quick: 2, agents: 2 }, makeCtx: () => ctx });
    return { database, ctx, queue, runs, own, ran: ran.promise, work };
  }

  async function leave(ctx: TestCtx, job: string, key = 'x'): Promise<string> {
    const id = newId();
    const keep = keepDeadLetters((tx, letters) => tellDeadLetters(ctx, tx, letters));
    const { group, item } = keep({
      id,
      queue: 'quick',
      jobId: newId(),
      job,
      payload: { key },
      reason: 'never works',
      attempts: 10,
      failedAt: ctx.clock.now(),
      requestId: null,
      subject: 'things/x',
    });
    await ctx.tx((tx) => group.commit(tx, [item]));
    return id;
  }

  const list = (ctx: TestCtx, more: Partial<Parameters<typeof listDeadLetters>[1]['query']> = {}) =>
    listDeadLetters(ctx, { query: { limit: 50, ...more } });
  const at = (id: string) => ({ params: { id } });
  const eventsOf = async (ctx: TestCtx) =>
    (
      await ctx.database.query<{ type: string; payload: object }>(
        'select type, payload from event.events order by xid, id',
      )
    ).rows.map(({ type, payload: told }) => [type, told]);
  const auditOf = async (ctx: TestCtx) =>
    (
      await ctx.database.query<{ action: string; object: string; result: string }>(
        'select action, object, result from audit.entries order by number',
      )
    ).rows.map(({ action, object, result }) => [action, object, result]);

  describe('dead letters', () => {
    it('are listed latest first, page by page, by job and state, and read with their payload', async () => {
      const { ctx } = await start();
      const first = await leave(ctx, 'test.plain');
      const second = await leave(ctx, 'test.over');
      const third = await leave(ctx, 'test.plain');
      const idsOf = async (more: Parameters<typeof list>[1]) => (await list(ctx, more)).items.map(({ id }) => id);
      expect(await idsOf({})).toEqual([third, second, first]);
      expect(await idsOf({ job: 'test.plain' })).toEqual([third, first]);
      await dismissDeadLetter(ctx, at(third));
      expect(await idsOf({ state: 'dead' })).toEqual([second, first]);
      expect(await idsOf({ state: 'dismissed' })).toEqual([third]);
      const { nextCursor } = await list(ctx, { limit: 2 });
      expect(await idsOf({ limit: 2, cursor: nextCursor ?? '' })).toEqual([first]);
      await expect(list(ctx, { cursor: 'nonsense' })).rejects.toMatchObject({ code: 'request.invalid' });
      expect(await readDeadLetter(ctx, at(second))).toMatchObject({
        job: 'test.over',
        payload: { key: 'x' },
        redrive: { possible: false, why: 'Begin it anew on its page.' },
      });
      await expect(readDeadLetter(ctx, at(newId()))).rejects.toMatchObject({
        code: 'operations.dead-letter-not-found',
      });
    });

    it('are told to operators, with what they concern', async () => {
      const { ctx, database } = await start();
      const id = await leave(ctx, 'test.plain');
      const { rows } = await database.query('select type, subject, related, payload, for_operators from event.events');
      const told = { type: 'operations.dead-letter-added', subject: `dead-letters/${id}`, related: ['things/x'] };
      expect(rows).toEqual([{ ...told, payload: { job: 'test.plain' }, for_operators: true }]);
    });
  });

  describe('redriving', () => {
    it('does the same job again, once, also when many ask at the same moment', async () => {
      const { ctx, queue, runs, ran, work } = await start();
      const id = await leave(ctx, 'test.plain');
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => redriveDeadLetter(ctx, at(id))));
      const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
      expect(refused).toEqual(Array(7).fill('operations.dead-letter-settled'));
      const by = actorName(ctx.actor);
      expect(await readDeadLetter(ctx, at(id))).toMatchObject({ state: 'redriven', settledBy: by });
      await work();
      await ran;
      await queue.drain(5000);
      expect(runs).toEqual(['x']);
      expect(await auditOf(ctx)).toEqual([['operations.redrive-dead-letter', `dead-letters/${id}`, 'done']]);
      expect((await eventsOf(ctx)).slice(1)).toEqual([
        ['operations.dead-letter-settled', { job: 'test.plain', state: 'redriven' }],
      ]);
    });

    it('goes the way that the job defines, once', async () => {
      const { ctx, own, database } = await start();
      const id = await leave(ctx, 'test.own');
      const outcomes = await Promise.allSettled([redriveDeadLetter(ctx, at(id)), redriveDeadLetter(ctx, at(id))]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(own).toEqual(['x']);
      expect((await database.query("select 1 from pgboss.job where name = 'quick'")).rowCount).toBe(0);
    });

    it('leaves the letter dead when that way fails, and says why', async () => {
      const { ctx } = await start();
      const id = await leave(ctx, 'test.own', 'broken');
      await expect(redriveDeadLetter(ctx, at(id))).rejects.toMatchObject({ code: 'pipelines.run-ended' });
      expect(await readDeadLetter(ctx, at(id))).toMatchObject({ state: 'dead', settledBy: null });
      expect((await auditOf(ctx)).map(([action, , result]) => [action, result])).toEqual([
        ['operations.redrive-dead-letter', 'done'],
        ['operations.redrive-dead-letter', 'failed'],
      ]);
    });

    it('is refused with what to do in its place where doing it again changes nothing', async () => {
      const { ctx } = await start();
      const id = await leave(ctx, 'test.over');
      const refusal = { code: 'operations.redrive-refused', detail: 'Begin it anew on its page.' };
      await expect(redriveDeadLetter(ctx, at(id))).rejects.toMatchObject(refusal);
      const unknown = await leave(ctx, 'test.of-another-version');
      await expect(redriveDeadLetter(ctx, at(unknown))).rejects.toMatchObject({ code: 'operations.redrive-refused' });
      expect((await list(ctx, { state: 'dead' })).items).toHaveLength(2);
      expect(await auditOf(ctx)).toEqual([]);
    });
  });

  describe('dismissing', () => {
    it('leaves the job undone, and happens once', async () => {
      const { ctx, database } = await start();
      const id = await leave(ctx, 'test.plain');
      expect(await dismissDeadLetter(ctx, at(id))).toMatchObject({ state: 'dismissed' });
      await expect(dismissDeadLetter(ctx, at(id))).rejects.toMatchObject({ code: 'operations.dead-letter-settled' });
      await expect(redriveDeadLetter(ctx, at(id))).rejects.toMatchObject({ code: 'operations.dead-letter-settled' });
      expect((await database.query("select 1 from pgboss.job where name = 'quick'")).rowCount).toBe(0);
      expect(await auditOf(ctx)).toEqual([['operations.dismiss-dead-letter', `dead-letters/${id}`, 'done']]);
    });
  });

  it('those that failed long ago are removed', async () => {
    const { ctx } = await start();
    await leave(ctx, 'test.plain');
    ctx.clock.advance(1000);
    const before = ctx.clock.now();
    const kept = await leave(ctx, 'test.plain');
    expect(await removeOldDeadLetters(ctx, before)).toBe(1);
    expect((await list(ctx)).items.map(({ id }) => id)).toEqual([kept]);
  });
});
