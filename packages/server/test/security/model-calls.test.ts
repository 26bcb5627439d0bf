// How often the agents of one user may ask models: a question beyond it waits until it may be asked, or ends its turn with a
// reason where that is too late.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { actorName } from '../../src/ctx.ts';
import { runTurn } from '../../src/features/agents/run-turn.ts';
import { sendMessage } from '../../src/features/agents/send-message.ts';
import { openRateLimiter, scaleRate } from '../../src/platform/rate-limiter.ts';
import { makeAgentWorld, makeCountingTool } from '../agent-world.ts';
import { eachDatabase, type OpenDatabase } from '../db.ts';
import { startChatModel } from '../fakes/chat-model.ts';

const factor = 0.01;
const { limit } = scaleRate('model-calls', factor);

async function makeWorld(open: OpenDatabase, questions: number) {
  const database = await open();
  const tool = makeCountingTool('none');
  // Another argument each time, so that it is no repetition.
  const model = await startChatModel((asked) =>
    asked % questions < questions - 1
      ? { calls: [{ tool: tool.name, input: { path: `${asked}.txt` } }] }
      : { text: 'I have read them all.' },
  );
  const world = await makeAgentWorld(database, { tools: [tool], baseUrl: model.baseUrl });
  const rates = openRateLimiter(database, factor);
  return { ...world, ctx: { ...world.ctx, rates }, model };
}

eachDatabase((open) => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-01T10:00:00.000Z') });
    return () => void vi.useRealTimers();
  });

  describe('a turn that asks more than its user may', () => {
    it('waits until it may go on, and completes', async () => {
      const { ctx, chatId, model } = await makeWorld(open, limit + 2);
      const { turnId } = await sendMessage(ctx, { chatId, text: 'Read them all.' });
      const pauses: number[] = [];
      const pause = async (ms: number): Promise<void> => {
        pauses.push(ms);
        expect(model.calls.length).toBe(limit);
        vi.setSystemTime(Date.now() + ms);
        ctx.clock.advance(ms);
      };
      expect(await runTurn(ctx, turnId, { tuning: { pause } })).toMatchObject({ status: 'completed' });
      expect(pauses).toEqual([60_000]);
      expect(model.calls.length).toBe(limit + 2);
    });

    it('ends with the reason where that is later than it may take', async () => {
      const { ctx, chatId, model } = await makeWorld(open, limit + 2);
      const { turnId } = await sendMessage(ctx, { chatId, text: 'Read them all.' });
      for (let at = 0; at < limit; at += 1) await ctx.rates.count('model-calls', actorName(ctx.actor));
      const outcome = await runTurn(ctx, turnId, {
        tuning: {
          pause: async (ms) => {
            // Whoever else asks for this user is quicker, again and again.
            vi.setSystemTime(Date.now() + ms);
            ctx.clock.advance(ms);
            for (let at = 0; at < limit; at += 1) await ctx.rates.count('model-calls', actorName(ctx.actor));
          },
        },
      });
      expect(outcome).toMatchObject({ status: 'failed', stopReason: 'model-failed' });
      expect(JSON.stringify(outcome)).toContain(`may ask models ${limit} times a minute`);
      expect(model.calls.length).toBe(0);
    });

    it('keeps no other user waiting', async () => {
      const { ctx, chatId } = await makeWorld(open, 1);
      for (let at = 0; at <= limit; at += 1) await ctx.rates.count('model-calls', 'users/another');
      const { turnId } = await sendMessage(ctx, { chatId, text: 'Read them all.' });
      const pause = () => Promise.reject(new Error('It waited.'));
      expect(await runTurn(ctx, turnId, { tuning: { pause } })).toMatchObject({ status: 'completed' });
    });
  });
});
