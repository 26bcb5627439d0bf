// Tickets that open one socket each: a browser cannot send a bearer with a WebSocket, and a URL ends in logs.
// Invariant: a ticket works once, within 30 s, and only while the session or API key that asked for it lasts.
import type { socketTicketRoute } from '@gathering/contract/auth';
import type { ReplyOf } from '@gathering/contract/route';
import type { Actor, Ctx, Ground } from '../../ctx.ts';
import { hashToken, randomToken } from '../../platform/tokens.ts';
import { actorOfKey, actorOfSession, judgeKey, judgeSession, localActor } from './authenticate.ts';
import { addSeconds, ticketSeconds } from './rules.ts';
import { insertTicket, takeTicket } from './store.ts';
import { selectApiKeysByIds, selectSessionsByIds } from './store-identity.ts';

export async function makeSocketTicket(
  ctx: Pick<Ctx, 'tx' | 'clock' | 'actor'>,
): Promise<ReplyOf<typeof socketTicketRoute>> {
  const ticket = randomToken();
  const expiresAt = addSeconds(ctx.clock.now(), ticketSeconds);
  const { sessionId, apiKeyId = null } = ctx.actor;
  await ctx.tx((tx) => insertTicket(tx, { tokenHash: hashToken(ticket), sessionId, apiKeyId, expiresAt }));
  return { ticket, expiresAt: expiresAt.toISOString() };
}

/** Null: the ticket is unknown, used or expired, or the session or key behind it has ended. */
export async function redeemTicket(
  { database, clock }: Pick<Ground, 'database' | 'clock'>,
  ticket: string,
  address: string | null,
): Promise<Actor | null> {
  const now = clock.now();
  const taken = await takeTicket(database, hashToken(ticket), now);
  if (taken === undefined) return null;
  const { sessionId, apiKeyId } = taken;
  if (sessionId !== null) {
    const [session] = await selectSessionsByIds(database, [sessionId]);
    return session !== undefined && judgeSession(session, now) === null ? actorOfSession(session, address) : null;
  }
  if (apiKeyId !== null) {
    const [key] = await selectApiKeysByIds(database, [apiKeyId]);
    return key !== undefined && judgeKey(key, now) === null ? actorOfKey(key, address) : null;
  }
  return localActor(address);
}
