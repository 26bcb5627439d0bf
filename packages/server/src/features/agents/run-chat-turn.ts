// The turn of a chat, with the rights that whoever spoke has now: neither the server's, nor those of the day on which they
// spoke. Whoever is gone, disabled or no member any more gets no answer, and the turn says why.
import type { Permission } from '@gathering/contract/permissions';
import { actAs, type Ctx } from '../../ctx.ts';
import { endTurn } from './give-turn-up.ts';
import { guardOfTurn } from './guard.ts';
import { requireTurn, runTurn } from './run-turn.ts';
import type { TurnRow } from './store-turns.ts';

export const chatPermission: Permission = 'agents.chat';

/** Throws as `runTurn`. */
export async function runChatTurn(ctx: Ctx, turnId: string): Promise<void> {
  const turn = await requireTurn(ctx, turnId);
  const actor = await ctx.findActor(turn.actorId, turn.scopes);
  const acting = actor === null ? null : actAs(ctx, actor);
  const refusal = acting === null ? 'Whoever asked has no account here any more.' : refuse(acting, turn);
  if (acting === null || refusal !== null) return endTurn(ctx, turnId, 'not-allowed', refusal);
  await runTurn(acting, turnId);
}

function refuse(ctx: Ctx, turn: TurnRow): string | null {
  if (!ctx.may(chatPermission, guardOfTurn(turn)))
    return `Whoever asked may not chat with agents any more: it needs the permission ${chatPermission}.`;
  if (!ctx.may('signed-in', { projectId: turn.projectId }))
    return 'Whoever asked is no member of the project of this chat any more.';
  return null;
}
