// Whom a run belongs to: the members of its project; without a project whoever started it, and operators. The same guard
// decides who reads the run, who hears its events and who is told that it failed.
import { AppError } from '@gathering/contract/errors';
import { type Ctx, type Guarded, userOf } from '../../ctx.ts';

export interface RunOwner {
  readonly project_id: string | null;
  /** `users/<id>` or `system/<name>`: who started it. */
  readonly actor_id: string;
}

export function guardOfRun({ project_id, actor_id }: RunOwner): Guarded {
  return project_id === null ? { ownerId: userOf(actor_id), operators: true } : { projectId: project_id };
}

/** Throws AppError `pipelines.run-not-found`, also for a run that the actor may not see. What may be done, the door has asked. */
export function requireSeen<T extends RunOwner>(ctx: Pick<Ctx, 'may'>, run: T | null): T {
  if (run === null || !ctx.may('signed-in', guardOfRun(run))) throw new AppError('pipelines.run-not-found');
  return run;
}
