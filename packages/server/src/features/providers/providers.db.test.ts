// Providers as an owner keeps them: keys that never come out, prices, usage, and a test question.
import { offlineModelId } from '@gathering/contract/providers';
import { beforeEach, describe, expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { startModelServer, usage } from '../../../test/fakes/model-server.ts';
import { makeTestCtx, type TestCtx } from '../../../test/make-ctx.ts';
import { knowsModel, requireModel } from './choose-model.ts';
import { openModel } from './open-model.ts';
import {
  changeProvider,
  createProvider,
  listProviders,
  readProvider,
  registerProviderUse,
  removeProvider,
} from './service.ts';
import { testProvider } from './test-provider.ts';
import { readUsage, recordUsage, summariseToday } from './usage.ts';

const key = 'sk-0123456789-abcdefghij-WXYZ';

eachDatabase((open) => {
  let ctx: TestCtx;
  beforeEach(async () => {
    ctx = makeTestCtx(await open());
  });

  const offline = async () => {
    const found = (await listProviders(ctx)).items.find(({ kind }) => kind === 'offline');
    if (found === undefined) throw new Error('There is no built-in provider.');
    return found;
  };

  describe('the built-in provider', () => {
    it('is there from the start, costs nothing, and cannot be changed or removed', async () => {
      const { id, models, builtIn } = await offline();
      expect(builtIn).toBe(true);
      expect(models).toEqual([
        { id: offlineModelId, priceSource: 'free', price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 } },
      ]);
      await expect(changeProvider(ctx, { params: { id }, body: { enabled: false } })).rejects.toMatchObject({
        code: 'providers.built-in',
      });
      await expect(removeProvider(ctx, { params: { id } })).rejects.toMatchObject({ code: 'providers.built-in' });
    });

    it('is opened when nothing is chosen, and answers a test question', async () => {
      expect(await openModel(ctx, null)).toMatchObject({ provider: 'offline', modelId: offlineModelId });
      const { id } = await offline();
      expect(await testProvider(ctx, { params: { id }, body: {} })).toMatchObject({ ok: true, model: offlineModelId });
    });
  });

  describe('a key', () => {
    it('goes in sealed and never comes out: not in answers, events, the audit record or the row', async () => {
      const made = await createProvider(ctx, { body: { name: 'claude', kind: 'anthropic', apiKey: key } });
      expect(made.keyHint).toBe('WXYZ');
      await changeProvider(ctx, { params: { id: made.id }, body: { apiKey: `${key}2` } });
      const told = [await listProviders(ctx), await readProvider(ctx, { params: { id: made.id } })];
      for (const table of ['provider.providers', 'audit.entries', 'event.events']) {
        told.push((await ctx.database.query(`select * from ${table}`)).rows as never);
      }
      expect(JSON.stringify(told)).not.toContain(key.slice(0, 20));
    });

    it('opens only where it belongs: moved to another row it is refused with the mend', async () => {
      const one = await createProvider(ctx, { body: { name: 'one', kind: 'openai', apiKey: key } });
      const two = await createProvider(ctx, { body: { name: 'two', kind: 'openai', apiKey: 'another-key-123456' } });
      await ctx.database.query(
        'update provider.providers set sealed_key = (select sealed_key from provider.providers where id = $1) where id = $2',
        [one.id, two.id],
      );
      const opening = openModel(ctx, { provider: 'two', model: 'gpt-5.5' });
      await expect(opening).rejects.toMatchObject({
        code: 'providers.call-failed',
        detail: expect.stringContaining('anew'),
      });
    });

    it('goes to no other address than the one that it was entered for', async () => {
      const body = { name: 'own', kind: 'openai-compatible' as const, baseUrl: 'http://127.0.0.1:9/v1', apiKey: key };
      const { id } = await createProvider(ctx, { body });
      const change = (to: { baseUrl?: string; apiKey?: string | null; name?: string }) =>
        changeProvider(ctx, { params: { id }, body: to });
      const baseUrl = 'http://127.0.0.1:10/v1';
      await expect(change({ baseUrl })).rejects.toMatchObject({ code: 'request.invalid', faults: [{ at: '/apiKey' }] });
      expect(await readProvider(ctx, { params: { id } })).toMatchObject({ baseUrl: body.baseUrl, keyHint: 'WXYZ' });
      expect(await change({ baseUrl: body.baseUrl, name: 'mine' })).toMatchObject({ keyHint: 'WXYZ' });
      expect(await change({ baseUrl, apiKey: `${key}2` })).toMatchObject({ baseUrl, keyHint: 'XYZ2' });
      expect(await change({ baseUrl: body.baseUrl, apiKey: null })).toMatchObject({ keyHint: null });
      expect(await change({ baseUrl })).toMatchObject({ baseUrl, keyHint: null });
    });

    it('that is missing is named before anybody is asked, and none is taken from the environment', async () => {
      await createProvider(ctx, { body: { name: 'plain', kind: 'openai' } });
      const opening = openModel(ctx, { provider: 'plain', model: 'gpt-5.5' });
      await expect(opening).rejects.toMatchObject({
        code: 'providers.call-failed',
        detail: expect.stringContaining('has no key'),
      });
    });
  });

  describe('a provider', () => {
    it('keeps what a change leaves out', async () => {
      const body = { name: 'own', kind: 'openai-compatible' as const, baseUrl: 'http://127.0.0.1:9/v1', apiKey: key };
      const made = await createProvider(ctx, { body });
      const changed = await changeProvider(ctx, { params: { id: made.id }, body: { enabled: false } });
      expect(changed).toMatchObject({ name: 'own', baseUrl: body.baseUrl, keyHint: 'WXYZ', enabled: false });
      const opening = openModel(ctx, { provider: 'own', model: 'x' });
      await expect(opening).rejects.toMatchObject({ detail: expect.stringContaining('switched off') });
      expect((await changeProvider(ctx, { params: { id: made.id }, body: { apiKey: null } })).keyHint).toBeNull();
    });

    it('has a name of its own, and an address where its kind has none', async () => {
      const same = createProvider(ctx, { body: { name: 'offline', kind: 'ollama' } });
      await expect(same).rejects.toMatchObject({ code: 'providers.name-taken' });
      const nowhere = createProvider(ctx, { body: { name: 'x', kind: 'openai-compatible' } });
      await expect(nowhere).rejects.toMatchObject({ code: 'request.invalid', faults: [{ at: '/baseUrl' }] });
    });

    it('is neither removed nor renamed under what chose it', async () => {
      const made = await createProvider(ctx, { body: { name: 'used', kind: 'openai', apiKey: key } });
      let users = ['the agent Editor'];
      registerProviderUse(async (_handle, name) => (name === 'used' ? users : []));
      const params = { id: made.id };
      await expect(removeProvider(ctx, { params })).rejects.toMatchObject({ code: 'providers.in-use' });
      await expect(changeProvider(ctx, { params, body: { name: 'new' } })).rejects.toMatchObject({
        code: 'providers.in-use',
      });
      users = [];
      await removeProvider(ctx, { params });
      await expect(readProvider(ctx, { params })).rejects.toMatchObject({ code: 'providers.not-found' });
    });

    it('offers the short list of its vendor with prices, or what the owner lists with the owner first', async () => {
      const made = await createProvider(ctx, { body: { name: 'vendor', kind: 'anthropic', apiKey: key } });
      expect(made.models.length).toBeGreaterThan(1);
      expect(made.models.every(({ priceSource, price }) => priceSource === 'catalogue' && price !== null)).toBe(true);
      const price = { inputUsdPerMillion: 1.5, outputUsdPerMillion: 2 };
      const models = [{ id: 'claude-sonnet-5', price }, { id: 'claude-haiku-4-5' }, { id: 'unheard-of' }];
      const changed = await changeProvider(ctx, { params: { id: made.id }, body: { models } });
      expect(changed.models.map(({ id, priceSource }) => [id, priceSource])).toEqual([
        ['claude-sonnet-5', 'owner'],
        ['claude-haiku-4-5', 'catalogue'],
        ['unheard-of', 'unknown'],
      ]);
      expect((await openModel(ctx, { provider: 'vendor', model: 'claude-sonnet-5' })).price).toEqual(price);
    });

    it('is chosen with a model that it lists', async () => {
      await createProvider(ctx, { body: { name: 'vendor', kind: 'mistral', apiKey: key, models: [{ id: 'm-1' }] } });
      expect(await knowsModel(ctx, { provider: 'vendor', model: 'm-1' })).toBe(true);
      const other = requireModel(ctx, { provider: 'vendor', model: 'm-2' });
      await expect(other).rejects.toMatchObject({ code: 'providers.model-unknown' });
      const nobody = requireModel(ctx, { provider: 'nobody', model: 'm' });
      await expect(nobody).rejects.toMatchObject({ code: 'providers.not-found' });
    });

    it('answers a test question, or says in a sentence why not, and leaves its key out of it', async () => {
      const server = await startModelServer();
      server.mock.onMessage(/ready/, { content: 'ready', usage });
      const body = {
        name: 'own',
        kind: 'openai-compatible' as const,
        baseUrl: server.baseUrl,
        apiKey: key,
        models: [{ id: 'm' }],
      };
      const { id } = await createProvider(ctx, { body });
      expect(await testProvider(ctx, { params: { id }, body: {} })).toMatchObject({
        ok: true,
        answer: 'ready',
        model: 'm',
      });
      await changeProvider(ctx, { params: { id }, body: { baseUrl: 'http://127.0.0.1:9/v1', apiKey: key } });
      const failed = await testProvider(ctx, { params: { id }, body: undefined });
      expect(failed).toMatchObject({ ok: false, answer: null });
      expect(failed.message).toMatch(/^The model did not answer: /);
      expect(failed.message).not.toContain(key);
      expect((await summariseToday(ctx)).modelCalls).toBe(1);
    });
  });

  describe('usage', () => {
    const call = { provider: 'p', model: 'm', inputTokens: 100, outputTokens: 10, costUsd: 0.5 };

    it('is summed by day and model, and its cost is unknown once a price was', async () => {
      await ctx.tx(async (tx) => {
        await recordUsage(ctx, tx, call);
        await recordUsage(ctx, tx, call);
        await recordUsage(ctx, tx, { ...call, model: 'n', costUsd: null });
      });
      ctx.clock.advance(86_400_000);
      await ctx.tx((tx) => recordUsage(ctx, tx, call));
      expect(await readUsage(ctx, { query: { days: 30 } })).toEqual({
        items: [
          { day: '2026-11-02', provider: 'p', model: 'm', calls: 1, inputTokens: 100, outputTokens: 10, costUsd: 0.5 },
          { day: '2026-11-01', provider: 'p', model: 'm', calls: 2, inputTokens: 200, outputTokens: 20, costUsd: 1 },
          { day: '2026-11-01', provider: 'p', model: 'n', calls: 1, inputTokens: 100, outputTokens: 10, costUsd: null },
        ],
      });
      expect((await readUsage(ctx, { query: { days: 1 } })).items).toHaveLength(1);
      expect(await summariseToday(ctx)).toEqual({ modelCalls: 1, inputTokens: 100, outputTokens: 10, costUsd: 0.5 });
    });

    it('of many calls at once loses none', async () => {
      await Promise.all(Array.from({ length: 20 }, () => ctx.tx((tx) => recordUsage(ctx, tx, call))));
      expect(await summariseToday(ctx)).toMatchObject({ modelCalls: 20, inputTokens: 2000 });
    });
  });
});
