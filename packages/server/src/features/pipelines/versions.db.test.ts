// Versions: what is published, what is a draft, what was brought back; nothing is lost on the way.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { describe, expect, it } from 'vitest';
import { chain, makeDefinition } from '../../../test/api.ts';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx, type TestCtx } from '../../../test/make-ctx.ts';
import { changePipeline, createPipeline } from './service.ts';
import { readPublished } from './start-run.ts';
import { listVersionPage, publishPipeline, readVersion, rollBackPipeline } from './versions.ts';

const wait = (seconds: number): PipelineDefinition =>
  makeDefinition('Waiting', [{ id: 'wait', type: 'delay', config: { seconds } }], chain('start', 'wait'));
const refusedWith = (code: string) => ({ code });

async function secondsOf(ctx: TestCtx, id: string): Promise<unknown> {
  const { definition, pipelineVersion } = await readPublished(ctx, id);
  return [pipelineVersion, definition.nodes[1]?.config.seconds];
}

async function statesOf(ctx: TestCtx, id: string): Promise<string[]> {
  const { items } = await listVersionPage(ctx, id, undefined, 50);
  return items.map(
    ({ version, state, restores }) => `${version} ${state}${restores === null ? '' : ` of ${restores}`}`,
  );
}

eachDatabase((open) => {
  it('a new pipeline is published; a change is a draft until it is published', async () => {
    const ctx = makeTestCtx(await open());
    const made = await createPipeline(ctx, wait(1));
    expect(made).toMatchObject({ version: 1, publishedVersion: 1 });
    await changePipeline(ctx, made.id, wait(2));
    expect(await changePipeline(ctx, made.id, wait(3))).toMatchObject({ version: 3, publishedVersion: 1 });
    expect(await secondsOf(ctx, made.id)).toEqual([1, 1]);
    expect(await publishPipeline(ctx, made.id, { note: 'Longer' })).toMatchObject({ version: 3, publishedVersion: 3 });
    expect(await secondsOf(ctx, made.id)).toEqual([3, 3]);
    expect(await statesOf(ctx, made.id)).toEqual(['3 published', '1 superseded']);
    expect(await readVersion(ctx, made.id, 3)).toMatchObject({
      note: 'Longer',
      createdBy: `users/${ctx.actor.id}`,
      definition: wait(3),
    });
  });

  it('an older version is brought back as a new one, and the draft that it replaces is kept', async () => {
    const ctx = makeTestCtx(await open());
    const { id } = await createPipeline(ctx, wait(1));
    await changePipeline(ctx, id, wait(2));
    await publishPipeline(ctx, id, {});
    await changePipeline(ctx, id, { ...wait(3), name: 'Renamed' });
    const back = await rollBackPipeline(ctx, id, 1, {});
    expect(back).toMatchObject({ version: 4, publishedVersion: 4, name: 'Waiting' });
    expect(await secondsOf(ctx, id)).toEqual([4, 1]);
    expect(await statesOf(ctx, id)).toEqual(['4 published of 1', '3 draft', '2 rolled-back', '1 superseded']);
    expect((await readVersion(ctx, id, 3)).definition).toMatchObject({ name: 'Renamed', nodes: wait(3).nodes });
    await rollBackPipeline(ctx, id, 3, {});
    expect(await secondsOf(ctx, id)).toEqual([5, 3]);
  });

  describe('is refused, and nothing changes:', () => {
    it('publishing without a draft, or bringing back what is published', async () => {
      const ctx = makeTestCtx(await open());
      const { id } = await createPipeline(ctx, wait(1));
      const nothing = refusedWith('pipelines.nothing-to-publish');
      await expect(publishPipeline(ctx, id, {})).rejects.toMatchObject(nothing);
      await expect(rollBackPipeline(ctx, id, 1, {})).rejects.toMatchObject(nothing);
      expect(await statesOf(ctx, id)).toEqual(['1 published']);
    });

    it('what is not the version that the caller has seen, or does not exist', async () => {
      const ctx = makeTestCtx(await open());
      const { id } = await createPipeline(ctx, wait(1));
      await changePipeline(ctx, id, wait(2));
      const changed = refusedWith('pipelines.changed');
      await expect(publishPipeline(ctx, id, { version: 1 })).rejects.toMatchObject(changed);
      await expect(rollBackPipeline(ctx, id, 1, { version: 1 })).rejects.toMatchObject(changed);
      const missing = refusedWith('pipelines.version-not-found');
      await expect(readVersion(ctx, id, 7)).rejects.toMatchObject(missing);
      await expect(rollBackPipeline(ctx, id, 7, {})).rejects.toMatchObject(missing);
      await expect(publishPipeline(ctx, ctx.ids.next(), {})).rejects.toMatchObject(refusedWith('pipelines.not-found'));
      expect(await statesOf(ctx, id)).toEqual(['1 published']);
    });

    it('a definition that cannot run any more', async () => {
      const database = await open();
      const ctx = makeTestCtx(database);
      const { id } = await createPipeline(ctx, wait(1));
      await changePipeline(ctx, id, wait(2));
      // As it is when an agent or tool that it names has gone meanwhile.
      const agent = { id: 'ask', type: 'agent', config: { agentId: 'gone', task: 'Do it.' } };
      const gone = makeDefinition('Waiting', [agent], chain('start', 'ask'));
      await database.query('update pipeline.pipelines set definition = $1', [gone]);
      await database.query('update pipeline.versions set definition = $1', [gone]);
      const invalid = { code: 'pipelines.invalid', faults: [{ nodeId: 'ask' }] };
      await expect(publishPipeline(ctx, id, {})).rejects.toMatchObject(invalid);
      await expect(rollBackPipeline(ctx, id, 1, {})).rejects.toMatchObject(invalid);
      expect(await statesOf(ctx, id)).toEqual(['1 published']);
    });
  });

  it('the last 200 versions are kept, read page by page, and the published one whatever its age', async () => {
    const database = await open();
    const ctx = makeTestCtx(database);
    const { id } = await createPipeline(ctx, wait(1));
    await database.query(
      `insert into pipeline.versions (pipeline_id, version, definition, node_count, is_published, created_by, created_at)
       select pipeline_id, n, definition, node_count, true, created_by, created_at
         from pipeline.versions, generate_series(2, 205) as n where pipeline_id = $1`,
      [id],
    );
    await database.query('update pipeline.pipelines set version = 206 where id = $1', [id]);
    await publishPipeline(ctx, id, {});
    const first = await listVersionPage(ctx, id, undefined, 150);
    const second = await listVersionPage(ctx, id, first.nextCursor ?? undefined, 150);
    expect(second.nextCursor).toBeNull();
    const versions = [...first.items, ...second.items].map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: 200 }, (_, index) => 206 - index));
  });
});
