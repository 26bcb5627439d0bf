// Triggers that follow events: each event that one takes starts one run, whoever looks and however often; nothing that its
// maker may not see, nothing from before it was made, and no chain that goes on for ever.
import type { EventType } from '@gathering/contract/events';
import { describe, expect, it } from 'vitest';
import { chain, makeDefinition } from '../../../../test/api.ts';
import { eachDatabase } from '../../../../test/db.ts';
import { recordQueue } from '../../../../test/fakes/recording-queue.ts';
import { makeTestCtx, owner, type TestCtx } from '../../../../test/make-ctx.ts';
import { insertUser } from '../../../../test/make-user.ts';
import { waitUntilReadable } from '../../../../test/readable-events.ts';
import { type Actor, actAs } from '../../../ctx.ts';
import type { Database } from '../../../platform/db/database.ts';
import { emitEvent, type NewEvent } from '../../events/index.ts';
import { createPipeline } from '../service.ts';
import { followEvents } from './follow-events.ts';
import { changeTrigger, createTrigger, listTriggers } from './manage-triggers.ts';

const wait = makeDefinition(
  'Waiting',
  [{ id: 'wait', type: 'delay', config: { seconds: 60 } }],
  chain('start', 'wait'),
);

function makeFollowCtx(database: Database): TestCtx {
  return { ...makeTestCtx(database), queue: recordQueue() };
}

const ended = (status: string, more: Partial<NewEvent> = {}): NewEvent => ({
  type: 'pipelines.run-ended',
  subject: 'runs/some',
  audience: {},
  payload: { status },
  ...more,
});
const emit = (ctx: TestCtx, ...events: NewEvent[]) =>
  ctx.tx(async (tx) => {
    for (const event of events) await emitEvent(ctx, tx, event);
  });

async function makeTrigger(ctx: TestCtx, filter = '', types: EventType[] = ['pipelines.run-ended']) {
  const { id } = await createPipeline(ctx, wait);
  const body = { kind: 'event' as const, name: 'Follow', enabled: true, projectId: null, types, filter };
  return (await createTrigger(ctx, id, body)).trigger;
}

async function lookNow(ctx: TestCtx): Promise<void> {
  while ((await followEvents(ctx)) === 'more');
}
async function look(ctx: TestCtx): Promise<void> {
  await waitUntilReadable(ctx.database);
  await lookNow(ctx);
}

async function runsOf(database: Database, pipelineId: string) {
  const { rows } = await database.query<{
    input: { event: { payload: { status: string } } };
    cause_depth: number;
    actor_id: string;
  }>(
    `select b.input, r.cause_depth, r.actor_id from pipeline.runs r join pipeline.run_bodies b on b.run_id = r.id
      where r.pipeline_id = $1 order by r.id`,
    [pipelineId],
  );
  return rows;
}
const statusesOf = async (database: Database, pipelineId: string) =>
  (await runsOf(database, pipelineId)).map(({ input }) => input.event.payload.status);

const refusalOf = async (ctx: TestCtx, pipelineId: string) =>
  (await listTriggers(ctx, pipelineId)).items[0]?.lastRefusal?.reason ?? null;

eachDatabase((open, _makePlace, kind) => {
  it('looks at nothing while no trigger follows events', async () => {
    const ctx = makeFollowCtx(await open());
    await emit(ctx, ended('failed'));
    expect(await followEvents(ctx)).toBe('idle');
  });

  it('starts one run for each event that fits type and filter, with the event as its input', async () => {
    const database = await open();
    const ctx = makeFollowCtx(database);
    await emit(ctx, ended('before'));
    const { pipelineId, id } = await makeTrigger(ctx, 'event.payload.status != "completed"');
    await emit(ctx, ended('failed'), ended('completed'), { ...ended('x'), type: 'pipelines.run-started' });
    await emit(ctx, ended('cancelled'));
    await look(ctx);
    await look(ctx);
    expect(await statusesOf(database, pipelineId)).toEqual(['failed', 'cancelled']);
    const [run] = await runsOf(database, pipelineId);
    expect(run).toMatchObject({ actor_id: `users/${owner.id}`, cause_depth: 1 });
    expect(run?.input.event).toMatchObject({ type: 'pipelines.run-ended', subject: 'runs/some' });
    const { items } = await listTriggers(ctx, pipelineId);
    expect(items).toMatchObject([{ id, firedCount: 2, lastFiredAt: ctx.clock.now().toISOString(), refusedCount: 0 }]);
  });

  it('however many look at the same time, an event starts one run', async () => {
    const database = await open();
    const ctx = makeFollowCtx(database);
    const { pipelineId } = await makeTrigger(ctx);
    for (let round = 0; round < 5; round += 1) await emit(ctx, ended(`${round}`), ended(`${round}`));
    await Promise.all(Array.from({ length: 6 }, () => look(ctx)));
    await look(ctx);
    expect(await statusesOf(database, pipelineId)).toEqual(['0', '0', '1', '1', '2', '2', '3', '3', '4', '4']);
  });

  it('a look that was cut off before its commit is done again, whole', async () => {
    const database = await open();
    const ctx = makeFollowCtx(database);
    const { pipelineId } = await makeTrigger(ctx);
    await emit(ctx, ended('failed'));
    const queue = { ...ctx.queue, enqueue: () => Promise.reject(new Error('cut off')) };
    await expect(followEvents({ ...ctx, queue })).rejects.toThrow('cut off');
    expect(await statusesOf(database, pipelineId)).toEqual([]);
    await look(ctx);
    expect(await statusesOf(database, pipelineId)).toEqual(['failed']);
  });

  it('what happens while it is off is not made up for', async () => {
    const database = await open();
    const ctx = makeFollowCtx(database);
    const { pipelineId, id } = await makeTrigger(ctx);
    await changeTrigger(ctx, pipelineId, id, { enabled: false });
    await emit(ctx, ended('off'));
    await changeTrigger(ctx, pipelineId, id, { enabled: true });
    await emit(ctx, ended('on'));
    await look(ctx);
    expect(await statusesOf(database, pipelineId)).toEqual(['on']);
  });

  it('goes on in a copy of the database, whose transactions are counted anew', async () => {
    const database = await open();
    const ctx = makeFollowCtx(database);
    const { pipelineId } = await makeTrigger(ctx);
    // As both are after a copy from a server that has counted further.
    await database.query(`update pipeline.event_cursor set cursor = '900000000000-1'`);
    await database.query(`update pipeline.triggers set follows_from = '900000000000'`);
    await look(ctx);
    await emit(ctx, ended('failed'));
    await look(ctx);
    expect(await statusesOf(database, pipelineId)).toEqual(['failed']);
  });

  it('more events than fit into one look are all taken, in their order', async () => {
    const database = await open();
    const ctx = makeFollowCtx(database);
    const { pipelineId } = await makeTrigger(ctx);
    const all = Array.from({ length: 600 }, (_, index) => `${index}`);
    await emit(ctx, ...all.map((status) => ended(status)));
    await look(ctx);
    const taken = await statusesOf(database, pipelineId);
    expect(taken.toSorted((a, b) => Number(a) - Number(b))).toEqual(all);
  }, 60_000);

  describe('starts nothing', () => {
    it('of an event that its maker may not see', async () => {
      const database = await open();
      const member = await insertUser(database, { role: 'operator' });
      const ctx = makeFollowCtx(database);
      const acting = { ...ctx, actor: member, may: actAs(ctx, member).may, findActor: async () => member };
      const { pipelineId } = await makeTrigger(acting);
      const own = { ownerId: member.id };
      await emit(ctx, ended('theirs', { audience: { ownerId: owner.id } }), ended('own', { audience: own }));
      await look(acting);
      expect(await statusesOf(database, pipelineId)).toEqual(['own']);
    });

    it.each<[string, (actor: Actor) => Actor | null, RegExp]>([
      ['is gone', () => null, /has no account/],
      ['may not start runs any more', (actor) => ({ ...actor, role: 'viewer' }), /pipelines\.run/],
    ])('once its maker %s, and says so beside it and in the audit', async (_, change, reason) => {
      const database = await open();
      const ctx = makeFollowCtx(database);
      const { pipelineId, id } = await makeTrigger(ctx);
      await emit(ctx, ended('failed'), ended('failed'));
      await look({ ...ctx, findActor: async () => change(owner) });
      expect(await statusesOf(database, pipelineId)).toEqual([]);
      expect(await refusalOf(ctx, pipelineId)).toMatch(reason);
      const { rows } = await database.query('select result from audit.entries where object = $1 and action = $2', [
        `triggers/${id}`,
        'pipelines.refuse-trigger',
      ]);
      expect(rows).toEqual([{ result: 'refused' }]);
    });

    it('where the filter fails or never ends; the other triggers go on', async () => {
      const database = await open();
      const ctx = makeFollowCtx(database);
      const list = 'event.payload.list';
      const endless = `${list}.map(a, ${list}.map(b, ${list}.map(c, ${list}.exists(d, a + b + c + d < 0)))).size() > 0`;
      const failing = await makeTrigger(ctx, 'event.payload.missing == 1');
      const never = await makeTrigger(ctx, endless);
      const honest = await makeTrigger(ctx, 'event.payload.status == "failed"');
      const payload = { status: 'failed', list: Array.from({ length: 1_000 }, (_, index) => index) };
      await emit(ctx, ...Array.from({ length: 30 }, () => ended('failed', { payload })));
      await look(ctx);
      expect(await statusesOf(database, honest.pipelineId)).toHaveLength(30);
      expect(await refusalOf(ctx, failing.pipelineId)).toMatch(/No such key: missing/);
      expect(await refusalOf(ctx, never.pipelineId)).toMatch(/longer than 50 ms/);
    });

    it('where the event does not fit the input that the pipeline asks for', async () => {
      const ctx = makeFollowCtx(await open());
      const strict = { ...wait, nodes: wait.nodes.map((node) => ({ ...node })) };
      const start = strict.nodes[0];
      if (start) start.config = { input: { type: 'object', required: ['order'] } };
      const { id } = await createPipeline(ctx, strict);
      const types: EventType[] = ['pipelines.run-ended'];
      const body = { kind: 'event' as const, name: 'Follow', enabled: true, projectId: null, types, filter: '' };
      await createTrigger(ctx, id, body);
      await emit(ctx, ended('failed'));
      await look(ctx);
      expect(await refusalOf(ctx, id)).toMatch(/pipelines\.input-invalid.*order/);
    });

    it('after eight runs that events of runs started, one after the other', async () => {
      const database = await open();
      const ctx = makeFollowCtx(database);
      const { pipelineId } = await makeTrigger(ctx, '', ['pipelines.run-started']);
      await emit(ctx, { ...ended('first'), type: 'pipelines.run-started' });
      // Each run that is started stores the event that starts the next one.
      for (let round = 0; round < 12; round += 1) await look(ctx);
      const depths = (await runsOf(database, pipelineId)).map(({ cause_depth }) => cause_depth);
      expect(depths).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(await refusalOf(ctx, pipelineId)).toMatch(/8 times in a row/);
    });
  });

  if (kind === 'server') {
    it('passes over no event that commits late', async () => {
      const database = await open();
      const ctx = makeFollowCtx(database);
      const { pipelineId } = await makeTrigger(ctx);
      const begun = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      const late = database.transaction(async (tx) => {
        await emitEvent(ctx, tx, ended('late'));
        begun.resolve();
        await release.promise;
      });
      await begun.promise;
      await emit(ctx, ended('early'));
      await lookNow(ctx);
      expect(await statusesOf(database, pipelineId)).toEqual([]);
      release.resolve();
      await late;
      await look(ctx);
      expect(await statusesOf(database, pipelineId)).toEqual(['late', 'early']);
    });
  }
});
