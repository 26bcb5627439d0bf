// Commits ends of nodes of which it is known what follows (`run-shapes.ts`): sent in one piece with the commit, which the
// database refuses if anything is not as foreseen. Then `settle-nodes.ts` asks it instead.
import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import type { Ctx, Tx } from '../../ctx.ts';
import type { NewJob } from '../../jobs/settlement.ts';
import type { NewEvent } from '../events/index.ts';
import { rememberNode } from './load-nodes.ts';
import type { Foreseen, NodeChange, NodeEnd } from './node-changes.ts';
import { policyOf } from './node-policy.ts';
import { nodeJob } from './rules.ts';
import { announceRunsEnded } from './run-ends.ts';
import { nodeEvent, runEnded } from './run-events.ts';
import { forgetShapes } from './run-shapes.ts';
import { endForeseen } from './store/settle-foreseen.ts';

type ForeseenEnd = NodeEnd & { readonly foreseen: Foreseen };

export const isForeseen = (change: NodeChange): change is ForeseenEnd =>
  change.kind === 'end' && change.foreseen !== null && !change.foreseen.isDoubted;

/** Sends what is known to follow, without waiting for an answer, so that the commit is sent with it. */
export function commitForeseen(ctx: Ctx, tx: Tx, ends: readonly ForeseenEnd[]): { events: NewEvent[]; jobs: NewJob[] } {
  const now = ctx.clock.now();
  const heirOf = ({ foreseen: { consequence } }: ForeseenEnd) =>
    consequence.kind === 'goes-on' ? consequence.heir : null;
  endForeseen(tx, ends, now).catch(() => {
    // The transaction is done again: whichever was wrong, all are asked for then.
    for (const end of ends) end.foreseen.isDoubted = true;
  });
  const events: NewEvent[] = [];
  const jobs: NewJob[] = [];
  const ended: string[] = [];
  for (const end of ends) {
    const { node } = end.foreseen;
    const heir = heirOf(end);
    events.push(nodeEvent('pipelines.node-ended', node, { status: end.status }));
    if (end.foreseen.consequence.kind === 'run-ends') {
      events.push(runEnded({ ...node, id: node.run_id }, 'completed'));
      ended.push(node.run_id);
    }
    if (heir !== null) {
      const job = nodeJob(heir.type, { runId: end.runId, nodeId: heir.id, jobId: end.jobId });
      jobs.push({ ...job, requestId: end.ctx.requestId });
    }
  }
  tx.afterCommit(() => {
    for (const end of ends) {
      const heir = heirOf(end);
      if (heir !== null) rememberHeir(ctx, end, heir);
    }
    announceEnds(ctx, ended);
  });
  return { events, jobs };
}

function rememberHeir({ database }: Ctx, { foreseen: { node }, attempt, jobId }: ForeseenEnd, heir: PipelineNode) {
  const { run_id, pipeline_id, project_id, actor_id, scopes, run_started_at, priority } = node;
  rememberNode(database, {
    run_id,
    pipeline_id,
    project_id,
    actor_id,
    scopes,
    run_started_at,
    priority,
    node_id: heir.id,
    type: heir.type,
    name: heir.name ?? heir.id,
    config: heir.config,
    policy: policyOf(heir),
    job_id: jobId,
    attempt,
    turn_id: null,
  });
}

/** After the commit that ended them. */
export function announceEnds({ database }: Ctx, runIds: readonly string[]): void {
  forgetShapes(database, runIds);
  announceRunsEnded(runIds);
}
