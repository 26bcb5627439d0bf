// Approvals over HTTP.
import { castVoteRoute, listApprovalsRoute, readApprovalRoute } from '@gathering/contract/approvals';
import type { Ctx } from '../../ctx.ts';
import { answer } from '../../platform/http/bind.ts';
import { castVote } from './cast-vote.ts';
import { listApprovals, readApproval } from './read-approvals.ts';

export const approvalsRoutes = [
  answer(listApprovalsRoute, (ctx: Ctx, input) => listApprovals(ctx, input)),
  answer(readApprovalRoute, (ctx: Ctx, input) => readApproval(ctx, input.params.id)),
  answer(castVoteRoute, async (ctx: Ctx, input) => {
    await castVote(ctx, input);
    return readApproval(ctx, input.params.id);
  }),
];
