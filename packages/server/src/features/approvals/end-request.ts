// How a request ends: decided by votes, by its time, or because what asked has ended. Each is one guarded change with its
// event; what waits goes on by a job that is enqueued with it, so it goes on once.
import type { ApprovalState } from '@gathering/contract/approvals';
import type { Ctx, Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { withdrawNotifications } from '../notifications/index.ts';
import { guardOfRequest } from './rules.ts';
import { lockOpenOfJobs, lockRequest, type RequestRow, saveState } from './store.ts';

/** The caller has locked the request and found it open. */
export async function endRequest(
  ctx: Ctx,
  tx: Tx,
  request: RequestRow,
  state: Exclude<ApprovalState, 'open'>,
  approvals = request.approvals,
): Promise<void> {
  await saveState(tx, request.id, { state, approvals, decidedAt: ctx.clock.now() });
  await withdrawNotifications(ctx, tx, request.notificationIds);
  if (request.expiryJobId !== null && state !== 'expired')
    await ctx.queue.cancel(tx, 'approvals.expire-request', [request.expiryJobId]);
  if (state !== 'withdrawn')
    await ctx.queue.enqueue(tx, [
      { name: request.jobName, id: request.jobId, payload: request.jobPayload, priority: request.jobPriority },
    ]);
  await emitEvent(ctx, tx, {
    type: 'approvals.decided',
    subject: `approvals/${request.id}`,
    related: [request.subject],
    payload: { state },
    audience: guardOfRequest(request),
  });
}

/** Its time is over: whoever decided before keeps their word. */
export async function expireRequest(ctx: Ctx, id: string): Promise<void> {
  await ctx.tx(async (tx) => {
    const request = await lockRequest(tx, id);
    if (request === null || request.state !== 'open') return;
    await endRequest(ctx, tx, request, 'expired');
    await recordAudit(ctx, tx, {
      action: 'approvals.expire-request',
      object: `approvals/${id}`,
      details: { subject: request.subject, place: request.place },
    });
  });
}

/** What these jobs would have gone on with has ended: nobody needs to decide any more. */
export async function withdrawRequests(ctx: Ctx, tx: Tx, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  for (const request of await lockOpenOfJobs(tx, jobIds)) await endRequest(ctx, tx, request, 'withdrawn');
}
