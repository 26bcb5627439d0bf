// Background runs turn by turn, with the jobs run by hand: what a turn leaves, how each limit ends one, and that whatever
// comes too late changes nothing.
import type { TaskLimits } from '@gathering/contract/tasks';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeCountingTool } from '../../../test/agent-world.ts';
import { eachDatabase } from '../../../test/db.ts';
import type { ChatAnswer } from '../../../test/fakes/chat-model.ts';
import { makeTaskWorld, type TaskWorld } from '../../../test/task-world.ts';
import type { Database } from '../../platform/db/database.ts';
import { readSteps, registerStepDecided } from '../agents/index.ts';
import { cancelTask, decideTask, pauseTask, resumeTask, resumeTaskOfTurn, sendMessage } from './control-task.ts';
import { listActiveTasksOfAgent, readHomeTasks, removeOldTasks, tasksOfProjectAreActive } from './overview.ts';
import { readTask } from './read-task.ts';
import { retryPausesMs } from './rules.ts';
import { prepareTask, startTask } from './start-task.ts';

const plan = (...statuses: string[]) => ({
  tool: 'tasks_set_plan',
  input: { steps: statuses.map((status, at) => ({ step: `Step ${at + 1}`, status })) },
});
const note = (text: string, percent?: number) => ({ tool: 'tasks_note_progress', input: { note: text, percent } });
const finish = (result: string, reached = true) => ({ tool: 'tasks_finish', input: { reached, result } });
const read = (path: string) => ({ tool: 'files_read', input: { path } });

/** Two turns: the first plans and reads, the second is done. */
const twoTurns: readonly ChatAnswer[] = [
  { calls: [plan('doing', 'open'), read('a.txt'), note('a.txt says hello', 40)] },
  { text: 'The first step is done.' },
  { calls: [plan('done', 'done'), finish('Both files say hello.')] },
  { text: 'Done.' },
];

eachDatabase((open) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  });
  const world = (answers: readonly ChatAnswer[]) => makeTaskWorld(database, answers);
  const start = (on: TaskWorld, limits: Partial<TaskLimits> = {}, goal = 'Read both files.') =>
    on.ctx.tx((tx) => startTask(on.ctx, tx, { agentRef: on.handle, goal, projectId: null, limits }));

  describe('a goal over several turns', () => {
    it('goes from turn to turn with plan, notes and counters, and ends with the result that the agent tells', async () => {
      const on = await world(twoTurns);
      const id = await start(on);
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'pending', title: 'Read both files.', turns: 1 });
      await on.runNext();
      const between = await readTask(on.ctx, id);
      expect(between).toMatchObject({
        ...{ status: 'running', progress: 40, turns: 2, steps: 2, inputTokens: 240, outputTokens: 60 },
        plan: [
          { step: 'Step 1', status: 'doing' },
          { step: 'Step 2', status: 'open' },
        ],
        notes: [{ turn: 1, text: 'a.txt says hello' }],
        turnList: [{ number: 1, status: 'completed' }],
      });
      await on.runNext();
      const task = await readTask(on.ctx, id);
      expect(task).toMatchObject({
        ...{ status: 'completed', stopReason: 'completed', result: 'Both files say hello.', steps: 4, detail: null },
        turnList: [{ number: 2 }, { number: 1 }],
      });
      expect(task.costUsd).toBeCloseTo((480 * 1 + 120 * 2) / 1e6, 12);
      expect(on.queue.jobs).toEqual([]);
      // The second turn knows the goal, the plan and the notes, and nothing else of the first.
      const asked = on.questions[2]?.map(({ content }) => JSON.stringify(content)).join('\n') ?? '';
      for (const known of ['Read both files.', '[doing] Step 1', 'turn 1: a.txt says hello', 'The first step is done.'])
        expect(asked).toContain(known);
      expect(asked).not.toContain('hello from a.txt');
      expect(await on.told(id)).toEqual([
        ...['tasks.created', 'tasks.started', 'tasks.turn-ended', 'tasks.turn-ended', 'tasks.ended'],
      ]);
      expect(await on.recorded(id)).toEqual(['tasks.start done', 'tasks.end done']);
      expect(await on.notified(id)).toEqual(['info']);
    });

    it('shows plan and progress of the turn that runs at once', async () => {
      const held = Promise.withResolvers<void>();
      const on = await world([{ calls: [plan('doing'), note('begun', 10)] }, { text: 'one two', hold: held.promise }]);
      const id = await start(on);
      const running = on.runNext();
      await on.asked(2);
      expect(await readTask(on.ctx, id)).toMatchObject({
        ...{ status: 'running', progress: 10, plan: [{ step: 'Step 1', status: 'doing' }] },
        turnList: [{ number: 1, status: 'running' }],
      });
      held.resolve();
      await running;
    });

    it('an answer without an open step is the result, also of the offline model, which says what it is', async () => {
      const on = await makeTaskWorld(database, null, [makeCountingTool('none')]);
      const id = await start(on, {}, 'Read the file a.txt.');
      await on.runNext();
      const task = await readTask(on.ctx, id);
      expect(task).toMatchObject({ status: 'completed', turns: 1 });
      expect(task.result).toMatch(/hello from a\.txt[\s\S]*offline model/);
      expect(on.queue.jobs).toEqual([]);
      const beyond = await start(on, {}, 'Ponder the meaning of life.');
      await on.runNext();
      expect(await readTask(on.ctx, beyond)).toMatchObject({
        ...{ status: 'failed', stopReason: 'gave-up', result: expect.stringContaining('None of the tools') },
      });
    });

    it('a goal that the agent gives up is failed with its words', async () => {
      const on = await world([{ calls: [finish('There is no such file.', false)] }, { text: 'Sorry.' }]);
      const id = await start(on);
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({
        ...{ status: 'failed', stopReason: 'gave-up', result: 'There is no such file.' },
      });
      expect(await on.notified(id)).toEqual(['failure']);
    });

    it('three turns that bring nothing new end it; a message from a person gives it another three', async () => {
      const on = await world([{ calls: [plan('open')] }, { text: 'I will.' }, { text: 'I will soon.' }]);
      const id = await start(on);
      await on.runNext();
      await on.runNext();
      await sendMessage(on.ctx, id, 'Please begin.');
      for (let turn = 3; turn <= 4; turn += 1) {
        await on.runNext();
        expect([turn, (await readTask(on.ctx, id)).status]).toEqual([turn, 'running']);
      }
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'failed', stopReason: 'no-progress', turns: 5 });
    });
  });

  describe('limits', () => {
    const endless: readonly ChatAnswer[] = [{ calls: [plan('open'), read('a.txt')] }, { text: 'More to do.' }];
    const cases: [string, Partial<TaskLimits>, object][] = [
      ['steps', { maxSteps: 1 }, { status: 'failed', stopReason: 'step-limit', steps: 1 }],
      ['tokens', { maxTokens: 160 }, { status: 'failed', stopReason: 'token-limit' }],
      ['cost', { maxCostUsd: 0.0001 }, { status: 'failed', stopReason: 'cost-limit', steps: 1 }],
    ];
    it.each(cases)('of %s end it with the limit named', async (_name, limits, expected) => {
      const on = await world(endless);
      const id = await start(on, limits);
      await on.runNext();
      const task = await readTask(on.ctx, id);
      expect(task).toMatchObject(expected);
      expect(task.detail).toMatch(/may/);
      expect(on.queue.jobs).toEqual([]);
    });

    it('of time ends it as timed out, and counts no time in which nothing was done', async () => {
      const on = await world(endless);
      const id = await start(on, { maxSeconds: 10 });
      on.onQuestion(() => on.ctx.clock.advance(6_000));
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'timed_out', stopReason: 'time-limit' });
    });

    it('of time counts no time in which nothing was done', async () => {
      const on = await world(endless);
      const id = await start(on, { maxSeconds: 20 });
      on.onQuestion(() => on.ctx.clock.advance(6_000));
      on.ctx.clock.advance(3_600_000);
      await on.runNext();
      on.ctx.clock.advance(3_600_000);
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'running', activeMs: 12_000 });
    });

    it('on cost need a price: without one nobody is asked', async () => {
      const on = await world(endless);
      await database.query(`update provider.providers set models = '[{"id":"fake-1"}]' where name = $1`, [on.provider]);
      const id = await start(on, { maxCostUsd: 5 });
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'failed', stopReason: 'model-failed', steps: 0 });
      expect(on.questions).toEqual([]);
    });

    it("a turn that reaches its agent's own cap is followed by another, which knows what was called", async () => {
      const on = await world([{ calls: [plan('open'), read('a.txt')] }, { calls: [read('b.txt')] }]);
      await database.query(`update agent.agents set limits = limits || '{"maxSteps": 2}' where id = $1`, [on.agentId]);
      const id = await start(on);
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'running', turns: 2 });
      await on.runNext();
      const asked = JSON.stringify(on.questions[2]);
      for (const known of ['step-limit', 'files_read', 'hello from a.txt']) expect(asked).toContain(known);
      expect(asked).not.toContain('b.txt');
    });
  });

  describe('people', () => {
    it('what a person says reaches the next turn and stays with the goal', async () => {
      const on = await world([...twoTurns.slice(0, 3), { text: 'Done.' }, { text: 'In German: fertig.' }]);
      const id = await start(on);
      const held = Promise.withResolvers<void>();
      on.onQuestion(async (asked) => {
        if (asked === 1) await sendMessage(on.ctx, id, 'Answer in German.').then(held.resolve);
      });
      await on.runNext();
      await held.promise;
      expect((await readTask(on.ctx, id)).messages).toMatchObject([{ text: 'Answer in German.', turn: null }]);
      await on.runNext();
      expect((await readTask(on.ctx, id)).messages).toMatchObject([{ text: 'Answer in German.', turn: 2 }]);
      expect(JSON.stringify(on.questions[1])).not.toContain('German');
      expect(JSON.stringify(on.questions[2])).toContain('Answer in German.');
    });

    it('an end is put off while somebody said something that no turn has read', async () => {
      const on = await world([{ calls: [finish('Five.')] }, { text: 'Done.' }, { text: 'Six, then.' }]);
      const id = await start(on);
      on.onQuestion(async (asked) => {
        if (asked === 0) await sendMessage(on.ctx, id, 'Count again.');
      });
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'running', turns: 2 });
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'completed', result: 'Six, then.' });
    });

    it('a pause takes effect where the step ends, and the turn goes on from there', async () => {
      const on = await world(twoTurns);
      const id = await start(on);
      on.onQuestion(async (asked) => {
        if (asked === 0) await pauseTask(on.ctx, id);
      });
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'paused', pauseRequested: false, turns: 1 });
      expect([on.questions.length, on.queue.jobs]).toEqual([1, []]);
      await expect(pauseTask(on.ctx, id)).rejects.toMatchObject({ code: 'tasks.already-paused' });
      await resumeTask(on.ctx, id);
      await on.runNext();
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'completed', steps: 4 });
      // Four answers, four questions: none was asked twice.
      expect(on.questions).toHaveLength(4);
      await expect(resumeTask(on.ctx, id)).rejects.toMatchObject({ code: 'tasks.ended' });
    });

    it('a pause that is taken back before it took effect changes nothing', async () => {
      const on = await world(twoTurns);
      const id = await start(on);
      on.onQuestion(async (asked) => {
        if (asked !== 0) return;
        await pauseTask(on.ctx, id);
        expect(await readTask(on.ctx, id)).toMatchObject({ status: 'running', pauseRequested: true });
        await resumeTask(on.ctx, id);
      });
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'running', turns: 2 });
      await expect(resumeTask(on.ctx, id)).rejects.toMatchObject({ code: 'tasks.not-paused' });
    });

    it('what only waits for its turn pauses at once; its job then finds nothing to do', async () => {
      const on = await world(twoTurns);
      const id = await start(on);
      const [job] = on.queue.jobs;
      await pauseTask(on.ctx, id);
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'paused', startedAt: null });
      expect(on.queue.cancelled).toEqual([job?.id]);
      await on.runNext();
      expect(on.questions).toEqual([]);
      await resumeTask(on.ctx, id);
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'pending' });
      await on.runNext();
      expect(on.questions).toHaveLength(2);
    });

    it('cancelled it stays, whatever its turn leaves', async () => {
      const on = await world(twoTurns);
      const id = await start(on);
      on.onQuestion(async (asked) => {
        if (asked === 0) await cancelTask(on.ctx, id);
      });
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({
        ...{ status: 'cancelled', stopReason: 'cancelled', steps: 0, notes: [] },
        turnList: [{ status: 'cancelled' }],
      });
      expect([on.questions.length, on.queue.jobs]).toEqual([1, []]);
      for (const again of [cancelTask, pauseTask, resumeTask])
        await expect(again(on.ctx, id)).rejects.toMatchObject({ code: 'tasks.ended' });
      await expect(sendMessage(on.ctx, id, 'Hello?')).rejects.toMatchObject({ code: 'tasks.ended' });
      expect(await on.recorded(id)).toEqual(['tasks.start done', 'tasks.cancel done']);
    });

    it('a call that was cut off and may have had its effect waits for a person, who decides', async () => {
      const tool = makeCountingTool('unsafe');
      const on = await makeTaskWorld(database, twoTurns, [tool]);
      const id = await start(on);
      registerStepDecided(resumeTaskOfTurn);
      await on.dieAfterCalls();
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({
        status: 'waiting',
        question: expect.stringContaining('Repeat'),
      });
      expect(await on.notified(id)).toEqual(['needs-person']);
      await decideTask(on.ctx, id, 'skip');
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'running', question: null });
      await expect(decideTask(on.ctx, id, 'skip')).rejects.toMatchObject({ code: 'tasks.not-waiting' });
      await on.runNext();
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'completed' });
      expect(tool.keys).toHaveLength(1);
    });
  });

  describe('guards', () => {
    it('a turn is settled once, also when its job comes again', async () => {
      const on = await world(twoTurns);
      const id = await start(on);
      const [job] = on.queue.jobs;
      const settlement = await on.workOn(job);
      await on.settle(settlement);
      const once = await readTask(on.ctx, id);
      await on.settle(settlement);
      expect(await on.workOn(job)).toBeUndefined();
      expect(await readTask(on.ctx, id)).toEqual(once);
      expect(on.queue.jobs.filter((one) => one !== job)).toHaveLength(1);
    });

    it('a turn that ended before its settlement was committed is read from its journal, not asked again', async () => {
      const on = await world(twoTurns);
      const id = await start(on);
      const [job] = on.queue.jobs;
      await on.workOn(job);
      await on.settle(await on.workOn(job));
      expect(on.questions).toHaveLength(2);
      expect(await readTask(on.ctx, id)).toMatchObject({ turns: 2, steps: 2 });
    });

    it('whoever started it must still be there and may, at every turn', async () => {
      const on = await world(twoTurns);
      const gone = await start(on);
      on.as(null);
      await on.runNext();
      expect(await readTask(on.ctx, gone)).toMatchObject({
        ...{ status: 'failed', stopReason: 'starter-gone', detail: expect.stringContaining('no account') },
      });
      on.as('owner');
      const demoted = await start(on);
      await on.runNext();
      on.as('viewer');
      await on.runNext();
      expect(await readTask(on.ctx, demoted)).toMatchObject({
        ...{ status: 'failed', stopReason: 'not-allowed', detail: expect.stringContaining('tasks.run'), turns: 2 },
      });
    });

    it('an agent that is gone ends it with the sentence', async () => {
      const on = await world(twoTurns);
      const id = await start(on);
      expect(await listActiveTasksOfAgent(database, [on.agentId, on.handle])).toHaveLength(1);
      await database.query('delete from agent.chats where agent_id = $1', [on.agentId]);
      await database.query('delete from agent.agents where id = $1', [on.agentId]);
      await on.runNext();
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'failed', stopReason: 'agent-gone' });
    });

    it('a model that does not answer is tried again after growing pauses, then it is given up', async () => {
      const on = await world(twoTurns);
      await on.failWith(400);
      const id = await start(on);
      const pauses: number[] = [];
      for (const _pause of retryPausesMs) {
        await on.runNext();
        const { retryAt, status } = await readTask(on.ctx, id);
        expect(status).toBe('running');
        pauses.push(Date.parse(retryAt ?? '') - on.ctx.clock.now().getTime());
        expect(on.queue.jobs[0]?.startAfter?.toISOString()).toBe(retryAt);
      }
      await on.runNext();
      expect(pauses).toEqual(retryPausesMs);
      expect(await readTask(on.ctx, id)).toMatchObject({ status: 'failed', stopReason: 'model-failed', retryAt: null });
    });

    it('one whose job failed for the last time ends with the reason, and so does its turn', async () => {
      const on = await world(twoTurns);
      const id = await start(on);
      await on.exhaust('The disk is full.');
      expect(await readTask(on.ctx, id)).toMatchObject({
        ...{ status: 'failed', stopReason: 'interrupted', detail: expect.stringContaining('The disk is full.') },
      });
    });

    it('what could not begin is refused with every fault, and nothing is written', async () => {
      const on = await world(twoTurns);
      const request = { agentRef: on.handle, goal: 'Read.', projectId: null };
      const limits = { maxSteps: 0, maxCostUsd: -1 };
      await expect(prepareTask(on.ctx, { ...request, goal: ' ', limits })).rejects.toMatchObject({
        code: 'request.invalid',
        faults: [{ at: '/goal' }, { at: '/limits/maxSteps' }, { at: '/limits/maxCostUsd' }],
      });
      await expect(prepareTask(on.ctx, { ...request, agentRef: 'nobody' })).rejects.toMatchObject({
        code: 'agents.not-found',
      });
      const projectId = '01990000-0000-7000-8000-000000000001';
      await expect(prepareTask(on.ctx, { ...request, projectId })).rejects.toMatchObject({
        code: 'projects.not-found',
      });
      await prepareTask(on.ctx, request);
      expect(on.queue.jobs).toEqual([]);
    });
  });

  it('what ended long ago is removed with its messages, and what works stays', async () => {
    const on = await world(twoTurns);
    const [old, works] = [await start(on), await start(on)];
    await sendMessage(on.ctx, old, 'Hello.');
    await cancelTask(on.ctx, old);
    expect((await readHomeTasks(on.ctx)).map(({ taskId }) => taskId)).toContain(works);
    expect(await tasksOfProjectAreActive(database, on.agentId)).toBe(false);
    expect(await removeOldTasks(on.ctx, new Date(on.ctx.clock.now().getTime() + 1))).toBeGreaterThan(0);
    await expect(readTask(on.ctx, old)).rejects.toMatchObject({ code: 'tasks.not-found' });
    expect((await database.query('select 1 from task.messages where task_id = $1', [old])).rowCount).toBe(0);
    expect(await readTask(on.ctx, works)).toMatchObject({ status: 'pending' });
    expect(await readSteps(database, works)).toEqual([]);
  });
});
