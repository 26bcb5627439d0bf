// Ends sessions of a user in the transaction of what makes them end; all that hangs on a session goes with it.
import type { Ctx, Tx } from '../../ctx.ts';
import { emitEvent } from '../events/index.ts';
import { deleteUserSessions } from './store-users.ts';

/** All but the one to keep. Answers how many ended. */
export async function endSessions(
  ctx: Pick<Ctx, 'clock' | 'actor'>,
  tx: Tx,
  userId: string,
  keep: string | null = null,
): Promise<number> {
  const ended = await deleteUserSessions(tx, userId, keep);
  await emitEvent(ctx, tx, { type: 'auth.user-sessions-ended', subject: `users/${userId}` });
  return ended;
}
