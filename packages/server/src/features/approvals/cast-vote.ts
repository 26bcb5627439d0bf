// A person's vote on a request: on exactly what was shown, once, and only by whom it was asked for.
import type { castVoteRoute } from '@gathering/contract/approvals';
import { AppError } from '@gathering/contract/errors';
import type { InputOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { endRequest } from './end-request.ts';
import { requireSeen } from './read-approvals.ts';
import { decideState, guardOfRequest, isDecider } from './rules.ts';
import { insertVote, lockRequest, type RequestRow, saveState } from './store.ts';

type Input = InputOf<typeof castVoteRoute>;

export async function castVote(ctx: Ctx, { params: { id }, body }: Input): Promise<void> {
  await ctx.tx(async (tx) => {
    const request = requireSeen(ctx, await lockRequest(tx, id));
    requireVote(ctx, request, body.shown);
    const { decision, comment = '', shown } = body;
    const at = ctx.clock.now();
    if (!(await insertVote(tx, { requestId: id, userId: ctx.actor.id, decision, comment, shown, at })))
      throw new AppError('approvals.voted');
    const approvals = request.approvals + (decision === 'approve' ? 1 : 0);
    const state = decideState(decision, approvals, request.quorum);
    await emitEvent(ctx, tx, {
      type: 'approvals.voted',
      subject: `approvals/${id}`,
      related: [request.subject],
      payload: { decision, approvals, quorum: request.quorum },
      audience: guardOfRequest(request),
    });
    if (state === 'open') await saveState(tx, id, { state, approvals, decidedAt: null });
    else await endRequest(ctx, tx, request, state, approvals);
    await recordAudit(ctx, tx, {
      action: 'approvals.cast-vote',
      object: `approvals/${id}`,
      details: { decision, comment, shown, subject: request.subject, place: request.place, state },
    });
  });
}

/** Throws why this vote cannot be cast, the reason that a person can do least about first. */
function requireVote(ctx: Ctx, request: RequestRow, shown: string): void {
  if (!isDecider(ctx.actor, request, (guarded) => ctx.may('signed-in', guarded)))
    throw new AppError('approvals.not-yours', { detail: describeDeciders(ctx, request) });
  if (request.state !== 'open') throw new AppError('approvals.closed', { detail: `It is ${request.state}.` });
  if (request.expiresAt !== null && request.expiresAt.getTime() <= ctx.clock.now().getTime())
    throw new AppError('approvals.closed', { detail: `Its time was over at ${request.expiresAt.toISOString()}.` });
  if (request.shown !== shown) throw new AppError('approvals.other-content');
}

function describeDeciders({ actor }: Ctx, { excludedId, roles, userIds }: RequestRow): string {
  if (actor.kind !== 'user') return 'Only a person can decide.';
  if (actor.id === excludedId) return 'Whoever began this may not decide it.';
  const named = [
    ...(roles === null ? [] : [`people of the role ${roles[0]} or above`]),
    ...(userIds === null ? [] : [`${userIds.length} named people`]),
  ];
  return named.length === 0 ? 'Those who see what asks may decide.' : `It is asked of ${named.join(' and of ')}.`;
}
