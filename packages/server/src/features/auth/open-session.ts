// A new session: an opaque token that only its holder ever sees, valid for a fixed time.
import type { sessionSchema, User } from '@gathering/contract/auth';
import type * as z from 'zod';
import type { Actor, Ctx, Tx } from '../../ctx.ts';
import { hashToken, randomToken } from '../../platform/tokens.ts';
import { actorOfSession } from './authenticate.ts';
import { addSeconds, sessionDays } from './rules.ts';
import { deleteExpiredSessions, insertSession } from './store.ts';

export type OpenedSession = z.infer<typeof sessionSchema>;

/** The time is not prolonged by use, so `expiresAt` is true from the first moment. */
export async function openSession(
  ctx: Pick<Ctx, 'clock' | 'ids' | 'actor'>,
  tx: Tx,
  user: User,
): Promise<{ session: OpenedSession; actor: Actor }> {
  const now = ctx.clock.now();
  const id = ctx.ids.next();
  const accessToken = randomToken();
  const expiresAt = addSeconds(now, sessionDays * 24 * 3600);
  await deleteExpiredSessions(tx, now);
  await insertSession(tx, { id, userId: user.id, tokenHash: hashToken(accessToken), createdAt: now, expiresAt });
  return {
    session: {
      accessToken,
      expiresAt: expiresAt.toISOString(),
      refreshToken: randomToken(),
      refreshExpiresAt: expiresAt.toISOString(),
      user,
    },
    actor: actorOfSession({ userId: user.id, role: user.role, sessionId: id }, new Set(), ctx.actor.address),
  };
}
