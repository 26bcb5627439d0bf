// What became of a request, for the work that waits for it.
import type { ApprovalState } from '@gathering/contract/approvals';
import type { Ctx } from '../../ctx.ts';
import { findRequestOfJob, selectVotes } from './store.ts';

export interface Decision {
  readonly id: string;
  readonly state: ApprovalState;
  readonly decidedAt: Date | null;
  readonly votes: readonly { readonly userId: string; readonly decision: string; readonly comment: string }[];
}

/** Null: nothing was asked that this job would go on with. */
export async function findDecision(ctx: Pick<Ctx, 'database'>, jobId: string): Promise<Decision | null> {
  const request = await findRequestOfJob(ctx.database, jobId);
  if (request === null) return null;
  const votes = await selectVotes(ctx.database, [request.id]);
  return {
    id: request.id,
    state: request.state,
    decidedAt: request.decidedAt,
    votes: votes.map(({ userId, decision, comment }) => ({ userId, decision, comment })),
  };
}
