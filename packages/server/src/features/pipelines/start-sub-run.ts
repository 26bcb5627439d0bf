// Starts runs for nodes of other runs: checked as any run, with the rights of whoever started the one above, and bound to
// the job that goes on when they have ended.
import { AppError } from '@gathering/contract/errors';
import { maxRunDepth, maxSubRuns } from '@gathering/contract/flow-nodes';
import type { Ctx, Tx } from '../../ctx.ts';
import { NodeFailure } from './nodes/node-kind.ts';
import { type ParentOf, resumeParents } from './resume-parents.ts';
import type { RunPlan } from './settle-starts.ts';
import { startPreparedRun } from './start-run.ts';
import { countSubRuns, readRunFacts } from './store/sub-runs.ts';

/** Where a run stands among those that began each other. */
export interface Lineage {
  readonly rootRunId: string;
  readonly depth: number;
  /** How many triggers followed from each other until here. */
  readonly causeDepth: number;
}

/** Throws `NodeFailure` where runs are nested too deep, or too many began each other. */
export async function requireRoom(ctx: Pick<Ctx, 'database'>, runId: string, wanted: number): Promise<Lineage> {
  const facts = await readRunFacts(ctx.database, runId);
  const depth = facts.depth + 1;
  if (depth > maxRunDepth)
    throw new NodeFailure('pipelines.nested-too-deep', `Pipelines may run each other ${maxRunDepth} levels deep.`, {
      next: 'Look for a pipeline that runs itself.',
    });
  const rootRunId = facts.rootRunId ?? runId;
  const count = await countSubRuns(ctx.database, rootRunId);
  if (count + wanted > maxSubRuns)
    throw new NodeFailure('pipelines.too-many-sub-runs', `One run may begin ${maxSubRuns} others, however nested.`, {
      next: 'Work on fewer items, or in several runs.',
    });
  return { rootRunId, depth, causeDepth: facts.causeDepth };
}

export async function startSubRun(ctx: Ctx, tx: Tx, plan: RunPlan, parent: ParentOf, lineage: Lineage): Promise<void> {
  await startPreparedRun(ctx, tx, { ...plan, parent: { ...parent, ...lineage } });
  // One that has nothing to do has ended with its start.
  if (plan.layout.openNodes === 0) await resumeParents(ctx, tx, [{ parent }]);
}

/** What a start is refused with, as the failure of the node that asked for it. */
export function failureOf(error: unknown): NodeFailure {
  if (!(error instanceof AppError)) throw error;
  const faults = (error.faults ?? []).slice(0, 3).map(({ message }) => message);
  return new NodeFailure(error.code, [error.message, ...faults].join(' '), {
    next: 'Look at the pipeline that this node runs, and at the input that it is given.',
    cause: error,
  });
}
