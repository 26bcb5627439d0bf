// A sub-run has ended: what began it goes on, by a job that is enqueued in the same transaction. The parent's rows are
// not touched here, so that nobody waits for the lock of one run while they hold that of another.
import type { Ctx, Tx } from '../../ctx.ts';
import type { NewJob } from '../../jobs/settlement.ts';
import { nodeJob } from './rules.ts';
import { readPriorities } from './store/controls.ts';

/** As the statements that end runs tell it. */
export interface ParentOf {
  readonly runId: string;
  readonly nodeId: string;
  readonly item: number | null;
  /** The job that goes on with the node. */
  readonly jobId: string;
}

export async function resumeParents(
  ctx: Pick<Ctx, 'queue'>,
  tx: Tx,
  ended: readonly { readonly parent: ParentOf | null }[],
): Promise<void> {
  const parents = ended.flatMap(({ parent }) => parent ?? []);
  if (parents.length === 0) return;
  const priorities = await readPriorities(
    tx,
    parents.map(({ runId }) => runId),
  );
  await ctx.queue.enqueue(
    tx,
    parents.map((parent) => jobOf(parent, priorities.get(parent.runId))),
  );
}

function jobOf(parent: ParentOf, priority: number | undefined): NewJob {
  const { runId, nodeId, item, jobId } = parent;
  return item === null
    ? nodeJob('pipeline', parent, priority)
    : { name: 'pipelines.advance-map', payload: { runId, nodeId, jobId }, priority };
}
