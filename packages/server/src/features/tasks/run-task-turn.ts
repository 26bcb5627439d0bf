// Works on one turn of a background run: takes it up, asks its agent with the rights that whoever started it has now, and
// leaves what came of it to be settled with the job. The turn has a journal of its own, so that whoever takes the job up
// again goes on from its last step and asks no model twice.
import { actAs, type Ctx } from '../../ctx.ts';
import type { RunningJob } from '../../jobs/define-job.ts';
import type { Settlement } from '../../jobs/settlement.ts';
import { findAgent, readSteps, runAgentTask } from '../agents/index.ts';
import { emitEvents } from '../events/index.ts';
import { guardOfTask } from './guard.ts';
import { readReport } from './read-report.ts';
import { remainingLimits } from './rules.ts';
import { type TurnLeft, turnSettlement } from './settle-turns.ts';
import { standingOf } from './standing.ts';
import { beginTurn, lockTask, mayTaskGoOn, pauseTask, selectTask, type WholeTask } from './store.ts';
import { selectMessages, takeMessages } from './store-messages.ts';
import { taskEvent } from './task-events.ts';
import { writeFrame, writeTask } from './write-question.ts';

export interface TurnPayload {
  readonly taskId: string;
  readonly turnId: string;
}

export const taskPermission = 'tasks.run' as const;

export async function runTaskTurn(ctx: Ctx, job: RunningJob<TurnPayload>): Promise<Settlement | undefined> {
  const task = await begin(ctx, job);
  if (task === null) return undefined;
  const settle = (left: TurnLeft): Settlement => {
    return { group: turnSettlement, item: { ctx, taskId: task.id, turnId: task.turnId, jobId: job.id, left } };
  };
  const acting = await actAsStarter(ctx, task);
  if ('refused' in acting) return settle(acting.refused);
  const agent = await findAgent(ctx.database, task.agentId);
  if (agent === undefined) {
    const detail = `The agent ${task.agentName} does not exist any more.`;
    return settle({ kind: 'give-up', stopReason: 'agent-gone', detail });
  }
  const { limits, ...standing } = standingOf(task);
  const outcome = await runAgentTask(
    acting.ctx,
    {
      turnId: task.turnId,
      agentRef: task.agentId,
      task: task.turnTask ?? task.goal,
      projectId: task.projectId,
      outputSchema: null,
      taskId: task.id,
    },
    {
      limits: remainingLimits(limits, standing.spent),
      mayGoOn: () => mayTaskGoOn(ctx.database, task.id, job.id),
      frame: writeFrame({ ...standing, limits, notes: task.notes, lastWords: task.lastWords }),
    },
  );
  if (outcome.status === 'paused') return settle({ kind: 'pause' });
  if (outcome.status === 'waiting') return settle({ kind: 'wait', question: outcome.question ?? '' });
  const report = readReport(await readSteps(ctx.database, task.turnId), outcome);
  return settle({ kind: 'ended', report, turnLimits: agent.limits });
}

/** Its job failed for the last time: it ends with the reason, and so does its turn. */
export async function giveTaskUp(
  ctx: Ctx,
  job: RunningJob<TurnPayload>,
  error: string,
): Promise<Settlement | undefined> {
  const task = await selectTask(ctx.database, job.payload.taskId);
  if (task === undefined || task.turnId !== job.payload.turnId || task.jobId === null) return undefined;
  const detail = `It could not be worked on, although it was tried several times: ${error.slice(0, 1000)}`;
  const left: TurnLeft = { kind: 'give-up', stopReason: 'interrupted', detail };
  const { id: taskId, turnId, jobId } = task;
  return { group: turnSettlement, item: { ctx, taskId, turnId, jobId, left } };
}

/** Null: the job is not the one that the row names any more, or a pause came first. */
async function begin(ctx: Ctx, job: RunningJob<TurnPayload>): Promise<WholeTask | null> {
  const { taskId, turnId } = job.payload;
  return ctx.tx(async (tx) => {
    const task = await lockTask(tx, taskId);
    if (task === undefined || task.jobId !== job.id || task.turnId !== turnId) return null;
    if (task.status !== 'pending' && task.status !== 'running') return null;
    if (task.pauseRequested) {
      await pauseTask(tx, taskId);
      await emitEvents(ctx, tx, [taskEvent('tasks.paused', task, { status: 'paused' })]);
      return null;
    }
    let { turnTask } = task;
    if (turnTask === null) {
      const messages = await selectMessages(tx, taskId);
      turnTask = writeTask(
        task.goal,
        messages.map(({ text }) => text),
      );
      await takeMessages(tx, taskId, task.turns);
    }
    await beginTurn(tx, taskId, turnTask, ctx.clock.now());
    const payload = { status: 'running', turn: task.turns };
    if (task.startedAt === null) await emitEvents(ctx, tx, [taskEvent('tasks.started', task, payload)]);
    return { ...task, turnTask };
  });
}

async function actAsStarter(ctx: Ctx, task: WholeTask): Promise<{ ctx: Ctx } | { refused: TurnLeft }> {
  const actor = await ctx.findActor(task.actorId, task.scopes);
  if (actor === null) return refuse('starter-gone', 'Whoever started it has no account here any more.');
  const acting = actAs(ctx, actor);
  if (!acting.may(taskPermission)) {
    return refuse(
      'not-allowed',
      `Whoever started it may not do this any more: it needs the permission ${taskPermission}.`,
    );
  }
  if (acting.may('signed-in', guardOfTask(task))) return { ctx: acting };
  return refuse('not-allowed', 'Whoever started it is no member of its project any more.');
}

function refuse(stopReason: 'starter-gone' | 'not-allowed', detail: string): { refused: TurnLeft } {
  return { refused: { kind: 'give-up', stopReason, detail } };
}
