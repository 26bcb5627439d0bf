// A person's word on work that was cut off: repeat it, or skip it and go on. The decision and the job that
// follows from it are one transaction.
import { AppError } from '@gathering/contract/errors';
import type { Ctx, Tx } from '../../ctx.ts';
import { decideWaitingStep } from '../agents/index.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvents } from '../events/index.ts';
import { requireSeen } from './guard.ts';
import { nodeJob } from './rules.ts';
import { nodeEvent } from './run-events.ts';
import { findRun, listNodeRuns, parkNodes, resumeNode } from './store/runs.ts';

export async function decideNode(ctx: Ctx, runId: string, nodeId: string, decision: 'repeat' | 'skip'): Promise<void> {
  requireSeen(ctx, await findRun(ctx.database, runId));
  const node = (await listNodeRuns(ctx.database, runId)).find((one) => one.node_id === nodeId);
  if (node?.waiting_kind !== 'decision') throw new AppError('pipelines.node-not-waiting');
  await ctx.tx(async (tx) => {
    if (node.turn_id !== null) {
      // The agents feature decides the step; it calls back through `resumeTurnNode`.
      await decideWaitingStep(ctx, tx, node.turn_id, decision);
      return;
    }
    await resume(ctx, tx, { runId, nodeId }, decision);
    await recordAudit(ctx, tx, {
      action: 'pipelines.decide-node',
      object: `runs/${runId}`,
      details: { nodeId, decision },
    });
  });
}

/** The step of a turn was decided: the node that waits for it goes on. Does nothing for turns of chats. */
export async function resumeTurnNode(ctx: Ctx, tx: Tx, turnId: string): Promise<void> {
  await resume(ctx, tx, { turnId }, null, { optional: true });
}

async function resume(
  ctx: Ctx,
  tx: Tx,
  where: { runId: string; nodeId: string } | { turnId: string },
  decision: 'repeat' | 'skip' | null,
  { optional = false } = {},
): Promise<void> {
  const jobId = ctx.ids.next();
  const node = await resumeNode(tx, where, { jobId, decision, at: ctx.clock.now() });
  if (node === null) {
    if (optional) return;
    throw new AppError('pipelines.node-not-waiting');
  }
  const job = nodeJob(node.type, { runId: node.run_id, nodeId: node.node_id, jobId }, node.priority);
  if (node.is_paused) await parkNodes(tx, node.run_id, [jobId]);
  else await ctx.queue.enqueue(tx, [job]);
  await emitEvents(ctx, tx, [nodeEvent('pipelines.node-started', node, { status: 'pending', decision })]);
}
