// Asks for a decision, in the transaction of the work that waits for it: the request as it is shown, the event, the
// notifications of those who may decide, and the job that ends it at its time.
import type { Json } from '@gathering/contract/json';
import type { Role } from '@gathering/contract/permissions';
import { actorName, type Ctx, type Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { notify } from '../notifications/index.ts';
import { type Asked, guardOfRequest, hashShown, rolesFrom } from './rules.ts';
import { insertRequest, selectDeciders } from './store.ts';

export interface ApprovalRequest {
  readonly title: string;
  readonly body: string;
  readonly arguments: { [key: string]: Json } | null;
  /** What asks: `runs/<id>`, the node in it, and in words. */
  readonly subject: string;
  readonly place: string;
  readonly source: string;
  readonly deciders: Deciders;
  readonly quorum: number;
  readonly expiresAt: Date | null;
}

export interface Deciders {
  /** Whose what asks is, and in which project. */
  readonly ownerId: string | null;
  readonly projectId: string | null;
  /** This role or a higher one; these people. Both null: whoever sees what asks. */
  readonly role: Role | null;
  readonly userIds: readonly string[] | null;
  readonly excludedId: string | null;
}

/** Enqueued once, when it is decided or has expired. */
export interface Resumption {
  readonly name: string;
  readonly id: string;
  readonly payload: { [key: string]: Json };
  /** Of those that are due the higher goes first. */
  readonly priority: number;
}

const mostNotified = 100;

function askedOf({ role, ...rest }: Deciders): Asked {
  return { ...rest, roles: role === null ? null : rolesFrom(role) };
}

/** Who may decide now, at most 100 of them. No transaction may be open. */
export function listDeciders(ctx: Pick<Ctx, 'database'>, deciders: Deciders): Promise<string[]> {
  return selectDeciders(ctx.database, askedOf(deciders), mostNotified);
}

/** `people` are told of it. It exists if and only if the transaction commits. */
export async function requestApproval(
  ctx: Ctx,
  tx: Tx,
  request: ApprovalRequest,
  resumption: Resumption,
  people: readonly string[],
): Promise<void> {
  const { deciders, title, body, expiresAt, ...rest } = request;
  const asked = askedOf(deciders);
  const id = ctx.ids.next();
  const link = `/approvals?approval=${id}`;
  const told = { title: `Your approval is asked for: ${title}`, body, urgency: 'needs-person' as const, link };
  // Sent together; each answers on its own.
  const notificationIds = await Promise.all(people.map((userId) => notify(ctx, tx, { ...told, userId })));
  const expiryJobId = expiresAt === null ? null : ctx.ids.next();
  await insertRequest(tx, {
    ...rest,
    ...asked,
    ...{ id, title, body, expiresAt, expiryJobId, notificationIds },
    shown: hashShown(request),
    requestedBy: actorName(ctx.actor),
    createdAt: ctx.clock.now(),
    jobName: resumption.name,
    jobId: resumption.id,
    jobPayload: resumption.payload,
    jobPriority: resumption.priority,
  });
  if (expiresAt !== null && expiryJobId !== null)
    await ctx.queue.enqueue(tx, [
      { name: 'approvals.expire-request', id: expiryJobId, payload: { id }, startAfter: expiresAt },
    ]);
  await emitEvent(ctx, tx, {
    type: 'approvals.requested',
    subject: `approvals/${id}`,
    related: [request.subject],
    payload: { state: 'open', title: title.slice(0, 300) },
    audience: guardOfRequest(asked),
  });
  await recordAudit(ctx, tx, {
    action: 'approvals.request',
    object: `approvals/${id}`,
    details: { subject: request.subject, place: request.place, shown: hashShown(request) },
  });
}
