// Whom a background run belongs to: the members of its project; without a project whoever started it, and operators. The
// same guard decides who reads it, who hears its events and who is told how it ended.
import { AppError } from '@gathering/contract/errors';
import { type Ctx, type Guarded, userOf } from '../../ctx.ts';

export interface TaskOwner {
  readonly projectId: string | null;
  /** `users/<id>` or `system/<name>`: who started it. */
  readonly actorId: string;
}

export function guardOfTask({ projectId, actorId }: TaskOwner): Guarded {
  return projectId === null ? { ownerId: userOf(actorId), operators: true } : { projectId };
}

/** Throws AppError `tasks.not-found`, also for one that the actor may not see. What may be done, the door has asked. */
export function requireSeen<T extends TaskOwner>(ctx: Pick<Ctx, 'may'>, row: T | undefined): T {
  if (row === undefined || !ctx.may('signed-in', guardOfTask(row))) throw new AppError('tasks.not-found');
  return row;
}
