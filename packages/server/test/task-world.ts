// A background run whose jobs a test runs by hand, with a model that answers in order and tells of every question.
import { expect } from 'vitest';
import * as z from 'zod';
import type { Actor, Ctx } from '../src/ctx.ts';
import { giveTaskUp, runTaskTurn, type TurnPayload } from '../src/features/tasks/run-task-turn.ts';
import type { NewJob, Settlement } from '../src/jobs/settlement.ts';
import type { Tool } from '../src/llm/tool.ts';
import type { Database } from '../src/platform/db/database.ts';
import { type AgentWorld, makeAgentWorld, makeCountingTool } from './agent-world.ts';
import { type ChatAnswer, startChatModel } from './fakes/chat-model.ts';
import { startOutsideServer } from './fakes/http-server.ts';
import { waitFor } from './wait-for.ts';

const payloadSchema = z.strictObject({ taskId: z.uuid(), turnId: z.uuid() });

type Messages = readonly { readonly role: string; readonly content: unknown }[];

export interface TaskWorld extends AgentWorld {
  /** What the model was asked, question by question. */
  readonly questions: readonly Messages[];
  /** Awaited before the model answers the question of that number. */
  onQuestion(run: (asked: number) => unknown): void;
  asked(count: number): Promise<unknown>;
  /** From now on the model refuses every question with this status. */
  failWith(status: number): Promise<void>;
  /** Who is found for the name of whoever started it; null: nobody. */
  as(role: Actor['role']): void;
  workOn(job: NewJob | undefined, ctx?: Ctx): Promise<Settlement | undefined>;
  settle(settlement: Settlement | undefined): Promise<void>;
  /** Takes the next job, works on it and settles it. */
  runNext(): Promise<void>;
  /** The process dies in the moment in which the calls of the first answer have been made; their job is queued again. */
  dieAfterCalls(): Promise<void>;
  /** The next job has failed for the last time. */
  exhaust(error: string): Promise<void>;
  told(taskId: string): Promise<string[]>;
  recorded(taskId: string): Promise<string[]>;
  notified(taskId: string): Promise<string[]>;
}

/** Asked more often than there are answers, the model repeats the last one. `answers: null` is the offline model. */
export async function makeTaskWorld(
  database: Database,
  answers: readonly ChatAnswer[] | null,
  tools: readonly Tool[] = [makeCountingTool('none')],
): Promise<TaskWorld> {
  const questions: Messages[] = [];
  let hook: (asked: number) => unknown = () => undefined;
  const model = await startChatModel((asked, messages) => {
    questions.push(messages);
    const answer = answers?.[asked] ?? answers?.at(-1) ?? {};
    return { ...answer, hold: Promise.all([hook(asked), answer.hold]) };
  });
  const world = await makeAgentWorld(database, { tools, baseUrl: answers === null ? null : model.baseUrl });
  let actor: Actor | null = world.ctx.actor;
  const ctx = { ...world.ctx, findActor: async () => actor };
  const next = () => world.queue.jobs.shift();
  const workOn: TaskWorld['workOn'] = async (job, on = ctx) => runTaskTurn(on, runningOf(job));
  const settle: TaskWorld['settle'] = async (settlement) => {
    if (settlement === undefined) return;
    const { group, item } = settlement;
    await ctx.tx(async (tx) => {
      await group.lock(tx, [item]);
      await ctx.queue.enqueue(tx, await group.commit(tx, [item]));
    });
  };
  const list = async (text: string, taskId: string) => {
    const { rows } = await database.query<{ told: string }>(text, [taskId]);
    return rows.map(({ told }) => told);
  };
  return {
    ...{ ...world, ctx, questions, workOn, settle },
    onQuestion: (run) => {
      hook = run;
    },
    asked: (count) => waitFor('the question', () => questions.length >= count),
    failWith: async (status) => {
      const { url } = await startOutsideServer((_call, reply) => reply.writeHead(status).end('{}'));
      await database.query('update provider.providers set base_url = $2 where name = $1', [
        world.provider,
        `${url}/v1`,
      ]);
    },
    as: (role) => {
      actor = role === null ? null : { ...world.ctx.actor, role };
    },
    runNext: async () => settle(await workOn(next())),
    dieAfterCalls: async () => {
      const job = next();
      let commits = 0;
      const tx: Ctx['tx'] = (run) => {
        commits += 1;
        // The turn is taken up, asked, and answered with calls; the fourth commit would hold their results.
        return commits === 4 ? Promise.reject(new Error('The process died.')) : ctx.tx(run);
      };
      await expect(workOn(job, { ...ctx, tx })).rejects.toThrow('The process died.');
      if (job !== undefined) world.queue.jobs.unshift(job);
    },
    exhaust: async (error) => settle(await giveTaskUp(ctx, runningOf(next()), error)),
    told: (id) => list(`select type as told from event.events where subject = 'tasks/' || $1 order by id`, id),
    recorded: (id) =>
      list(
        `select action || ' ' || result as told from audit.entries where object = 'tasks/' || $1 order by at, id`,
        id,
      ),
    notified: (id) =>
      list(`select urgency as told from notification.notifications where link = '/tasks/' || $1 order by id`, id),
  };
}

function runningOf(job: NewJob | undefined): { id: string; payload: TurnPayload; attempt: number } {
  if (job?.id === undefined) throw new Error('There is no job to run.');
  return { id: job.id, payload: payloadSchema.parse(job.payload), attempt: 0 };
}
