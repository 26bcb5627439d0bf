// The context of what a trigger starts: the rights that whoever made it has at this moment, confined to what their API key was.
import { actAs, type Ctx } from '../../../ctx.ts';
import { nodePermission } from '../act-as-starter.ts';
import type { TriggerRow } from '../store/triggers.ts';

/** Why nothing can be started, for whoever looks after the trigger. */
export interface Unable {
  readonly unable: string;
}

export async function actAsMaker(ctx: Ctx, trigger: TriggerRow): Promise<Ctx | Unable> {
  const actor = await ctx.findActor(trigger.actor_id, trigger.scopes);
  if (actor === null) return { unable: 'Whoever made this trigger has no account here any more.' };
  const acting = actAs(ctx, actor);
  if (!acting.may(nodePermission))
    return { unable: `Whoever made this trigger may not start runs: it needs the permission ${nodePermission}.` };
  if (trigger.project_id !== null && !acting.may('signed-in', { projectId: trigger.project_id }))
    return { unable: 'Whoever made this trigger does not see its project any more.' };
  return acting;
}
