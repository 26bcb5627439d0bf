// A turn that is cut off at every boundary of its journal and resumed: what is done is never asked again, and a
// call that may have had its effect is repeated, or not, as the tool's effect says.
import { beforeAll, describe, expect, it } from 'vitest';
import { type AgentWorld, type CountingTool, makeAgentWorld, makeCountingTool } from '../../../test/agent-world.ts';
import { eachDatabase } from '../../../test/db.ts';
import { type ModelServer, startToolCallingModel } from '../../../test/fakes/model-server.ts';
import { actorName, type Ctx } from '../../ctx.ts';
import type { Tool } from '../../llm/tool.ts';
import type { Database } from '../../platform/db/database.ts';
import { listMessages } from './chat-service.ts';
import { decideStep } from './decide-step.ts';
import { readTurn } from './read-turn.ts';
import { runAgentTask } from './run-agent-task.ts';
import { runTurn } from './run-turn.ts';
import { sendMessage } from './send-message.ts';

class Crash extends Error {
  override readonly name = 'Crash';
}

interface Boundary {
  readonly when: 'before' | 'after';
  readonly commit: number;
}

/** A context whose process dies at a commit; the numbers count from 1. */
function crashingAt(ctx: Ctx, boundary: Boundary): Ctx {
  let commits = 0;
  return {
    ...ctx,
    tx: async (run) => {
      commits += 1;
      if (commits === boundary.commit && boundary.when === 'before') throw new Crash();
      const result = await ctx.tx(run);
      if (commits === boundary.commit && boundary.when === 'after') throw new Crash();
      return result;
    },
  };
}

function counting(ctx: Ctx): Ctx & { readonly commits: () => number } {
  let commits = 0;
  return {
    ...ctx,
    tx: (run) => {
      commits += 1;
      return ctx.tx(run);
    },
    commits: () => commits,
  };
}

interface World extends AgentWorld {
  readonly model: ModelServer;
  readonly tool: CountingTool;
  readonly turnId: string;
}

async function ask(database: Database, effect: Tool['effect']): Promise<World> {
  const tool = makeCountingTool(effect);
  const model = await startToolCallingModel({ name: tool.name, arguments: { path: 'a.txt' } });
  const world = await makeAgentWorld(database, { tools: [tool], baseUrl: model.baseUrl });
  const { turnId } = await sendMessage(world.ctx, { chatId: world.chatId, text: 'What does a.txt say?' });
  return { ...world, model, tool, turnId };
}

const messagesOf = async ({ ctx, chatId }: AgentWorld) =>
  (await listMessages(ctx, { params: { id: chatId }, query: { limit: 50 } })).items;

async function expectOneWholeAnswer(world: World): Promise<void> {
  const messages = await messagesOf(world);
  expect(messages.map(({ role, text }) => [role, text])).toEqual([
    ['assistant', 'The file says hello.'],
    ['user', 'What does a.txt say?'],
  ]);
  expect(messages[0]).toMatchObject({
    stopReason: 'completed',
    provider: world.provider,
    model: 'fake-1',
    inputTokens: 240,
    outputTokens: 60,
    toolCalls: [{ tool: 'files_read', ok: true, output: 'hello from a.txt' }],
  });
  // Usage is what the journal holds, however often a model was asked in vain.
  const { rows } = await world.ctx.database.query<{ calls: number; inputTokens: number; costUsd: number }>(
    'select calls, input_tokens as "inputTokens", cost_usd as "costUsd" from provider.usage where provider = $1',
    [world.provider],
  );
  expect(rows).toMatchObject([{ calls: 2, inputTokens: 240 }]);
  expect(rows[0]?.costUsd).toBeCloseTo((240 * 1 + 60 * 2) / 1e6, 12);
}

const boundaries: Boundary[] = [1, 2, 3, 4].flatMap((commit) => [
  { when: 'before' as const, commit },
  { when: 'after' as const, commit },
]);

eachDatabase((open) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  });

  describe('the journal of a turn', () => {
    it('costs four commits when one tool is called', async () => {
      const world = await ask(database, 'none');
      const ctx = counting(world.ctx);
      expect(await runTurn(ctx, world.turnId)).toMatchObject({ status: 'completed', inputTokens: 240 });
      expect(ctx.commits()).toBe(4);
      await expectOneWholeAnswer(world);
      const turn = await readTurn(ctx, world.turnId);
      expect(turn.steps.map(({ kind, state, tool }) => [kind, state, tool])).toEqual([
        ['model', 'done', null],
        ['tool', 'done', 'files_read'],
        ['model', 'done', null],
      ]);
      expect(turn.steps[1]?.input).toEqual({ path: 'a.txt' });
    });

    it.each(boundaries)(
      'is resumed after a crash $when commit $commit, and nothing that is done is asked again',
      async (boundary) => {
        const world = await ask(database, 'idempotent');
        await expect(runTurn(crashingAt(world.ctx, boundary), world.turnId)).rejects.toBeInstanceOf(Crash);
        expect(await runTurn(world.ctx, world.turnId)).toMatchObject({ status: 'completed', stopReason: 'completed' });
        const lost = (commit: number) => (boundary.when === 'before' && boundary.commit === commit ? 1 : 0);
        expect(world.model.requests()).toBe(2 + lost(2) + lost(4));
        expect(world.tool.keys).toHaveLength(1 + lost(3));
        expect(new Set(world.tool.keys).size).toBe(1);
        await expectOneWholeAnswer(world);
      },
    );

    it('gives a keyed call the same key when it repeats it', async () => {
      const world = await ask(database, 'keyed');
      const dying = crashingAt(world.ctx, { when: 'before', commit: 3 });
      await expect(runTurn(dying, world.turnId)).rejects.toBeInstanceOf(Crash);
      await runTurn(world.ctx, world.turnId);
      expect(world.tool.keys).toEqual([`${world.turnId}:1`, `${world.turnId}:1`]);
    });

    it('lets only one of two workers write, whichever comes later', async () => {
      const world = await ask(database, 'none');
      await expect(runTurn(crashingAt(world.ctx, { when: 'after', commit: 1 }), world.turnId)).rejects.toBeInstanceOf(
        Crash,
      );
      const outcomes = await Promise.allSettled([runTurn(world.ctx, world.turnId), runTurn(world.ctx, world.turnId)]);
      expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
      await expectOneWholeAnswer(world);
    });
  });

  describe('a call without a way back that was cut off', () => {
    const cutOff: Boundary[] = [
      { when: 'after', commit: 2 },
      { when: 'before', commit: 3 },
    ];

    it.each(cutOff)('$when commit $commit waits for a person instead of being repeated', async (boundary) => {
      const world = await ask(database, 'unsafe');
      await expect(runTurn(crashingAt(world.ctx, boundary), world.turnId)).rejects.toBeInstanceOf(Crash);
      const called = world.tool.keys.length;
      const outcome = await runTurn(world.ctx, world.turnId);
      expect(outcome).toMatchObject({
        status: 'waiting',
        stopReason: null,
        question: expect.stringContaining('files_read'),
      });
      // Asked again it still waits.
      expect(await runTurn(world.ctx, world.turnId)).toMatchObject({ status: 'waiting' });
      expect(world.tool.keys).toHaveLength(called);
      expect(world.model.requests()).toBe(1);
    });

    it('is made again when the person says so, and waits again when that is cut off too', async () => {
      const world = await ask(database, 'unsafe');
      const decide = () =>
        decideStep(world.ctx, { params: { id: world.turnId, index: 1 }, body: { decision: 'repeat' } });
      await expect(runTurn(crashingAt(world.ctx, { when: 'before', commit: 3 }), world.turnId)).rejects.toBeInstanceOf(
        Crash,
      );
      await runTurn(world.ctx, world.turnId);
      expect(await decide()).toMatchObject({ status: 'pending' });
      // Taking over is the first commit, that the call begins again the second.
      await expect(runTurn(crashingAt(world.ctx, { when: 'before', commit: 3 }), world.turnId)).rejects.toBeInstanceOf(
        Crash,
      );
      expect(await runTurn(world.ctx, world.turnId)).toMatchObject({ status: 'waiting' });
      await decide();
      expect(await runTurn(world.ctx, world.turnId)).toMatchObject({ status: 'completed' });
      expect(world.tool.keys).toHaveLength(3);
      expect(world.queue.jobs).toHaveLength(3);
      await expect(decide()).rejects.toMatchObject({ code: 'agents.step-not-waiting' });
    });

    it('is left out when the person says so, and the model is told', async () => {
      const world = await ask(database, 'unsafe');
      await expect(runTurn(crashingAt(world.ctx, { when: 'before', commit: 3 }), world.turnId)).rejects.toBeInstanceOf(
        Crash,
      );
      await runTurn(world.ctx, world.turnId);
      await decideStep(world.ctx, { params: { id: world.turnId, index: 1 }, body: { decision: 'skip' } });
      expect(await runTurn(world.ctx, world.turnId)).toMatchObject({ status: 'completed' });
      expect(world.tool.keys).toHaveLength(1);
      const told = JSON.stringify(world.model.mock.getLastRequest()?.body);
      expect(told).toContain('a person decided not to repeat it');
    });
  });

  it.each([
    ['keyed', 1],
    ['unsafe', 1],
    ['none', 0],
  ] as const)('a call of a tool with the effect %s leaves %i audit entries with its end', async (effect, count) => {
    const world = await ask(database, effect);
    await runTurn(world.ctx, world.turnId);
    const { rows } = await database.query(
      `select actor, object, result, details from audit.entries where action = 'agents.call-tool' and object = $1`,
      [`turns/${world.turnId}`],
    );
    const details = { tool: world.tool.name, effect, chatId: world.chatId, projectId: null };
    const entry = { actor: actorName(world.ctx.actor), object: `turns/${world.turnId}`, result: 'done', details };
    expect(rows).toMatchObject(Array.from({ length: count }, () => entry));
  });

  describe('a task of a pipeline', () => {
    it('is found again by its turn: asked twice it is done once', async () => {
      const world = await ask(database, 'none');
      const ctx = counting(world.ctx);
      const task = {
        turnId: ctx.ids.next(),
        agentRef: world.handle,
        task: 'Read a.txt',
        projectId: null,
        outputSchema: null,
        runRef: { runId: ctx.ids.next(), nodeId: 'read' },
      };
      const first = await runAgentTask(ctx, task);
      expect(first).toMatchObject({ status: 'completed', text: 'The file says hello.', costUsd: expect.any(Number) });
      expect(ctx.commits()).toBe(4);
      expect(await runAgentTask(ctx, task)).toEqual(first);
      expect(world.model.requests()).toBe(2);
    });

    it.each(boundaries)('is resumed after a crash $when commit $commit', async (boundary) => {
      const world = await ask(database, 'none');
      const { ctx } = world;
      const task = {
        turnId: ctx.ids.next(),
        agentRef: world.agentId,
        task: 'Read a.txt',
        projectId: null,
        outputSchema: null,
      };
      await expect(runAgentTask(crashingAt(ctx, boundary), task)).rejects.toBeInstanceOf(Crash);
      expect(await runAgentTask(ctx, task)).toMatchObject({ status: 'completed', text: 'The file says hello.' });
    });

    it('for an agent that does not exist fails with a sentence', async () => {
      const { ctx } = await makeAgentWorld(database);
      const task = { turnId: ctx.ids.next(), agentRef: 'nobody', task: 'x', projectId: null, outputSchema: null };
      expect(await runAgentTask(ctx, task)).toMatchObject({ status: 'failed', detail: 'There is no agent nobody.' });
    });
  });
});
