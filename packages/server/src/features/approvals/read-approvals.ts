// Approvals as the API shows them: to whoever sees what asks, and to whoever may decide.
import type { Approval, listApprovalsRoute } from '@gathering/contract/approvals';
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import { type Ctx, sightOf } from '../../ctx.ts';
import { isId } from '../../platform/ids.ts';
import { cutPage, readPageCursor } from '../../platform/page-cursor.ts';
import { guardOfRequest, isDecider } from './rules.ts';
import { deleteDecided, findRequest, listRequests, type RequestRow, selectVotes, type VoteRow } from './store.ts';

type SeeingCtx = Pick<Ctx, 'may' | 'actor'>;

const decides = (ctx: SeeingCtx, request: RequestRow): boolean =>
  isDecider(ctx.actor, request, (guarded) => ctx.may('signed-in', guarded));

/** Throws AppError `approvals.not-found`, also for one that the actor neither sees nor may decide. */
export function requireSeen(ctx: SeeingCtx, request: RequestRow | null): RequestRow {
  if (request === null || !(ctx.may('signed-in', guardOfRequest(request)) || decides(ctx, request)))
    throw new AppError('approvals.not-found');
  return request;
}

function toApproval(ctx: SeeingCtx & Pick<Ctx, 'clock'>, request: RequestRow, votes: readonly VoteRow[]): Approval {
  const { roles, userIds, expiresAt } = request;
  const isOver = expiresAt !== null && expiresAt.getTime() <= ctx.clock.now().getTime();
  const hasVoted = votes.some(({ userId }) => userId === ctx.actor.id);
  const isAsked = request.state === 'open' && !isOver && !hasVoted;
  return {
    id: request.id,
    title: request.title,
    body: request.body,
    arguments: request.arguments,
    shown: request.shown,
    source: request.source,
    subject: request.subject,
    place: request.place,
    projectId: request.projectId,
    requestedBy: request.requestedBy,
    state: request.state,
    quorum: request.quorum,
    votes: votes.map(({ requestId: _requestId, at, ...vote }) => ({ ...vote, at: at.toISOString() })),
    deciders:
      roles === null && userIds === null
        ? null
        : { role: roles?.[0] ?? null, userIds: userIds === null ? null : [...userIds] },
    expiresAt: expiresAt?.toISOString() ?? null,
    createdAt: request.createdAt.toISOString(),
    decidedAt: request.decidedAt?.toISOString() ?? null,
    mayDecide: isAsked && ctx.may('approvals.decide') && decides(ctx, request),
  };
}

export async function readApproval(ctx: Ctx, id: string): Promise<Approval> {
  const request = requireSeen(ctx, await findRequest(ctx.database, id));
  return toApproval(ctx, request, await selectVotes(ctx.database, [id]));
}

export async function listApprovals(
  ctx: Ctx,
  { query: { limit, cursor, show, subject } }: InputOf<typeof listApprovalsRoute>,
): Promise<ReplyOf<typeof listApprovalsRoute>> {
  if (show === 'mine' && !ctx.may('approvals.decide')) return { items: [], nextCursor: null };
  const before = readPageCursor(cursor, 1, ([id = '']) => isId(id))?.[0] ?? null;
  const filter = { show, subject, before, limit: limit + 1 };
  const rows = await listRequests(ctx.database, sightOf(ctx.actor), ctx.actor.role, filter);
  const { items, nextCursor } = cutPage(rows, limit, (row) => [row.id]);
  const votes =
    items.length === 0
      ? []
      : await selectVotes(
          ctx.database,
          items.map((row) => row.id),
        );
  const byRequest = Map.groupBy(votes, (vote) => vote.requestId);
  return { items: items.map((row) => toApproval(ctx, row, byRequest.get(row.id) ?? [])), nextCursor };
}

const sweepBatch = 500;

/** Removes what was decided before an instant; answers how many. */
export async function removeOldApprovals(ctx: Pick<Ctx, 'database' | 'signal'>, before: Date): Promise<number> {
  let removed = 0;
  while (!ctx.signal.aborted) {
    const count = await deleteDecided(ctx.database, before, sweepBatch);
    removed += count;
    if (count < sweepBatch) break;
  }
  return removed;
}
