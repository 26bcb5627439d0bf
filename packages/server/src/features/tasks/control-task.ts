// What people do to a background run that is under way: pause, resume, cancel, say something, decide. Each is one guarded
// change of its row with what follows from it; a turn that settles later finds the row as it is then.
import { AppError } from '@gathering/contract/errors';
import { mostTaskMessages } from '@gathering/contract/tasks';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { decideWaitingStep } from '../agents/index.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents } from '../events/index.ts';
import { requireSeen } from './guard.ts';
import { runTaskTurnJob } from './job-names.ts';
import { cutTurnOff } from './keep-report.ts';
import { isActive } from './rules.ts';
import {
  endTask,
  forgiveTask,
  lockTask,
  lockWaitingTaskOfTurn,
  pauseTask as pauseRow,
  requestPause,
  requeueTask,
  selectTask,
  type TaskRecord,
  type WholeTask,
  withdrawPause,
} from './store.ts';
import { countMessages, insertMessage } from './store-messages.ts';
import { taskEvent } from './task-events.ts';

/** What a worker does is stopped where its step ends, so that its answer is kept; whatever only waits stops at once. */
export function pauseTask(ctx: Ctx, id: string): Promise<void> {
  return change(ctx, id, 'tasks.pause', async (tx, task) => {
    if (task.status === 'paused' || task.pauseRequested) throw new AppError('tasks.already-paused');
    if (task.working) {
      await requestPause(tx, id);
      await emitEvents(ctx, tx, [taskEvent('tasks.pause-requested', task)]);
      return;
    }
    await pauseRow(tx, id);
    if (task.jobId !== null) await ctx.queue.cancel(tx, runTaskTurnJob, [task.jobId]);
    await emitEvents(ctx, tx, [taskEvent('tasks.paused', task, { status: 'paused' })]);
  });
}

export function resumeTask(ctx: Ctx, id: string): Promise<void> {
  return change(ctx, id, 'tasks.resume', async (tx, task) => {
    if (task.status !== 'paused' && !task.pauseRequested) throw new AppError('tasks.not-paused');
    // Whoever works on it has not stopped yet: it just goes on, and asks for nothing twice.
    if (task.status === 'paused') await requeue(ctx, tx, task);
    else await withdrawPause(tx, id);
    await emitEvents(ctx, tx, [taskEvent('tasks.resumed', task, { status: statusOf(task) })]);
  });
}

export function cancelTask(ctx: Ctx, id: string): Promise<void> {
  return change(ctx, id, 'tasks.cancel', async (tx, task) => {
    const end = { status: 'cancelled', stopReason: 'cancelled', result: null, detail: null } as const;
    await cutTurnOff(ctx, tx, task);
    await endTask(tx, id, { ...end, endedAt: ctx.clock.now() });
    if (task.jobId !== null) await ctx.queue.cancel(tx, runTaskTurnJob, [task.jobId]);
    await emitEvents(ctx, tx, [taskEvent('tasks.ended', task, { status: end.status, stopReason: end.stopReason })]);
  });
}

/** The next turn that begins reads it; a turn that is under way does not. */
export function sendMessage(ctx: Ctx, id: string, text: string): Promise<void> {
  return change(ctx, id, 'tasks.send-message', async (tx, task) => {
    if ((await countMessages(tx, id)).all >= mostTaskMessages) throw new AppError('tasks.too-many-messages');
    const messageId = ctx.ids.next();
    await insertMessage(tx, id, { id: messageId, text, actorId: actorName(ctx.actor), createdAt: ctx.clock.now() });
    await forgiveTask(tx, id);
    await emitEvents(ctx, tx, [taskEvent('tasks.message-added', task, { messageId })]);
  });
}

/** Decides about the call that its turn waits for. Throws AppError `tasks.not-waiting`. */
export async function decideTask(ctx: Ctx, id: string, decision: 'repeat' | 'skip'): Promise<void> {
  const task = requireSeen(ctx, await selectTask(ctx.database, id));
  if (task.status !== 'waiting') throw new AppError('tasks.not-waiting');
  // The agents feature decides the step; it calls back through `resumeTaskOfTurn`.
  await ctx
    .tx((tx) => decideWaitingStep(ctx, tx, task.turnId, decision))
    .catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'agents.step-not-waiting')
        throw new AppError('tasks.not-waiting');
      throw error;
    });
}

/** The step of a turn was decided: the background run that waits for it goes on. Does nothing for other turns. */
export async function resumeTaskOfTurn(ctx: Ctx, tx: Tx, turnId: string): Promise<void> {
  const task = await lockWaitingTaskOfTurn(tx, turnId);
  if (task === undefined) return;
  await requeue(ctx, tx, task);
  await emitEvents(ctx, tx, [taskEvent('tasks.decided', task, { status: statusOf(task) })]);
}

const statusOf = ({ startedAt }: TaskRecord): string => (startedAt === null ? 'pending' : 'running');

async function requeue(ctx: Ctx, tx: Tx, { id, turnId }: TaskRecord): Promise<void> {
  const jobId = ctx.ids.next();
  await requeueTask(tx, id, jobId);
  await ctx.queue.enqueue(tx, [{ name: runTaskTurnJob, id: jobId, payload: { taskId: id, turnId } }]);
}

/** Throws AppError `tasks.not-found` or `tasks.ended`, and what `run` throws. */
async function change(
  ctx: Ctx,
  id: string,
  action: string,
  run: (tx: Tx, task: WholeTask) => Promise<void>,
): Promise<void> {
  await ctx.tx(async (tx) => {
    const task = requireSeen(ctx, await lockTask(tx, id));
    if (!isActive(task.status)) throw new AppError('tasks.ended', { detail: `It has ended: ${task.status}.` });
    await run(tx, task);
    await recordAudit(ctx, tx, { action, object: `tasks/${id}` });
  });
}
