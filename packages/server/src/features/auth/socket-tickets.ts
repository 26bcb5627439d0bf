// Tickets that open one socket each: a browser cannot send a bearer with a WebSocket, and a URL ends in logs.
// Invariant: a ticket works once, within 30 s, and only while the session that asked for it lasts.
import type { socketTicketRoute } from '@gathering/contract/auth';
import type { ReplyOf } from '@gathering/contract/route';
import type { Actor, Ctx, Ground } from '../../ctx.ts';
import { hashToken, randomToken } from '../../platform/tokens.ts';
import { actorOfSession, localActor } from './authenticate.ts';
import { addSeconds, ticketSeconds } from './rules.ts';
import { insertTicket, takeTicket } from './store.ts';
import { selectMembership } from './store-membership.ts';

export async function makeSocketTicket(
  ctx: Pick<Ctx, 'tx' | 'clock' | 'actor'>,
): Promise<ReplyOf<typeof socketTicketRoute>> {
  const ticket = randomToken();
  const now = ctx.clock.now();
  const expiresAt = addSeconds(now, ticketSeconds);
  const { sessionId } = ctx.actor;
  await ctx.tx((tx) => insertTicket(tx, { tokenHash: hashToken(ticket), sessionId, expiresAt, now }));
  return { ticket, expiresAt: expiresAt.toISOString() };
}

/** Null: the ticket is unknown, used or expired, or its session has ended. */
export async function redeemTicket(
  ground: Pick<Ground, 'database' | 'clock'>,
  ticket: string,
  address: string | null,
): Promise<Actor | null> {
  const taken = await takeTicket(ground.database, hashToken(ticket), ground.clock.now());
  if (taken === undefined) return null;
  if (taken.kind === 'local') return localActor(address);
  return actorOfSession(taken.session, await selectMembership(ground.database, taken.session), address);
}
