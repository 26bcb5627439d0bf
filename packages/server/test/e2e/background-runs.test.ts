// Background runs on a real server: killed in the middle of a turn and between two, many at once, cancelled in the middle
// of an answer. The model counts its questions.
import { readTurnRoute } from '@gathering/contract/agents-chats';
import { listEventsRoute } from '@gathering/contract/events';
import {
  cancelTaskRoute,
  listTasksRoute,
  pauseTaskRoute,
  readTaskRoute,
  resumeTaskRoute,
  startTaskRoute,
  type Task,
} from '@gathering/contract/tasks';
import { expect, it } from 'vitest';
import { type Api, signIn, withToken } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type ChatAnswer, type ChatModel, startChatModel } from '../fakes/chat-model.ts';
import { makeAgentOn } from '../make-agent.ts';
import { serversOfGroup } from '../server-process.ts';
import { waitFor } from '../wait-for.ts';

const plan = (...statuses: string[]) => ({
  tool: 'tasks_set_plan',
  input: { steps: statuses.map((status, at) => ({ step: `Step ${at + 1}`, status })) },
});
const note = (text: string) => ({ tool: 'tasks_note_progress', input: { note: text } });
const finish = (result: string) => ({ tool: 'tasks_finish', input: { reached: true, result } });

/** Three turns of two questions each. */
const threeTurns: readonly ChatAnswer[] = [
  { calls: [plan('done', 'open', 'open'), note('one')] },
  { text: 'First turn.' },
  { calls: [plan('done', 'done', 'open'), note('two')] },
  { text: 'Second turn.' },
  { calls: [plan('done', 'done', 'done'), finish('All three.')] },
  { text: 'Third turn.' },
];

const start = (api: Api, goal: string): Promise<Task> => api.call(startTaskRoute, { body: { agent: 'worker', goal } });
const read = (api: Api, id: string): Promise<Task> => api.call(readTaskRoute, { params: { id } });

function waitForTask(api: Api, id: string, what: string, fits: (task: Task) => boolean): Promise<Task> {
  let last: Task | undefined;
  return waitFor(
    `the background run ${what}`,
    async () => {
      last = await read(api, id);
      return fits(last) && last;
    },
    { withinMs: 60_000, show: () => last },
  );
}
const waitForEnd = (api: Api, id: string) => waitForTask(api, id, 'to end', ({ endedAt }) => endedAt !== null);

interface CountingModel extends ChatModel {
  /** What came with each question of this name: `<goal> <turn>.<number>`. */
  bodiesOf(question: string): readonly string[];
}

/** Knows a question by what it says, however often it is asked. `holds` are what its answers wait for, time by time. */
async function startCountingModel(
  holds: Readonly<Record<string, readonly Promise<unknown>[]>> = {},
): Promise<CountingModel> {
  const asked = new Map<string, string[]>();
  const model = await startChatModel((_number, messages) => {
    const text = JSON.stringify(messages);
    const [goal = ''] = /Goal \w+/.exec(text) ?? [];
    const turn = Number(/This is turn (\d+)/.exec(text)?.[1]);
    const number = messages.some(({ role }) => role === 'tool') ? 2 : 1;
    const question = `${goal} ${turn}.${number}`;
    const bodies = [...(asked.get(question) ?? []), text];
    asked.set(question, bodies);
    return { ...threeTurns[(turn - 1) * 2 + number - 1], hold: holds[question]?.[bodies.length - 1] };
  });
  return { ...model, bodiesOf: (question) => asked.get(question) ?? [] };
}

eachDatabase((_open, makePlace) => {
  const startServer = serversOfGroup();

  // promise: background-run-survives-kill
  it('killed in the middle of a turn and between turns it goes on, and no answered question is asked again', async () => {
    const place = await makePlace();
    const never = new Promise(() => undefined);
    const held = Promise.withResolvers<void>();
    const model = await startCountingModel({ 'Goal A 1.2': [never, held.promise], 'Goal B 1.1': [never] });
    // One at a time, so that a turn that is due waits for the one that hangs.
    const one = { env: { GATHERING_WORKER_SLOTS: '1' } };
    let server = await startServer(place, one);
    let api = await signIn(server.url);
    await makeAgentOn(api, model.baseUrl, 'Worker');
    const restart = async () => {
      await server.kill();
      server = await startServer(place, one);
      api = withToken(server.url, api.token);
    };
    const { id } = await start(api, 'Goal A');
    await waitFor('the second question', () => model.bodiesOf('Goal A 1.2').length === 1);
    const [turn] = (await read(api, id)).turnList;
    const before = await api.call(readTurnRoute, { params: { id: turn?.id ?? '' } });
    await restart();
    await waitFor('the same question again', () => model.bodiesOf('Goal A 1.2').length === 2);
    const other = await start(api, 'Goal B');
    held.resolve();

    // Its first turn has ended, its second is due, and the other one holds the only place.
    await waitFor('the question of the other', () => model.bodiesOf('Goal B 1.1').length === 1);
    const between = await read(api, id);
    expect([between.status, between.turns, between.turnList.map(({ status }) => status)]).toEqual([
      'running',
      2,
      ['completed'],
    ]);
    const after = await api.call(readTurnRoute, { params: { id: turn?.id ?? '' } });
    expect(after.steps.slice(0, 3)).toEqual(before.steps.slice(0, 3));
    await restart();

    for (const [goal, taskId] of Object.entries({ 'Goal A': id, 'Goal B': other.id })) {
      const task = await waitForEnd(api, taskId);
      expect(task).toMatchObject({ status: 'completed', result: 'All three.', turns: 3, steps: 6 });
      expect(task.notes.map(({ text }) => text)).toEqual(['one', 'two']);
      const { items } = await api.call(listEventsRoute, { query: { subject: `tasks/${taskId}`, limit: 200 } });
      const told = items.map(({ event }) => event.type).filter((type) => type !== 'tasks.turn-ended');
      expect([told.length, items.length]).toEqual([3, 6]);
      for (const question of ['1.1', '1.2', '2.1', '2.2', '3.1', '3.2']) {
        const bodies = model.bodiesOf(`${goal} ${question}`);
        // Only what never had an answer is asked again, word by word.
        const hung = ['Goal A 1.2', 'Goal B 1.1'].includes(`${goal} ${question}`);
        expect([goal, question, bodies.length, new Set(bodies).size]).toEqual([goal, question, hung ? 2 : 1, 1]);
      }
    }
  });

  it('twenty at once are all taken, wait their turn, and each is asked exactly what it needs', async () => {
    const model = await startCountingModel();
    const server = await startServer(await makePlace(), { env: { GATHERING_WORKER_SLOTS: '2' } });
    const api = await signIn(server.url);
    await makeAgentOn(api, model.baseUrl, 'Worker');
    const goals = Array.from({ length: 20 }, (_, at) => `Goal ${at}`);
    const started = await Promise.all(goals.map((goal) => start(api, goal)));
    expect(
      started.map(({ status }) => status).filter((status) => status !== 'pending' && status !== 'running'),
    ).toEqual([]);
    for (const { id } of started) expect(await waitForEnd(api, id)).toMatchObject({ status: 'completed', turns: 3 });
    expect(model.calls).toHaveLength(20 * 6);
    expect(goals.filter((goal) => model.bodiesOf(`${goal} 3.2`).length !== 1)).toEqual([]);
    const { items, nextCursor } = await api.call(listTasksRoute, { query: { limit: 15, status: 'completed' } });
    const rest = await api.call(listTasksRoute, {
      query: { limit: 15, status: 'completed', cursor: nextCursor ?? undefined },
    });
    const listed = [...items, ...rest.items].map(({ title }) => title);
    expect([new Set(listed).size, rest.nextCursor]).toEqual([20, null]);
  });

  it('cancelled in the middle of an answer, the question is aborted at once; paused, it keeps what was answered', async () => {
    const held = Promise.withResolvers<void>();
    const model = await startChatModel((number) =>
      number === 0 ? { ...threeTurns[0], hold: held.promise } : { text: 'one two', hold: new Promise(() => undefined) },
    );
    const server = await startServer(await makePlace());
    const api = await signIn(server.url);
    await makeAgentOn(api, model.baseUrl, 'Worker');
    const { id } = await start(api, 'Do all three steps.');
    const params = { id };
    await waitFor('the question', () => model.calls.length === 1);
    expect(await api.call(pauseTaskRoute, { params })).toMatchObject({ status: 'running', pauseRequested: true });
    held.resolve();
    await waitForTask(api, id, 'to pause', ({ status }) => status === 'paused');
    expect(model.calls).toHaveLength(1);
    await api.call(resumeTaskRoute, { params });
    await waitFor('the next question', () => model.calls.length === 2);
    const cancelled = await api.call(cancelTaskRoute, { params });
    expect(cancelled).toMatchObject({ status: 'cancelled', plan: [{ step: 'Step 1' }, {}, {}] });
    await waitFor('the question to be aborted', () => model.calls[1]?.wasAborted);
    expect(await read(api, id)).toEqual(cancelled);
    expect(model.calls).toHaveLength(2);
  });
});
