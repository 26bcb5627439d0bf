// Ends the session that the request came with; its token is refused from the next request on.
import type { Ctx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { deleteSession } from './store.ts';

export async function signOut(ctx: Pick<Ctx, 'tx' | 'clock' | 'ids' | 'actor' | 'requestId'>): Promise<void> {
  const { sessionId } = ctx.actor;
  // A command of the program on this machine has no session to end.
  if (sessionId === null) return;
  await ctx.tx(async (tx) => {
    const ended = await deleteSession(tx, sessionId);
    if (ended) await recordAudit(ctx, tx, { action: 'auth.sign-out', object: `sessions/${sessionId}` });
  });
}
