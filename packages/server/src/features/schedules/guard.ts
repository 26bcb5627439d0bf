// Whom a schedule belongs to: the members of its project; without a project whoever made it, and operators. The same
// guard decides who reads it, who hears its events and who is told of its problems.
import { AppError } from '@gathering/contract/errors';
import { type Ctx, type Guarded, userOf } from '../../ctx.ts';

export interface ScheduleOwner {
  readonly project_id: string | null;
  readonly created_by: string;
}

export function guardOfSchedule({ project_id, created_by }: ScheduleOwner): Guarded {
  return project_id === null ? { ownerId: userOf(created_by), operators: true } : { projectId: project_id };
}

/** Throws AppError `schedules.not-found`, also for one that the actor may not see. What may be done, the door has asked. */
export function requireSeen<T extends ScheduleOwner>(ctx: Pick<Ctx, 'may'>, schedule: T | null): T {
  if (schedule === null || !ctx.may('signed-in', guardOfSchedule(schedule))) throw new AppError('schedules.not-found');
  return schedule;
}
