// Commits what turns of background runs left, with the completion of their jobs: plan, notes, counters, and then the next
// turn's job, a pause, a wait for a person, or the end. Whatever does not fit the row any more changes nothing.
import type { TurnLimits } from '@gathering/contract/agents';
import { storableText } from '@gathering/contract/storable';
import type { TaskStopReason } from '@gathering/contract/tasks';
import { type Ctx, type Tx, userOf } from '../../ctx.ts';
import type { NewJob, SettlementGroup } from '../../jobs/settlement.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents } from '../events/index.ts';
import { notify } from '../notifications/index.ts';
import { runTaskTurnJob } from './job-names.ts';
import { cutTurnOff, keepReport } from './keep-report.ts';
import { decideAfterTurn, type TurnReport, type Verdict } from './rules.ts';
import { standingOf } from './standing.ts';
import {
  endTask,
  holdTask,
  lockTask,
  lockTasks,
  moveToNextTurn,
  pauseTask,
  requeueTask,
  type TaskEnd,
  type WholeTask,
} from './store.ts';
import { countMessages } from './store-messages.ts';
import { taskEvent } from './task-events.ts';

export type TurnLeft =
  | { readonly kind: 'pause' }
  | { readonly kind: 'wait'; readonly question: string }
  | { readonly kind: 'give-up'; readonly stopReason: TaskStopReason; readonly detail: string }
  | {
      readonly kind: 'ended';
      readonly report: TurnReport;
      /** The hard caps of its agent. */
      readonly turnLimits: TurnLimits;
    };

interface TurnChange {
  readonly ctx: Ctx;
  readonly taskId: string;
  readonly turnId: string;
  readonly jobId: string;
  readonly left: TurnLeft;
}

type EndedTurn = Extract<TurnLeft, { kind: 'ended' }>;

export const turnSettlement: SettlementGroup = {
  name: 'tasks.turns',
  lock: (tx, items) =>
    lockTasks(
      tx,
      (items as readonly TurnChange[]).map(({ taskId }) => taskId),
    ),
  commit: async (tx, items) => {
    const jobs: NewJob[] = [];
    for (const change of items as readonly TurnChange[]) jobs.push(...(await commitChange(tx, change)));
    return jobs;
  },
};

async function commitChange(tx: Tx, { ctx, taskId, turnId, jobId, left }: TurnChange): Promise<NewJob[]> {
  const task = await lockTask(tx, taskId);
  // Cancelled, taken on by a resume, or settled before.
  if (task === undefined || task.turnId !== turnId || task.jobId !== jobId) return [];
  switch (left.kind) {
    case 'pause':
      return pauseOrGoOn(ctx, tx, task);
    case 'wait':
      await holdTask(tx, task.id, storableText(left.question));
      await tell(ctx, tx, task, 'needs-person', 'A background run needs your decision', left.question);
      await emitEvents(ctx, tx, [taskEvent('tasks.waiting', task, { status: 'waiting' })]);
      return [];
    case 'give-up': {
      await cutTurnOff(ctx, tx, task);
      const { stopReason, detail } = left;
      await endWith(ctx, tx, task, { status: 'failed', stopReason, detail, result: null });
      return [];
    }
    case 'ended':
      return commitTurn(ctx, tx, task, left);
  }
}

async function pauseOrGoOn(ctx: Ctx, tx: Tx, task: WholeTask): Promise<NewJob[]> {
  if (task.pauseRequested) {
    await pauseTask(tx, task.id);
    await emitEvents(ctx, tx, [taskEvent('tasks.paused', task, { status: 'paused' })]);
    return [];
  }
  // Somebody resumed it in the moment in which it stopped.
  const id = ctx.ids.next();
  await requeueTask(tx, task.id, id);
  return [{ name: runTaskTurnJob, id, payload: { taskId: task.id, turnId: task.turnId } }];
}

async function commitTurn(ctx: Ctx, tx: Tx, task: WholeTask, turn: EndedTurn): Promise<NewJob[]> {
  const standing = standingOf(task);
  const { unread } = await countMessages(tx, task.id);
  const { turnLimits } = turn;
  const verdict = decideAfterTurn(standing, turn.report, { turnLimits, isSteered: unread > 0 });
  await keepReport(tx, task, turn.report);
  const about = {
    turn: task.turns,
    stopReason: turn.report.stopReason,
    progress: turn.report.progress ?? task.progress,
  };
  await emitEvents(ctx, tx, [taskEvent('tasks.turn-ended', task, about)]);
  if (verdict.kind === 'end') {
    await endWith(ctx, tx, task, verdict);
    return [];
  }
  return goOn(ctx, tx, task, verdict);
}

async function goOn(
  ctx: Ctx,
  tx: Tx,
  task: WholeTask,
  { failures, barren, pauseMs }: Extract<Verdict, { kind: 'go-on' }>,
): Promise<NewJob[]> {
  const retryAt = pauseMs === 0 ? null : new Date(ctx.clock.now().getTime() + pauseMs);
  const [turnId, jobId] = [ctx.ids.next(), task.pauseRequested ? null : ctx.ids.next()];
  await moveToNextTurn(tx, task.id, { turnId, jobId, failures, barren, retryAt });
  if (jobId === null) {
    await emitEvents(ctx, tx, [taskEvent('tasks.paused', task, { status: 'paused' })]);
    return [];
  }
  const payload = { taskId: task.id, turnId };
  return [{ name: runTaskTurnJob, id: jobId, payload, ...(retryAt !== null && { startAfter: retryAt }) }];
}

/** Ends it, in the caller's transaction, with its event, its audit entry and word to whoever started it. */
async function endWith(ctx: Ctx, tx: Tx, task: WholeTask, end: Omit<TaskEnd, 'endedAt'>): Promise<void> {
  const { status, stopReason } = end;
  const [result, detail] = [end.result, end.detail].map((text) => (text === null ? null : storableText(text)));
  await endTask(tx, task.id, {
    ...{ status, stopReason },
    ...{ result: result ?? null, detail: detail ?? null, endedAt: ctx.clock.now() },
  });
  await emitEvents(ctx, tx, [taskEvent('tasks.ended', task, { status, stopReason })]);
  await recordAudit(ctx, tx, {
    action: 'tasks.end',
    object: `tasks/${task.id}`,
    result: status === 'completed' ? 'done' : 'failed',
    details: { stopReason, agentId: task.agentId, projectId: task.projectId },
  });
  if (status === 'completed') await tell(ctx, tx, task, 'info', 'A background run is done', result ?? '');
  else await tell(ctx, tx, task, 'failure', 'A background run did not reach its goal', detail ?? stopReason);
}

async function tell(
  ctx: Ctx,
  tx: Tx,
  task: WholeTask,
  urgency: 'info' | 'failure' | 'needs-person',
  title: string,
  body: string,
): Promise<void> {
  const [link, userId] = [`/tasks/${task.id}`, userOf(task.actorId)];
  await notify(ctx, tx, { title: `${title}: ${task.title}`, body: storableText(body), urgency, link, userId });
}
