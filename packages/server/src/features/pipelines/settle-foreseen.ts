// Commits ends of nodes of which it is known what follows (`run-shapes.ts`): sent in one piece with the commit, which the
// database refuses if anything is not as foreseen. Then `settle-nodes.ts` asks it instead.
import type { Ctx, Tx } from '../../ctx.ts';
import type { NewJob } from '../../jobs/settlement.ts';
import type { NewEvent } from '../events/index.ts';
import { rememberNode, untouched, workOf } from './load-nodes.ts';
import type { Foreseen, NodeChange, NodeEnd } from './node-changes.ts';
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
  endForeseen(tx, ends, ctx.clock.now()).catch(() => {
    // The transaction is done again: whichever was wrong, all are asked for then.
    for (const end of ends) end.foreseen.isDoubted = true;
  });
  const events: NewEvent[] = [];
  const jobs: NewJob[] = [];
  const ended: string[] = [];
  for (const { foreseen, ctx: from, runId, jobId, attempt, status } of ends) {
    const { node, consequence } = foreseen;
    events.push(nodeEvent('pipelines.node-ended', node, { status }));
    if (consequence.kind === 'run-ends') {
      events.push(runEnded({ ...node, id: runId }, 'completed'));
      ended.push(runId);
    } else if (consequence.kind === 'goes-on') {
      const { heir } = consequence;
      jobs.push({ ...nodeJob(heir.type, { runId, nodeId: heir.id, jobId }, node.priority), requestId: from.requestId });
      const uncounted = node.uncounted + 1;
      const work = { ...node, ...workOf(heir), ...untouched, job_id: jobId, attempt, turn_id: null, uncounted };
      tx.afterCommit(() => rememberNode(ctx.database, work));
    }
  }
  tx.afterCommit(() => announceEnds(ctx, ended));
  return { events, jobs };
}

/** After the commit that ended them. */
export function announceEnds({ database }: Ctx, runIds: readonly string[]): void {
  forgetShapes(database, runIds);
  announceRunsEnded(runIds);
}
