// The work of a schedule: prepared with the rights that whoever it acts for has now, then started in the transaction that
// writes the receipt. Preparing may wait for other things than the database; starting may not.
import { AppError } from '@gathering/contract/errors';
import type { Permission } from '@gathering/contract/permissions';
import type { ScheduleAction, ScheduleActionKind, ScheduleSpec } from '@gathering/contract/schedule-timing';
import type { SkipReason } from '@gathering/contract/schedules';
import { actAs, type Ctx, type Tx, userOf } from '../../ctx.ts';
import { notify } from '../notifications/index.ts';
import { prepareRun, readPublished, startPreparedRun } from '../pipelines/index.ts';
import { readProject } from '../projects/index.ts';
import { wordsOf } from './rules.ts';
import type { WorkKind } from './store/receipts.ts';
import { findTaskStarter } from './task-starter.ts';

export interface Work {
  /** Acts for whoever the schedule acts for. */
  readonly ctx: Ctx;
  /** Starts it; it exists if and only if the transaction commits. `key` is the same for each try of one receipt. */
  start(tx: Tx, receiptId: string): Promise<StartedWork>;
}

export interface StartedWork {
  readonly kind: WorkKind;
  readonly id: string;
  /** `completed`: there is nothing to wait for. */
  readonly outcome: 'running' | 'completed';
}

/** Work cannot be started: told by its receipt, never tried again. */
export class WorkRefused extends Error {
  override readonly name = 'WorkRefused';
  readonly reason: SkipReason;
  constructor(reason: SkipReason, detail: string | null, cause?: unknown) {
    super(wordsOf(reason, detail), { cause });
    this.reason = reason;
  }
}

/** What the work of a schedule needs, beside `schedules.write`. */
export const neededFor: Readonly<Record<ScheduleActionKind, readonly Permission[]>> = {
  execute_pipeline: ['pipelines.run'],
  run_task: ['agents.chat'],
  send_notification: [],
  call_api: ['skills.fetch'],
};

export interface ActsFor {
  readonly actor_id: string;
  readonly scopes: readonly Permission[] | null;
}

/** Throws `WorkRefused` where they are gone, may not do this any more or do not see the project any more. */
export async function actForSchedule(
  ctx: Ctx,
  { actor_id, scopes }: ActsFor,
  kind: ScheduleActionKind,
  projectId: string | null,
): Promise<Ctx> {
  const actor = await ctx.findActor(actor_id, scopes);
  if (actor === null) throw new WorkRefused('actor-gone', null);
  const acting = actAs(ctx, actor);
  const lacking = (['schedules.write', ...neededFor[kind]] as const).find((permission) => !acting.may(permission));
  if (lacking !== undefined) throw new WorkRefused('actor-forbidden', `It needs the permission ${lacking}.`);
  if (!acting.may('signed-in', { projectId }))
    throw new WorkRefused('actor-forbidden', 'They are no member of the project.');
  return acting;
}

/** Throws `WorkRefused` for whatever a person has to mend. */
export async function prepareWork(
  ctx: Ctx,
  actsFor: ActsFor,
  spec: ScheduleSpec,
  projectId: string | null,
): Promise<Work> {
  const acting = await actForSchedule(ctx, actsFor, spec.action.kind, projectId);
  try {
    if (projectId !== null) await readProject(acting, projectId);
    return await prepareAction(acting, spec.action, projectId);
  } catch (error) {
    throw asRefusal(error);
  }
}

/** What the caller can mend is a refusal; everything else goes on as it is. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code.startsWith('server.') || error.code.startsWith('database.'))
    return error;
  const faults = error.faults?.map(({ at, message }) => `${at}: ${message}`).slice(0, 5) ?? [];
  return new WorkRefused('refused', [error.message, ...faults].join(' '), error);
}

async function prepareAction(ctx: Ctx, action: ScheduleAction, projectId: string | null): Promise<Work> {
  switch (action.kind) {
    case 'execute_pipeline': {
      const published = await readPublished(ctx, action.pipelineId);
      const plan = await prepareRun(ctx, { ...published, input: action.input ?? {}, projectId });
      const started: StartedWork = { kind: 'run', id: plan.id, outcome: 'running' };
      return { ctx, start: (tx) => startPreparedRun(ctx, tx, plan).then(() => started) };
    }
    case 'run_task': {
      const { start, prepare } = findTaskStarter();
      const { agent: agentRef, goal, limits } = action;
      const request = { agentRef, goal, projectId, ...(limits && { limits }) };
      await prepare?.(ctx, request);
      return {
        ctx,
        start: async (tx) => ({ kind: 'task', id: await start(ctx, tx, request), outcome: 'running' }),
      };
    }
    case 'send_notification': {
      const { title, body = '', urgency = 'info', to = 'me' } = action;
      const userId = to === 'me' ? userOf(`${ctx.actor.kind}s/${ctx.actor.id}`) : null;
      return {
        ctx,
        start: async (tx) => ({
          kind: 'notification',
          id: await notify(ctx, tx, { title, body, urgency, link: '/schedules', userId }),
          outcome: 'completed',
        }),
      };
    }
    case 'call_api':
      return {
        ctx,
        start: async (tx, receiptId) => {
          const id = ctx.ids.next();
          await ctx.queue.enqueue(tx, [{ name: 'schedules.call-api', id, payload: { receiptId } }]);
          return { kind: 'call', id, outcome: 'running' };
        },
      };
  }
}
