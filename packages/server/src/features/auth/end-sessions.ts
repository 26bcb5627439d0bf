// Ends sessions: signing out, revoking, and whatever else makes them void. Their sockets end with them, on every instance.
import type { endSessionRoute, listSessionsRoute, OwnSession } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { InputOf, ReplyOf } from '@gathering/contract/route';
import type { Ctx, Tx } from '../../ctx.ts';
import { type RichReply, withCookie } from '../../platform/http/bind.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { endedCookie } from './browser-cookie.ts';
import { addDays, idleDays, mostSessions } from './rules.ts';
import { readInstanceId } from './signing-keys.ts';
import { deleteSessions, type EndedSession, selectSessions, type WhichSessions } from './store-sessions.ts';

export type EndCtx = Pick<Ctx, 'clock' | 'ids' | 'actor' | 'requestId'>;
type OwnCtx = EndCtx & Pick<Ctx, 'config' | 'database' | 'tx'>;

/** Why sessions end, for the audit and for whoever listens. */
export type EndReason =
  | 'signed out'
  | 'signed out everywhere'
  | 'ended by its user'
  | 'ended by an administrator'
  | 'password changed'
  | 'second factor changed'
  | 'user disabled'
  | 'user deleted'
  | 'refresh token reused'
  | 'too many sessions'
  | 'expired';

/** All sessions of a user but the one that asks. */
export function othersOf({ actor }: Pick<Ctx, 'actor'>, userId: string): WhichSessions {
  return actor.sessionId === null ? { userId } : { userId, exceptId: actor.sessionId };
}

/** With an audit entry and an event for each. Answers how many there were. */
export async function endSessions(ctx: EndCtx, tx: Tx, which: WhichSessions, reason: EndReason): Promise<number> {
  const ended = await deleteSessions(tx, which, ctx.clock.now());
  await tellEnded(ctx, tx, ended, reason);
  return ended.length;
}

export async function tellEnded(ctx: EndCtx, tx: Tx, ended: readonly EndedSession[], reason: EndReason): Promise<void> {
  const action = reason === 'signed out' ? 'auth.sign-out' : 'auth.end-session';
  for (const { id, userId } of ended) {
    const details = { reason, user: `users/${userId}` };
    await recordAudit(ctx, tx, { action, object: `sessions/${id}`, details });
    await emitEvent(ctx, tx, {
      type: 'auth.session-ended',
      subject: `sessions/${id}`,
      audience: { ownerId: userId },
      related: [`users/${userId}`],
      payload: { reason },
    });
  }
}

export async function signOut(ctx: OwnCtx): Promise<RichReply<undefined> | undefined> {
  const { sessionId, credential } = ctx.actor;
  // A command of the program on this machine, and an API key, have no session to end.
  if (sessionId === null) return undefined;
  await ctx.tx((tx) => endSessions(ctx, tx, { id: sessionId }, 'signed out'));
  return credential === 'cookie' ? forgetCookie(ctx) : undefined;
}

export async function signOutEverywhere(ctx: OwnCtx): Promise<RichReply<undefined> | undefined> {
  await ctx.tx((tx) => endSessions(ctx, tx, { userId: ctx.actor.id }, 'signed out everywhere'));
  return ctx.actor.credential === 'cookie' ? forgetCookie(ctx) : undefined;
}

async function forgetCookie({ config, database }: OwnCtx): Promise<RichReply<undefined>> {
  return withCookie(endedCookie(config, await readInstanceId(database)), undefined);
}

export async function listSessions(ctx: OwnCtx): Promise<ReplyOf<typeof listSessionsRoute>> {
  const now = ctx.clock.now();
  const limits = { now, usedSince: addDays(now, -idleDays), limit: mostSessions };
  const rows = await selectSessions(ctx.database, ctx.actor.id, limits);
  const items = rows.map(
    ({ createdAt, lastSeenAt, expiresAt, ...row }): OwnSession => ({
      ...row,
      createdAt: createdAt.toISOString(),
      lastSeenAt: lastSeenAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      current: row.id === ctx.actor.sessionId,
    }),
  );
  return { items };
}

/** Throws AppError `auth.session-not-found`, also for a session of somebody else. */
export async function endOwnSession(
  ctx: OwnCtx,
  { params: { id } }: InputOf<typeof endSessionRoute>,
): Promise<RichReply<undefined> | undefined> {
  const ended = await ctx.tx((tx) => endSessions(ctx, tx, { id, userId: ctx.actor.id }, 'ended by its user'));
  if (ended === 0) throw new AppError('auth.session-not-found');
  return id === ctx.actor.sessionId && ctx.actor.credential === 'cookie' ? forgetCookie(ctx) : undefined;
}
