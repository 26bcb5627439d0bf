// Circuit breakers for people: who sees which, closing one by hand, and that those nobody needs are forgotten.
import type { Role } from '@gathering/contract/permissions';
import { describe, expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx, owner, type TestCtx } from '../../../test/make-ctx.ts';
import { BreakerOpen, openBreakers } from '../../platform/breakers.ts';
import type { Database } from '../../platform/db/database.ts';
import { readEventsAfter } from '../events/index.ts';
import { listBreakers, removeUnusedBreakers, resetBreaker } from './breakers.ts';
import { tellBreakerChanged } from './tell-changes.ts';

type Query = Parameters<typeof listBreakers>[1]['query'];

function makeCtx(database: Database, role: Role = 'owner'): TestCtx {
  const ctx = makeTestCtx(database, { actor: { ...owner, role } });
  const { clock, log } = ctx;
  const onChange = (tx: Parameters<typeof tellBreakerChanged>[1], change: Parameters<typeof tellBreakerChanged>[2]) =>
    tellBreakerChanged({ clock, actor: owner }, tx, change);
  return { ...ctx, breakers: openBreakers({ database, clock, log, onChange }) };
}

async function fail(ctx: TestCtx, target: string, times = 5): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const failing = ctx.breakers.of(target).run(
      async () => {
        throw new Error('down');
      },
      () => ({ failed: 'it answered 503' }),
    );
    await expect(failing).rejects.toThrow('down');
  }
}

const list = async (ctx: TestCtx, query: Partial<Query> = {}) => listBreakers(ctx, { query: { limit: 50, ...query } });
const targetsOf = async (ctx: TestCtx, query: Partial<Query> = {}) =>
  (await list(ctx, query)).items.map(({ target }) => target);
const eventsOf = async (database: Database) =>
  (await readEventsAfter(database, '0-0', 100)).events.map(({ event }) => event);

eachDatabase((open) => {
  describe('the list of breakers', () => {
    it('shows what changed last first, page by page, by kind and state', async () => {
      const ctx = makeCtx(await open());
      await fail(ctx, 'vendor/one');
      ctx.clock.advance(1);
      await fail(ctx, 'host/a.org:443', 1);
      ctx.clock.advance(30_000);
      await fail(ctx, 'tool/letters_send');
      expect(await targetsOf(ctx)).toEqual(['tool/letters_send', 'host/a.org:443', 'vendor/one']);
      expect(await targetsOf(ctx, { state: 'open' })).toEqual(['tool/letters_send']);
      expect(await targetsOf(ctx, { state: 'half-open' })).toEqual(['vendor/one']);
      expect(await targetsOf(ctx, { state: 'closed', kind: 'host' })).toEqual(['host/a.org:443']);
      const first = await list(ctx, { limit: 2 });
      expect(await targetsOf(ctx, { limit: 2, cursor: first.nextCursor ?? '' })).toEqual(['vendor/one']);
      await expect(list(ctx, { cursor: 'nonsense' })).rejects.toMatchObject({ code: 'request.invalid' });
      expect(first.items[0]).toEqual({
        target: 'tool/letters_send',
        state: 'open',
        failures: 5,
        timesOpened: 1,
        lastError: 'it answered 503',
        lastFailedAt: '2026-11-01T10:00:30.001Z',
        openedAt: '2026-11-01T10:00:30.001Z',
        opensUntil: '2026-11-01T10:01:00.001Z',
        probing: false,
        updatedAt: '2026-11-01T10:00:30.001Z',
      });
    });

    it('hides hosts, which name what others work on, from whoever may not look into that', async () => {
      const database = await open();
      await fail(makeCtx(database), 'host/a.org:443');
      await fail(makeCtx(database), 'vendor/one');
      expect(await targetsOf(makeCtx(database, 'member'))).toEqual(['vendor/one']);
      expect(await targetsOf(makeCtx(database, 'member'), { kind: 'host' })).toEqual([]);
      expect(await targetsOf(makeCtx(database, 'operator'), { kind: 'host' })).toEqual(['host/a.org:443']);
      const { rows } = await database.query<{ subject: string; for_operators: boolean }>(
        'select subject, for_operators from event.events order by subject',
      );
      expect(rows).toEqual([
        { subject: 'host/a.org:443', for_operators: true },
        { subject: 'vendor/one', for_operators: false },
      ]);
    });
  });

  describe('closing a breaker by hand', () => {
    it('lets calls through at once, forgets how often it opened, and is audited and told', async () => {
      const database = await open();
      const ctx = makeCtx(database);
      const call = () =>
        ctx.breakers.of('vendor/one').run(
          async () => 'fine',
          () => 'answered',
        );
      await fail(ctx, 'vendor/one');
      await expect(call()).rejects.toThrow(BreakerOpen);
      const after = await resetBreaker(ctx, { body: { target: 'vendor/one' } });
      expect(after).toMatchObject({ state: 'closed', failures: 0, timesOpened: 0, opensUntil: null });
      expect(await call()).toBe('fine');
      const events = (await eventsOf(database)).map(({ type, subject, payload }) => [type, subject, payload]);
      const opened = { timesOpened: 1, opensUntil: '2026-11-01T10:00:30.000Z', error: 'it answered 503' };
      expect(events).toEqual([
        ['operations.breaker-opened', 'vendor/one', opened],
        ['operations.breaker-closed', 'vendor/one', { reset: true }],
      ]);
      const { rows } = await database.query('select action, object, details from audit.entries');
      const details = { state: 'open', failures: 5, timesOpened: 1 };
      expect(rows).toEqual([{ action: 'operations.reset-breaker', object: 'vendor/one', details }]);
    });

    it('is refused for one that is not known', async () => {
      const ctx = makeCtx(await open());
      await expect(resetBreaker(ctx, { body: { target: 'vendor/one' } })).rejects.toMatchObject({
        code: 'operations.breaker-not-found',
      });
    });
  });

  it('breakers that nothing happened to for a week are forgotten', async () => {
    const ctx = makeCtx(await open());
    await fail(ctx, 'host/a.org:443', 1);
    ctx.clock.advance(1000);
    const before = ctx.clock.now();
    await fail(ctx, 'host/b.org:443', 1);
    expect(await removeUnusedBreakers(ctx, before)).toBe(1);
    expect(await targetsOf(ctx)).toEqual(['host/b.org:443']);
  });
});
