// Schedules of events: each event that fits is answered once, in whatever order clocks read.
import type { EventType } from '@gathering/contract/events';
import { expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { insertUser } from '../../../test/make-user.ts';
import { waitUntilReadable } from '../../../test/readable-events.ts';
import { makeScheduleWorld, notifying } from '../../../test/schedule-world.ts';
import { actAs, type Guarded } from '../../ctx.ts';
import { emitEvent } from '../events/index.ts';
import { mostEventsAMinute, reactToEvents } from './react-to-events.ts';
import { tick } from './run-scheduler.ts';
import { createSchedule, removeSchedule, setPaused } from './service.ts';

eachDatabase((open) => {
  const setUp = async () => {
    const world = await makeScheduleWorld(await open());
    const { ctx, query } = world;
    const emit = (type: EventType, subject: string, payload = {}, audience: Guarded = {}) => {
      // Versions are told apart by time.
      ctx.clock.advance(10);
      return ctx.tx((tx) => emitEvent(ctx, tx, { type, subject, payload, audience }));
    };
    const cursor = async () =>
      (await query<{ event_cursor: string | null }>('select event_cursor from schedule.progress'))[0]?.event_cursor;
    const settle = async () => {
      await waitUntilReadable(ctx.database);
      while ((await tick(ctx)) === 0);
    };
    return { ...world, emit, cursor, settle };
  };
  const ended = { kind: 'event', eventType: 'pipelines.run-ended' } as const;

  it('answers what fits, from the moment on at which it was made, each event once', async () => {
    const { ctx, make, left, emit, cursor, settle } = await setUp();
    await emit('pipelines.run-ended', 'runs/before', { status: 'failed' });
    await waitUntilReadable(ctx.database);
    expect(await cursor()).toBeNull();
    const any = await make({ timing: ended });
    const failed = await make({ timing: { ...ended, payload: { status: 'failed' } } });
    const one = await make({ timing: { ...ended, subject: 'runs/b' }, maxCount: 1 });
    const begin = (await cursor()) ?? '';
    await emit('pipelines.run-ended', 'runs/a', { status: 'failed' });
    await emit('pipelines.run-ended', 'runs/b', { status: 'completed' });
    await emit('pipelines.run-started', 'runs/c', { status: 'running' });
    await emit('pipelines.run-ended', 'runs/b', { status: 'completed' });
    await settle();
    // As if a second clock had read the same page.
    await reactToEvents(ctx, begin);
    const count = async (id: string) => (await left(id)).filter(({ status }) => status === 'run').length;
    expect([await count(any.id), await count(failed.id), await count(one.id)]).toEqual([3, 1, 1]);
    expect((await left(any.id))[0]).toMatchObject({ kind: 'event', outcome: 'completed' });
    await setPaused(ctx, any.id, true);
    await emit('pipelines.run-ended', 'runs/d', { status: 'completed' });
    await settle();
    expect((await left(any.id)).at(-1)).toMatchObject({ status: 'skipped', reason: 'paused' });
    for (const { id } of [any, failed, one]) await removeSchedule(ctx, id);
    await settle();
    expect(await cursor()).toBeNull();
  });

  it('what its owner may not read does not exist for it, nor do the runs that it started itself', async () => {
    const { ctx, left, emit, settle, makePipeline, endRun } = await setUp();
    const operator = await insertUser(ctx.database, { role: 'operator' });
    const theirs = actAs(ctx, operator);
    const pipelineId = await makePipeline();
    const body = { name: 'Chain', timing: ended, action: { kind: 'execute_pipeline' as const, pipelineId } };
    const { id } = await createSchedule(theirs, { body: { ...body, overlap: 'allow' } });
    const acting = { ...ctx, findActor: async () => operator };
    // What was written last may be readable later than what was written before it.
    const readUntil = async (receipts: number) => {
      while ((await left(id)).length < receipts) await tick(acting);
    };
    await emit('pipelines.run-ended', 'runs/secret', {}, { ownerId: ctx.actor.id });
    await emit('pipelines.run-ended', 'runs/open', {}, { operators: true });
    await readUntil(1);
    const [own] = await left(id);
    expect(await left(id)).toMatchObject([{ status: 'run', work_kind: 'run' }]);
    await endRun(own?.work_id ?? '', 'completed');
    await emit('pipelines.run-ended', `runs/${own?.work_id}`, {}, { operators: true });
    await readUntil(2);
    expect((await left(id)).map(({ reason }) => reason)).toEqual([null, 'own-event']);
    await settle();
  });

  it('a flood is answered so often in a minute, and the rest says why not', async () => {
    const { make, left, emit, settle } = await setUp();
    const { id } = await make({ timing: ended, action: notifying });
    for (let number = 0; number < mostEventsAMinute + 5; number += 1)
      await emit('pipelines.run-ended', `runs/${number}`, {});
    await settle();
    const receipts = await left(id);
    expect(receipts.filter(({ status }) => status === 'run').length).toBe(mostEventsAMinute);
    expect(receipts.filter(({ reason }) => reason === 'too-many').length).toBe(5);
  });
});
