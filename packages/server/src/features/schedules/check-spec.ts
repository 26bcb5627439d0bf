// Judges a schedule before it is saved: its own faults, and whether its work could be started here and now by whoever saves.
import { anchor, checkSchedule } from '@gathering/contract/check-schedule';
import { AppError, type Fault } from '@gathering/contract/errors';
import type { ScheduleAction, ScheduleSpec } from '@gathering/contract/schedule-timing';
import type { Ctx } from '../../ctx.ts';
import { prepareRun, readPublished } from '../pipelines/index.ts';
import { readProject } from '../projects/index.ts';
import { neededFor } from './prepare-work.ts';
import { taskStarter } from './task-starter.ts';

/** The spec as it is saved. Throws `auth.forbidden`, or `schedules.invalid` with every fault. */
export async function requireSound(ctx: Ctx, spec: ScheduleSpec, projectId: string | null): Promise<ScheduleSpec> {
  const lacking = neededFor[spec.action.kind].find((permission) => !ctx.may(permission));
  if (lacking !== undefined)
    throw new AppError('auth.forbidden', { detail: `Work of this kind needs the permission \`${lacking}\`.` });
  const now = ctx.clock.now().getTime();
  const faults = [
    ...checkSchedule(spec, now),
    ...(await checkProject(ctx, projectId)),
    ...(await checkAction(ctx, spec.action, projectId)),
  ];
  if (faults.length > 0)
    throw new AppError('schedules.invalid', { faults: faults.map((fault) => ({ in: 'body' as const, ...fault })) });
  return { ...spec, timing: anchor(spec, now) };
}

async function checkProject(ctx: Ctx, projectId: string | null): Promise<Fault[]> {
  if (projectId === null) return [];
  return faultsOf(() => readProject(ctx, projectId), '/projectId');
}

async function checkAction(ctx: Ctx, action: ScheduleAction, projectId: string | null): Promise<Fault[]> {
  if (action.kind === 'run_task') {
    const starter = taskStarter();
    const { agent: agentRef, goal, limits } = action;
    if (starter !== undefined)
      return faultsOf(
        async () => starter.prepare?.(ctx, { agentRef, goal, projectId, ...(limits && { limits }) }),
        '/action/agent',
      );
    const message = 'This server cannot start background runs of agents: let the schedule execute a pipeline instead.';
    return [{ at: '/action/kind', rule: 'unavailable', message, got: 'run_task', example: 'execute_pipeline' }];
  }
  if (action.kind !== 'execute_pipeline') return [];
  const { pipelineId, input = {} } = action;
  return faultsOf(async () => {
    await prepareRun(ctx, { ...(await readPublished(ctx, pipelineId)), input, projectId });
  }, '/action/pipelineId');
}

/** What a refusal says, as faults of this place; those of an input at the input. */
async function faultsOf(attempt: () => Promise<unknown>, at: string): Promise<Fault[]> {
  try {
    await attempt();
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'pipelines.input-invalid')
      return (error.faults ?? []).map((fault) => ({ ...fault, in: 'body', at: `/action/input${fault.at}` }));
    return [{ at, rule: error.code, message: error.message }];
  }
}
