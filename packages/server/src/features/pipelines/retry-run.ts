// Begins a run that has stopped again where it stopped: nodes that did not arrive go back to the beginning with new jobs and
// turns; what has ended stays. It goes on as whoever started it, like the run that it is.
import { AppError } from '@gathering/contract/errors';
import { isOvercome } from '@gathering/contract/forks';
import type { Ctx, Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents, type NewEvent } from '../events/index.ts';
import { requireSeen } from './guard.ts';
import { countArrivals, findRetried, type GraphNode } from './restart-rules.ts';
import { isReady, mayBegin } from './rules.ts';
import { runEvent } from './run-events.ts';
import { countGroups, type GraphNodeRow, lockGroups, readGraph, reopenNodes, reopenRun } from './store/controls.ts';
import { lockRun } from './store/runs.ts';
import { beginPending } from './take-turns.ts';

const stoppedStatuses: readonly string[] = ['failed', 'cancelled', 'timed_out'];

export function toGraphNode(row: GraphNodeRow): GraphNode {
  return {
    id: row.node_id,
    type: row.type,
    status: row.status,
    children: row.children,
    childWhen: row.child_when,
    branch: row.branch,
    needs: row.needs,
    isOvercome: isOvercome(row.status, row.policy?.onError),
  };
}

/** Throws AppError `pipelines.run-not-stopped` also for the later one of two at the same time. */
export async function retryRun(ctx: Ctx, runId: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const run = requireSeen(ctx, await lockRun(tx, runId));
    if (!stoppedStatuses.includes(run.status)) throw new AppError('pipelines.run-not-stopped');
    // What began it has its end already.
    if (run.parent_run_id !== null)
      throw new AppError('pipelines.run-not-stopped', {
        detail: `It is part of another run, which goes on from its own node: retry run ${run.parent_run_id}.`,
      });
    const rows = await readGraph(tx, runId);
    const nodes = rows.map(toGraphNode);
    const retried = findRetried(nodes);
    const counts = countArrivals(nodes, retried);
    const reopened = rows.flatMap((row) => {
      const count = counts.get(row.node_id);
      return count === undefined ? [] : [{ ...row, ...count }];
    });
    // What is decided inside of a settlement ended with the last of its parents, so each of these has work to do.
    const due = new Set(reopened.filter(isReady));
    await reopenNodes(
      tx,
      runId,
      reopened.map((row) => ({
        nodeId: row.node_id,
        waitingFor: row.waitingFor,
        liveParents: row.liveParents,
        jobId: ctx.ids.next(),
        turnId: row.type === 'agent' ? ctx.ids.next() : null,
        parked: due.has(row),
      })),
    );
    const group = await reopenRun(tx, runId, reopened.length);
    const told = runEvent('pipelines.run-retried', run, { status: 'pending', nodes: reopened.length });
    const begun = await beginInTurn(ctx, tx, runId, group);
    await emitEvents(ctx, tx, [told, ...begun]);
    const details = { nodes: [...due].slice(0, 50).map((row) => row.node_id) };
    await recordAudit(ctx, tx, { action: 'pipelines.retry-run', object: `runs/${runId}`, details });
  });
}

async function beginInTurn(
  ctx: Ctx,
  tx: Tx,
  runId: string,
  { concurrency_group: group, concurrency_limit: limit }: Awaited<ReturnType<typeof reopenRun>>,
): Promise<NewEvent[]> {
  if (group !== null) {
    await lockGroups(tx, [group]);
    const counts = await countGroups(tx, [group]);
    // It stands in line itself by now: it goes first, since it had its turn before.
    const isNext = mayBegin([{ id: runId, concurrency_group: group, concurrency_limit: limit ?? 1 }], counts);
    if (isNext.length === 0) return [];
  }
  return beginPending(ctx, tx, [runId]);
}
