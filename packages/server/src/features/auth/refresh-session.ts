// A new pair of tokens for a refresh token, which works once. One that comes again, be it a moment later or at the same time, is
// in two hands: its session ends, whoever of them came first.
import type { refreshRoute, Session } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { InputOf } from '@gathering/contract/route';
import type { Tx } from '../../ctx.ts';
import { hashToken } from '../../platform/tokens.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { endSessions } from './end-sessions.ts';
import { makeTokens, storeTokens, tellTokens } from './open-session.ts';
import { recordRefusal } from './record-refusal.ts';
import { addDays, idleDays } from './rules.ts';
import type { SigningCtx } from './signing-keys.ts';
import { touchSession } from './store-identity.ts';
import { type RefreshToken, selectRefreshToken, useRefreshToken } from './store-sessions.ts';
import { selectUser } from './store-users.ts';

/** Throws AppError `auth.refresh-invalid`, whatever is wrong with the token. */
export async function refreshSession(
  ctx: SigningCtx,
  { body: { refreshToken } }: InputOf<typeof refreshRoute>,
): Promise<Session> {
  const tokenHash = hashToken(refreshToken);
  const found = await selectRefreshToken(ctx.database, tokenHash);
  const refreshed = found === undefined ? null : await rotate(ctx, found, tokenHash);
  if (refreshed !== null) return refreshed;
  await recordRefusal(ctx, { address: ctx.actor.address, requestId: ctx.requestId }, 'ended or unknown');
  throw new AppError('auth.refresh-invalid');
}

async function rotate(ctx: SigningCtx, found: RefreshToken, tokenHash: string): Promise<Session | null> {
  const { sessionId, userId, sessionExpiresAt } = found;
  const tokens = await makeTokens(ctx, { id: sessionId, userId, expiresAt: sessionExpiresAt });
  return ctx.tx(async (tx) => {
    const now = ctx.clock.now();
    if (!(await useRefreshToken(tx, tokenHash, now, addDays(now, -idleDays)))) {
      await endIfReused(ctx, tx, tokenHash);
      return null;
    }
    const user = await selectUser(tx, userId);
    if (user === undefined) throw new AppError('auth.refresh-invalid');
    await touchSession(tx, sessionId, now, ctx.actor.address);
    await storeTokens(tx, tokens);
    const actor = { ...ctx.actor, kind: 'user', id: userId } as const;
    await recordAudit({ ...ctx, actor }, tx, { action: 'auth.refresh-session', object: `sessions/${sessionId}` });
    return tellTokens(tokens, user);
  });
}

async function endIfReused(ctx: SigningCtx, tx: Tx, tokenHash: string): Promise<void> {
  const again = await selectRefreshToken(tx, tokenHash);
  if (again === undefined || !again.isUsed) return;
  const { sessionId, userId } = again;
  await recordAudit(ctx, tx, {
    action: 'auth.refresh-session',
    object: `sessions/${sessionId}`,
    result: 'refused',
    details: { reason: 'refresh token reused', user: `users/${userId}` },
  });
  await emitEvent(ctx, tx, {
    type: 'auth.refresh-reused',
    subject: `sessions/${sessionId}`,
    audience: { ownerId: userId, operators: true },
    related: [`users/${userId}`],
  });
  await endSessions(ctx, tx, { id: sessionId }, 'refresh token reused');
}
