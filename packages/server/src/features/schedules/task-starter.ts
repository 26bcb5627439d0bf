// How background runs of agents are started: whoever has them registers it, since not every installation of this house does.
import { AppError } from '@gathering/contract/errors';
import type { Ctx, Tx } from '../../ctx.ts';
import type { Database } from '../../platform/db/database.ts';

export interface TaskRequest {
  readonly agentRef: string;
  readonly goal: string;
  readonly projectId: string | null;
  readonly limits?: {
    readonly maxSteps?: number | undefined;
    readonly maxSeconds?: number | undefined;
    readonly maxTokens?: number | undefined;
    readonly maxCostUsd?: number | undefined;
  };
}

export interface TaskEnd {
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  readonly endedAt: Date | null;
}

export interface TaskStarter {
  /** Refuses what `start` would refuse, with no transaction open. */
  prepare?(ctx: Ctx, request: TaskRequest): Promise<void>;
  /** Starts one in the caller's transaction and answers its id. Throws AppError for what a person has to mend. */
  start(ctx: Ctx, tx: Tx, request: TaskRequest): Promise<string>;
  /** How those of these tasks ended that have. Without it a task counts as done once it was started. */
  readEnds?(handle: Database | Tx, ids: readonly string[]): Promise<ReadonlyMap<string, TaskEnd>>;
  /** Cancels one; one that has ended is left as it is. */
  cancel?(ctx: Ctx, id: string): Promise<void>;
}

let starter: TaskStarter | undefined;

/** Called by `boot`. Returns how to take it back. */
export function registerTaskStarter(start: TaskStarter['start'], more: Omit<TaskStarter, 'start'> = {}): () => void {
  starter = { start, ...more };
  return () => {
    starter = undefined;
  };
}

/** Undefined: tasks cannot be started here. */
export function taskStarter(): TaskStarter | undefined {
  return starter;
}

export function findTaskStarter(): TaskStarter {
  if (starter) return starter;
  throw new AppError('schedules.refused', { detail: 'This server cannot start background runs of agents.' });
}
