// The audit record: it only grows, on both databases, and is read page by page.
import type { AuditFilter } from '@gathering/contract/audit';
import { expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import type { Actor } from '../../ctx.ts';
import { ManualClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import { systemIds } from '../../platform/ids.ts';
import { writePageCursor } from '../../platform/page-cursor.ts';
import { listEntries } from './list-entries.ts';
import { type AuditRecord, recordAudit } from './record-audit.ts';

const actor: Actor = {
  kind: 'user',
  id: 'u1',
  role: 'owner',
  scopes: null,
  credential: 'access-token',
  projects: 'all',
  sessionId: null,
  address: '192.0.2.1',
};

function makeCtx(database: Database) {
  const clock = new ManualClock(new Date('2026-11-01T10:00:00.000Z'));
  return { database, clock, ids: systemIds, actor, requestId: 'request-1' };
}

async function record(database: Database, actions: readonly string[]): Promise<void> {
  const ctx = makeCtx(database);
  await database.transaction(async (tx) => {
    for (const action of actions) await recordAudit(ctx, tx, { action });
  });
}

eachDatabase((open) => {
  it('keeps what is recorded with all that it says', async () => {
    const database = await open();
    const ctx = makeCtx(database);
    await database.transaction((tx) =>
      recordAudit(ctx, tx, {
        action: 'projects.remove',
        object: 'projects/p1',
        result: 'failed',
        details: { name: 'a "quoted" name', list: [1, null] },
      }),
    );
    expect((await listEntries(ctx, { query: { limit: 10 } })).items).toEqual([
      {
        id: expect.any(String),
        at: '2026-11-01T10:00:00.000Z',
        action: 'projects.remove',
        actor: 'users/u1',
        address: '192.0.2.1',
        object: 'projects/p1',
        result: 'failed',
        details: { name: 'a "quoted" name', list: [1, null] },
        requestId: 'request-1',
        position: null,
        hash: null,
      },
    ]);
  });

  it('records nothing when the transaction is rolled back', async () => {
    const database = await open();
    const ctx = makeCtx(database);
    const failed = database.transaction(async (tx) => {
      await recordAudit(ctx, tx, { action: 'projects.remove' });
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect((await listEntries(ctx, { query: { limit: 10 } })).items).toEqual([]);
  });

  it('refuses to change or remove an entry, whoever asks', async () => {
    const database = await open();
    await record(database, ['auth.sign-in']);
    for (const statement of [
      `update audit.entries set actor = 'users/other'`,
      'delete from audit.entries',
      'truncate audit.entries',
      `insert into audit.entries (id, at, action, actor, result, details)
       select id, at, action, actor, result, details from audit.entries on conflict (id) do update set actor = 'users/other'`,
    ]) {
      await expect(database.query(statement)).rejects.toThrow('never changed or removed');
    }
    expect((await listEntries(makeCtx(database), { query: { limit: 10 } })).items).toMatchObject([
      { actor: 'users/u1' },
    ]);
  });

  it('is filtered by who, what, to what, result and time, each filter alone and all together', async () => {
    const database = await open();
    const ctx = makeCtx(database);
    const write = (id: string, more: Partial<AuditRecord>, at: string) => {
      const late = { ...ctx, actor: { ...actor, id }, clock: new ManualClock(new Date(at)) };
      return database.transaction((tx) => recordAudit(late, tx, { action: 'projects.change', ...more }));
    };
    await write('a', { object: 'projects/1' }, '2026-11-01T10:00:00.000Z');
    await write('a', { object: 'projects/2', result: 'refused' }, '2026-11-01T10:00:01.000Z');
    await write('b', { object: 'projects/1', action: 'projects.remove' }, '2026-11-01T10:00:02.000Z');
    const list = async (filter: AuditFilter) =>
      (await listEntries(ctx, { query: { limit: 10, ...filter } })).items.map(({ at }) => at.slice(18, 19)).join('');
    expect(await list({})).toBe('210');
    expect(await list({ actor: 'users/a' })).toBe('10');
    expect(await list({ object: 'projects/1' })).toBe('20');
    expect(await list({ result: 'refused' })).toBe('1');
    expect(await list({ action: 'projects.remove' })).toBe('2');
    expect(await list({ from: '2026-11-01T10:00:01.000Z' })).toBe('21');
    expect(await list({ to: '2026-11-01T10:00:01.000Z' })).toBe('0');
    const both = { from: '2026-11-01T10:00:00.000Z', to: '2026-11-01T10:00:02.000Z' };
    expect(await list({ ...both, actor: 'users/a', object: 'projects/2', result: 'refused' })).toBe('1');
    expect(await list({ actor: "users/a' or true --" })).toBe('');
  });

  it('is read page by page, the latest first, and by action', async () => {
    const database = await open();
    const ctx = makeCtx(database);
    const actions = Array.from({ length: 7 }, (_, index) =>
      index % 2 === 0 ? 'auth.sign-in' : `projects.step-${index}`,
    );
    await record(database, actions);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listEntries(ctx, { query: { limit: 3, cursor } });
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map(({ action }) => action));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(actions.toReversed());
    const signIns = await listEntries(ctx, { query: { limit: 4, action: 'auth.sign-in' } });
    expect(signIns.items).toHaveLength(4);
    expect(signIns.nextCursor).toBeNull();
    const times = ['1', '2026-11-01', '-271821-04-20T00:00:00.000Z', '+275760-09-13T00:00:00.000Z'];
    for (const foreign of ['page two', ...times.map((at) => writePageCursor([at, systemIds.next()]))]) {
      const asked = listEntries(ctx, { query: { limit: 3, cursor: foreign } });
      await expect(asked).rejects.toMatchObject({ code: 'request.invalid', faults: [{ at: '/cursor' }] });
    }
  });

  it('can be asked for any time that is written as one, also before there was a calendar', async () => {
    const database = await open();
    await record(database, ['projects.create']);
    const found = async (filter: AuditFilter) =>
      (await listEntries(makeCtx(database), { query: { limit: 3, ...filter } })).items.length;
    expect(await found({ from: '0000-01-01T00:00:00Z', to: '9999-12-31T23:59:59.999Z' })).toBe(1);
    expect(await found({ to: '0000-01-01T00:00:00Z' })).toBe(0);
  });
});
