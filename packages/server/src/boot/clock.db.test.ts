// The role that does what time asks for, as a whole: what each of its parts does is tested beside it.
import { expect, it } from 'vitest';
import { eachDatabase } from '../../test/db.ts';
import { makeTestCtx } from '../../test/make-ctx.ts';
import { waitFor } from '../../test/wait-for.ts';
import { emitEvents } from '../features/events/index.ts';
import { startClock } from './clock.ts';

eachDatabase((open) => {
  it('removes what is older than its limit soon after it began, not only when it has run for an hour', async () => {
    const ctx = makeTestCtx(await open());
    const subjects = async () => {
      const { rows } = await ctx.database.query<{ subject: string }>(
        "select subject from event.events where subject like 'runs/%' order by id",
      );
      return rows.map(({ subject }) => subject);
    };
    const tell = (subject: string) =>
      ctx.tx((tx) => emitEvents(ctx, tx, [{ type: 'pipelines.run-ended', subject, payload: {}, audience: {} }]));
    await tell('runs/old');
    ctx.clock.advance(31 * 86_400_000);
    await tell('runs/new');
    expect(await subjects()).toEqual(['runs/old', 'runs/new']);
    const stop = startClock({ ground: ctx }, 0);
    try {
      await waitFor('the old event to be gone', async () => (await subjects()).length === 1);
      expect(await subjects()).toEqual(['runs/new']);
    } finally {
      await stop();
    }
  });
});
