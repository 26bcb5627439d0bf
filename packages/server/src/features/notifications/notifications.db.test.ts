// The inbox: written with what it tells of, read page by page, marked, swept.
import type { Notification } from '@gathering/contract/notifications';
import { describe, expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx } from '../../../test/make-ctx.ts';
import { insertOwnerOfTests, insertUser } from '../../../test/make-user.ts';
import { readStoredEvents } from '../../../test/readable-events.ts';
import { actAs, type Ctx } from '../../ctx.ts';
import { notify } from './notify.ts';
import {
  listNeedsPerson,
  listNotifications,
  markAllNotifications,
  markNotification,
  removeOldNotifications,
} from './service.ts';

eachDatabase((open) => {
  const setUp = async () => {
    const database = await open();
    const ctx = makeTestCtx(database);
    await insertOwnerOfTests(database);
    const add = (title: string, urgency: Notification['urgency'] = 'info', link?: string) =>
      ctx.tx((tx) => notify(ctx, tx, { title, body: `About ${title}.`, urgency, link }));
    const list = (query: { limit?: number; cursor?: string; unread?: 'true' | 'false' } = {}) =>
      listNotifications(ctx, { query: { limit: 50, ...query } });
    const events = async () =>
      (await readStoredEvents(database)).map(({ event: { type, subject, payload } }) => ({
        type,
        subject,
        payload,
      }));
    return { database, ctx, add, list, events };
  };
  const titlesOf = (page: { items: readonly { title: string }[] }) => page.items.map(({ title }) => title);

  describe('notify', () => {
    it('writes a row and its event together, or neither', async () => {
      const { ctx, add, list, events } = await setUp();
      const id = await add('Review', 'needs-person', '/runs/1');
      const lost = ctx.tx(async (tx) => {
        await notify(ctx, tx, { title: 'Lost', body: '', urgency: 'info' });
        throw new Error('rolled back');
      });
      await expect(lost).rejects.toThrow('rolled back');
      expect((await list()).items).toEqual([
        {
          id,
          title: 'Review',
          body: 'About Review.',
          urgency: 'needs-person',
          link: '/runs/1',
          readAt: null,
          createdAt: ctx.clock.now().toISOString(),
        },
      ]);
      expect(await events()).toEqual([
        {
          type: 'notifications.created',
          subject: `notifications/${id}`,
          payload: { title: 'Review', urgency: 'needs-person', link: '/runs/1' },
        },
      ]);
    });

    it('cuts what is too long for an inbox', async () => {
      const { add, list } = await setUp();
      await add('👩‍🚀'.repeat(5000));
      const [only] = (await list()).items;
      expect(only?.title.length).toBeLessThanOrEqual(300);
      expect(only?.title.endsWith('…')).toBe(true);
      expect(only?.body.length).toBeLessThanOrEqual(10_000);
    });
  });

  describe('the list', () => {
    it('shows the latest first, page by page, all or only those that were read or were not', async () => {
      const { ctx, add, list } = await setUp();
      const ids: string[] = [];
      for (const title of ['1', '2', '3', '4', '5']) ids.push(await add(title));
      await markNotification(ctx, { params: { id: ids[1] ?? '' }, body: { read: true } });
      const first = await list({ limit: 2 });
      expect(titlesOf(first)).toEqual(['5', '4']);
      const second = await list({ limit: 2, cursor: first.nextCursor ?? '' });
      expect(titlesOf(second)).toEqual(['3', '2']);
      const third = await list({ limit: 2, cursor: second.nextCursor ?? '' });
      expect([titlesOf(third), third.nextCursor]).toEqual([['1'], null]);
      expect(titlesOf(await list({ unread: 'true' }))).toEqual(['5', '4', '3', '1']);
      expect(titlesOf(await list({ unread: 'false' }))).toEqual(['2']);
      await expect(list({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'request.invalid' });
    });

    it('knows what waits for a person and was not read', async () => {
      const { ctx, add } = await setUp();
      await add('news');
      const done = await add('decided', 'needs-person');
      const id = await add('decide', 'needs-person', '/runs/2');
      await markNotification(ctx, { params: { id: done }, body: { read: true } });
      expect(await listNeedsPerson(ctx)).toEqual([
        {
          notificationId: id,
          title: 'decide',
          body: 'About decide.',
          link: '/runs/2',
          createdAt: ctx.clock.now().toISOString(),
        },
      ]);
    });
  });

  describe('marking', () => {
    it('changes one and tells it once, however often it is asked for', async () => {
      const { ctx, add, events } = await setUp();
      const id = await add('1');
      const mark = (read: boolean) => markNotification(ctx, { params: { id }, body: { read } });
      expect((await mark(true)).readAt).toBe(ctx.clock.now().toISOString());
      ctx.clock.advance(1000);
      expect((await mark(true)).readAt).toBe(new Date(ctx.clock.now().getTime() - 1000).toISOString());
      expect((await mark(false)).readAt).toBeNull();
      expect((await events()).slice(1)).toEqual([
        { type: 'notifications.changed', subject: `notifications/${id}`, payload: { read: true } },
        { type: 'notifications.changed', subject: `notifications/${id}`, payload: { read: false } },
      ]);
    });

    it('refuses one that does not exist', async () => {
      const { ctx } = await setUp();
      const unknown = { params: { id: ctx.ids.next() }, body: { read: true } };
      await expect(markNotification(ctx, unknown)).rejects.toMatchObject({ code: 'notifications.not-found' });
    });

    it('marks all that were not read, and tells nothing when there are none', async () => {
      const { ctx, add, list, events } = await setUp();
      for (const title of ['1', '2', '3']) await add(title);
      expect(await markAllNotifications(ctx)).toEqual({ marked: 3 });
      expect(await markAllNotifications(ctx)).toEqual({ marked: 0 });
      expect((await list({ unread: 'true' })).items).toEqual([]);
      expect((await events()).slice(3)).toEqual([
        { type: 'notifications.changed', subject: 'notifications/all', payload: { read: true, marked: 3 } },
      ]);
    });
  });

  it('one of a person is theirs alone, one without a person is for operators, and each reads for themselves', async () => {
    const { ctx, database, add, list } = await setUp();
    const [member, operator] = [await insertUser(database), await insertUser(database, { role: 'operator' })];
    const asMember = actAs(ctx, member);
    const asOperator = actAs(ctx, operator);
    const told = (as: Ctx) => listNotifications(as, { query: { limit: 50 } }).then(titlesOf);
    const own = await ctx.tx((tx) =>
      notify(ctx, tx, { title: 'own', body: '', urgency: 'needs-person', userId: member.id }),
    );
    const shared = await add('shared', 'needs-person');
    expect([await told(asMember), await told(asOperator)]).toEqual([['own'], ['shared']]);
    expect(titlesOf(await list())).toEqual(['shared']);
    const mark = (as: Ctx, id: string) => markNotification(as, { params: { id }, body: { read: true } });
    for (const [as, id] of [
      [asMember, shared],
      [asOperator, own],
      [ctx, own],
    ] as const)
      await expect(mark(as, id)).rejects.toMatchObject({ code: 'notifications.not-found' });
    await mark(asOperator, shared);
    expect((await listNeedsPerson(asOperator)).length).toBe(0);
    expect((await listNeedsPerson(ctx)).map(({ title }) => title)).toEqual(['shared']);
    expect(await markAllNotifications(asMember)).toEqual({ marked: 1 });
    // Of somebody who was deleted meanwhile it is for operators, and nothing fails for it.
    const late = { title: 'late', body: '', urgency: 'info' as const, userId: ctx.ids.next() };
    await ctx.tx((tx) => notify(ctx, tx, late));
    expect(await told(asOperator)).toEqual(['late', 'shared']);
  });

  it('the sweep forgets what is old and was read', async () => {
    const { ctx, add, list } = await setUp();
    await markNotification(ctx, { params: { id: await add('old and read') }, body: { read: true } });
    await add('old');
    ctx.clock.advance(1000);
    const limit = ctx.clock.now();
    await markNotification(ctx, { params: { id: await add('new and read') }, body: { read: true } });
    expect(await removeOldNotifications(ctx, limit)).toBe(1);
    expect(titlesOf(await list())).toEqual(['new and read', 'old']);
  });
});
