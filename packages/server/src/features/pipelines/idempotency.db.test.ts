// Idempotency keys over time: good for a day, then free again, and removed.
import { expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx } from '../../../test/make-ctx.ts';
import { claimStarts, outcomeOf } from './claim-starts.ts';
import { claimOfKey, readRepeated, removeExpiredKeys } from './idempotency.ts';

const hourMs = 3_600_000;

eachDatabase((open) => {
  it('a key is good for a day and may then be used again', async () => {
    const ctx = makeTestCtx(await open());
    const claim = async (fingerprint: string) => {
      const plan = { id: ctx.ids.next(), claims: { idempotency: claimOfKey(ctx, 'users/a', 'key', fingerprint) } };
      const started = await ctx.tx((tx) => claimStarts(tx, [plan]));
      return { id: plan.id, isStarted: started.length === 1, outcome: outcomeOf(plan) };
    };
    const first = await claim('one');
    expect(first.isStarted).toBe(true);
    ctx.clock.advance(23 * hourMs);
    expect((await claim('one')).outcome).toEqual({ kind: 'repeated', runId: first.id });
    expect((await claim('two')).outcome).toEqual({ kind: 'mismatch' });
    expect(await readRepeated(ctx, claimOfKey(ctx, 'users/a', 'key', 'one'))).toBe(first.id);
    const elsewhere = await readRepeated(ctx, claimOfKey(ctx, 'users/b', 'key', 'one'));
    expect(elsewhere).toBeNull();
    ctx.clock.advance(hourMs);
    expect(await readRepeated(ctx, claimOfKey(ctx, 'users/a', 'key', 'two'))).toBeNull();
    expect((await claim('two')).isStarted).toBe(true);
    expect(await removeExpiredKeys(ctx)).toBe(0);
    ctx.clock.advance(25 * hourMs);
    expect(await removeExpiredKeys(ctx)).toBe(1);
  });

  it('of two in one commit the first starts, whatever order their keys have', async () => {
    const ctx = makeTestCtx(await open());
    const plans = ['b', 'a', 'b', 'a'].map((key) => ({
      id: ctx.ids.next(),
      claims: { idempotency: claimOfKey(ctx, 'users/a', key, 'same') },
    }));
    const started = await ctx.tx((tx) => claimStarts(tx, plans));
    expect(started.map(({ id }) => id)).toEqual([plans[0]?.id, plans[1]?.id]);
    expect(plans.map(outcomeOf)).toEqual([
      { kind: 'started' },
      { kind: 'started' },
      { kind: 'repeated', runId: plans[0]?.id },
      { kind: 'repeated', runId: plans[1]?.id },
    ]);
  });
});
