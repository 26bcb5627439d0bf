// Talking with an agent: a message makes a turn and its job, the answer is kept whether or not anybody waits, and it
// can be stopped. With the built-in model and with one on a local port.
import type { Delta } from '@gathering/contract/frames';
import type { Permission } from '@gathering/contract/permissions';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AgentWorld, makeAgentWorld, makeCountingTool } from '../../../test/agent-world.ts';
import { eachDatabase } from '../../../test/db.ts';
import { startModelServer, startToolCallingModel, usage } from '../../../test/fakes/model-server.ts';
import type { Actor, Ctx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';
import { writePageCursor } from '../../platform/page-cursor.ts';
import { removeAgent } from './agent-service.ts';
import { createChat, listChats, listMessages, removeChat } from './chat-service.ts';
import { agentJobs } from './jobs.ts';
import { readTurn } from './read-turn.ts';
import { runTurn } from './run-turn.ts';
import { sendMessage, stopTurn, waitForAnswer } from './send-message.ts';
import { sendFrame, stopFrame, watchFrame } from './socket.ts';

/** Runs the job of a turn as a worker would. */
async function work({ queue }: AgentWorld, ctx: Ctx, at = -1): Promise<void> {
  const job = queue.jobs.at(at);
  if (job?.id === undefined) throw new Error('There is no job to run.');
  await agentJobs[0]?.run(ctx, { id: job.id, payload: job.payload, attempt: 0 });
}

const messagesOf = async ({ ctx }: AgentWorld, chatId: string) =>
  (await listMessages(ctx, { params: { id: chatId }, query: { limit: 50 } })).items;

async function eventsOf({ ctx }: AgentWorld, chatId: string): Promise<string[]> {
  const { rows } = await ctx.database.query<{ type: string }>(
    'select type from event.events where $1 = any(related) or subject = $1 order by xid, id',
    [`chats/${chatId}`],
  );
  return rows.map((row) => row.type);
}

eachDatabase((open) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  });

  describe('a message', () => {
    it('is answered with the rights of whoever spoke: gone, lesser or no member by now, they get none', async () => {
      const world = await makeAgentWorld(database);
      const { ctx, chatId } = world;
      const spoken = async (now: Actor | null, projectId: string | null = null) => {
        const { turnId } = await sendMessage(ctx, { chatId, text: 'Hello' });
        await database.query('update agent.turns set project_id = $2 where id = $1', [turnId, projectId]);
        await work(world, { ...ctx, findActor: async () => now });
        return (await readTurn(ctx, turnId)).stopReason;
      };
      expect(await spoken(ctx.actor)).toBe('completed');
      expect(await spoken(null)).toBe('not-allowed');
      expect(await spoken({ ...ctx.actor, role: 'viewer' })).toBe('not-allowed');
      expect(await spoken({ ...ctx.actor, scopes: ['agents.read'] })).toBe('not-allowed');
      expect(await spoken({ ...ctx.actor, role: 'member', projects: new Set() }, ctx.ids.next())).toBe('not-allowed');
      expect((await messagesOf(world, chatId)).filter(({ role }) => role === 'assistant')).toHaveLength(5);
    });

    it('of an agent whose tools whoever spoke may not use any more is answered without them', async () => {
      const tool = makeCountingTool('none');
      const world = await makeAgentWorld(database, { tools: [tool] });
      const { ctx, chatId } = world;
      const { turnId } = await sendMessage(ctx, { chatId, text: 'Read the file notes.txt' });
      let asked = 0;
      const scopes: Permission[] = ['agents.chat'];
      const findActor = async () => ({ ...ctx.actor, scopes: asked++ === 0 ? null : scopes });
      await work(world, { ...ctx, findActor });
      const { steps } = await readTurn(ctx, turnId);
      expect(steps.find(({ kind }) => kind === 'tool')?.output).toMatchObject({
        ok: false,
        code: 'skills.tool-forbidden',
      });
      expect(tool.keys).toEqual([]);
    });

    it('is answered by the built-in model, which says what it is, for nothing', async () => {
      const tool = makeCountingTool('none');
      const world = await makeAgentWorld(database, { tools: [tool] });
      const { ctx, chatId } = world;
      const { turnId } = await sendMessage(ctx, { chatId, text: 'Read the file notes.txt' });
      expect(world.queue.jobs).toMatchObject([{ name: 'agents.run-turn', payload: { turnId } }]);
      const [answer] = await Promise.all([waitForAnswer(ctx, chatId, turnId), work(world, ctx)]);
      expect(answer).toMatchObject({
        role: 'assistant',
        turnId,
        provider: 'offline',
        stopReason: 'completed',
        costUsd: 0,
      });
      expect(answer.text.toLowerCase()).toContain('offline');
      expect(answer.text).toContain('hello from notes.txt');
      expect(answer.toolCalls).toMatchObject([{ tool: 'files_read', ok: true, input: { path: 'notes.txt' } }]);
      expect(await eventsOf(world, chatId)).toEqual([
        'agents.chat-created',
        'agents.message-added',
        'agents.turn-started',
        'agents.step-ended',
        'agents.step-ended',
        'agents.step-ended',
        'agents.message-added',
        'agents.turn-ended',
      ]);
    });

    it('names its chat, and the next one is answered with what was said before', async () => {
      const model = await startModelServer();
      model.mock.onMessage(/name/, { content: 'You are Ada.', usage });
      model.mock.onMessage(/./, { content: 'Hello Ada.', usage });
      const world = await makeAgentWorld(database, { baseUrl: model.baseUrl });
      const { ctx, chatId, agentId } = world;
      await sendMessage(ctx, { chatId, text: 'I am Ada.\nSecond line.' });
      await work(world, ctx);
      const { items } = await listChats(ctx, { params: { id: agentId }, query: { limit: 10 } });
      expect(items.map(({ title }) => title)).toEqual(['I am Ada.']);
      await sendMessage(ctx, { chatId, text: 'What is my name?' });
      await work(world, ctx);
      const asked = JSON.stringify(model.mock.getLastRequest()?.body);
      expect(asked).toContain('I am Ada.');
      expect(asked).toContain('Hello Ada.');
      expect((await messagesOf(world, chatId)).map(({ text }) => text)[0]).toBe('You are Ada.');
    });

    it('is refused while the agent is still answering in this chat, but not in another one', async () => {
      const world = await makeAgentWorld(database);
      const { ctx, chatId, agentId } = world;
      await sendMessage(ctx, { chatId, text: 'First' });
      await expect(sendMessage(ctx, { chatId, text: 'Second' })).rejects.toMatchObject({ code: 'agents.turn-running' });
      expect(await messagesOf(world, chatId)).toHaveLength(1);
      const other = await createChat(ctx, { params: { id: agentId }, body: { projectId: null } });
      await sendMessage(ctx, { chatId: other.id, text: 'Third' });
      await Promise.all([work(world, ctx, 0), work(world, ctx, 1)]);
      expect((await messagesOf(world, chatId))[0]).toMatchObject({ role: 'assistant', stopReason: 'completed' });
      expect((await messagesOf(world, other.id))[0]).toMatchObject({ role: 'assistant', stopReason: 'completed' });
    });

    it('of two that come at once only one is taken', async () => {
      const { ctx, chatId, queue } = await makeAgentWorld(database);
      const sent = await Promise.allSettled(['a', 'b', 'c'].map((text) => sendMessage(ctx, { chatId, text })));
      expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(queue.jobs).toHaveLength(1);
    });

    it('is answered also when nobody waits any more', async () => {
      const world = await makeAgentWorld(database);
      const { ctx, chatId } = world;
      const gone = new AbortController();
      const { turnId } = await sendMessage(ctx, { chatId, text: 'Hello' });
      const waiting = waitForAnswer({ ...ctx, signal: gone.signal }, chatId, turnId);
      gone.abort(new Error('gone'));
      await expect(waiting).rejects.toMatchObject({ code: 'server.draining' });
      await work(world, ctx);
      expect((await messagesOf(world, chatId))[0]).toMatchObject({ role: 'assistant' });
    });

    it('with signs that no text column takes is kept all the same', async () => {
      const world = await makeAgentWorld(database);
      await sendMessage(world.ctx, { chatId: world.chatId, text: 'nul \0 and half \uD83D a pair' });
      await work(world, world.ctx);
      expect((await messagesOf(world, world.chatId)).at(-1)?.text).toBe('nul \uFFFD and half \uFFFD a pair');
    });

    it('that no model can answer ends with a reason and a sentence, and the chat is free again', async () => {
      const world = await makeAgentWorld(database, { baseUrl: 'http://127.0.0.1:9/v1' });
      await sendMessage(world.ctx, { chatId: world.chatId, text: 'Hello' });
      const { turnId } = world.queue.jobs[0]?.payload ?? {};
      const outcome = await runTurn(world.ctx, String(turnId), { tuning: { pause: async () => undefined } });
      expect(outcome).toMatchObject({
        status: 'failed',
        stopReason: 'model-failed',
        detail: expect.stringContaining('tries'),
      });
      await sendMessage(world.ctx, { chatId: world.chatId, text: 'Again' });
    });

    it('whose job fails for the last time ends with a reason, and the chat is free again', async () => {
      const world = await makeAgentWorld(database);
      const { turnId } = await sendMessage(world.ctx, { chatId: world.chatId, text: 'Hello' });
      await agentJobs[0]?.exhausted?.(world.ctx, { id: 'j', payload: { turnId }, attempt: 9 }, 'the disk was full');
      const answer = await waitForAnswer(world.ctx, world.chatId, turnId);
      expect(answer).toMatchObject({ stopReason: 'model-failed' });
      await sendMessage(world.ctx, { chatId: world.chatId, text: 'Again' });
    });
  });

  describe('an answer that is being written', () => {
    it('is shown piece by piece, in order, with its tool calls', async () => {
      const tool = makeCountingTool('none');
      const model = await startToolCallingModel({ name: tool.name, arguments: { path: 'a.txt' } });
      const world = await makeAgentWorld(database, { tools: [tool], baseUrl: model.baseUrl });
      const shown: { sequence: number; delta: Delta }[] = [];
      world.ctx.deltas.subscribe((chatId, _turnId, sequence, delta) => {
        if (chatId === world.chatId) shown.push({ sequence, delta });
      });
      await sendMessage(world.ctx, { chatId: world.chatId, text: 'Read a.txt' });
      await work(world, world.ctx);
      const kinds = shown.map(({ delta }) => delta.kind).filter((kind, at, all) => kind !== all[at - 1]);
      expect(kinds).toEqual(['turn-started', 'tool-called', 'tool-ended', 'text', 'turn-ended']);
      expect(shown.map(({ sequence }) => sequence)).toEqual(shown.map((_, at) => (shown[0]?.sequence ?? 0) + at));
      const words = shown.map(({ delta }) => (delta.kind === 'text' ? delta.text : '')).join('');
      expect(words).toBe('The file says hello.');
    });

    it('keeps what was written of it when somebody stops it', async () => {
      const model = await startModelServer();
      model.mock.onMessage(/./, { content: 'word '.repeat(500), usage }, { chunkSize: 5, latency: 20 });
      const world = await makeAgentWorld(database, { baseUrl: model.baseUrl });
      const { ctx, chatId } = world;
      const begun = Promise.withResolvers<void>();
      ctx.deltas.subscribe((chat, _turnId, _sequence, delta) => {
        if (chat === chatId && delta.kind === 'text') begun.resolve();
      });
      const { turnId } = await sendMessage(ctx, { chatId, text: 'Talk' });
      const working = work(world, ctx);
      await begun.promise;
      await stopFrame(ctx, { type: 'agents.stop', chatId });
      await working;
      const answer = await waitForAnswer(ctx, chatId, turnId);
      expect(answer).toMatchObject({ stopReason: 'cancelled', text: expect.stringMatching(/^word/) });
      expect(world.queue.cancelled).toHaveLength(1);
      expect(await stopTurn(ctx, chatId)).toEqual({ stopped: false });
    });

    it('is left as it is when the process drains, and goes on elsewhere', async () => {
      const model = await startModelServer();
      model.mock.onMessage(/./, { content: 'All is well.', usage });
      const world = await makeAgentWorld(database, { baseUrl: model.baseUrl });
      const drain = new AbortController();
      const draining: Ctx = {
        ...world.ctx,
        signal: drain.signal,
        tx: async (run) => {
          const result = await world.ctx.tx(run);
          drain.abort(new Error('The process drains.'));
          return result;
        },
      };
      await sendMessage(world.ctx, { chatId: world.chatId, text: 'Hello' });
      await expect(work(world, draining)).rejects.toThrow('The process drains.');
      await work(world, world.ctx);
      expect((await messagesOf(world, world.chatId))[0]).toMatchObject({
        text: 'All is well.',
        stopReason: 'completed',
      });
    });

    it('that was stopped before it began is never asked for', async () => {
      const model = await startModelServer();
      const world = await makeAgentWorld(database, { baseUrl: model.baseUrl });
      await sendMessage(world.ctx, { chatId: world.chatId, text: 'Hello' });
      expect(await stopTurn(world.ctx, world.chatId)).toEqual({ stopped: true });
      await work(world, world.ctx);
      expect(model.requests()).toBe(0);
    });
  });

  describe('a chat', () => {
    it('is listed page by page, and no other text is taken for a cursor', async () => {
      const world = await makeAgentWorld(database);
      const { ctx, agentId } = world;
      const list = (cursor?: string) => listChats(ctx, { params: { id: agentId }, query: { limit: 1, cursor } });
      await createChat(ctx, { params: { id: agentId }, body: { projectId: null } });
      const first = await list();
      const second = await list(first.nextCursor ?? undefined);
      expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(2);
      for (const at of ['1', 'May 2026', '-271821-04-20T00:00:00.000Z', '0000-01-01T00:00:00.000Z']) {
        const foreign = list(writePageCursor([at, ctx.ids.next()]));
        await expect(foreign).rejects.toMatchObject({ code: 'request.invalid', faults: [{ at: '/cursor' }] });
      }
    });

    it('is not removed under an answer, and goes with its agent, whose answers are stopped', async () => {
      const world = await makeAgentWorld(database);
      const { ctx, chatId, agentId } = world;
      await sendMessage(ctx, { chatId, text: 'Hello' });
      await expect(removeChat(ctx, { params: { id: chatId } })).rejects.toMatchObject({ code: 'agents.turn-running' });
      await removeAgent(ctx, { params: { id: agentId } });
      expect(world.queue.cancelled).toHaveLength(1);
      await expect(messagesOf(world, chatId)).rejects.toMatchObject({ code: 'agents.chat-not-found' });
      // A job that comes too late finds nothing to do.
      await work(world, ctx);
    });

    it('is written to and watched over the socket', async () => {
      const { ctx, chatId } = await makeAgentWorld(database);
      const sent = await sendFrame(ctx, { type: 'agents.send', chatId, text: 'Hello', ref: 'r1' });
      expect(sent).toMatchObject({ type: 'agents.sent', chatId, ref: 'r1' });
      const watched: string[][] = [];
      const client = { send: () => undefined, watch: (ids: readonly string[]) => void watched.push([...ids]) };
      await watchFrame(ctx, { type: 'agents.watch', chatIds: [chatId] }, client);
      expect(watched).toEqual([[chatId]]);
      const unknown = watchFrame(ctx, { type: 'agents.watch', chatIds: [ctx.ids.next()] }, client);
      await expect(unknown).rejects.toMatchObject({ code: 'agents.chat-not-found' });
    });
  });
});
