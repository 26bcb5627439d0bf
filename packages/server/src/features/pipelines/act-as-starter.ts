// The context of a node: the rights that whoever started its run has at this moment, confined to what their API key was.
import type { Permission } from '@gathering/contract/permissions';
import { actAs, type Ctx } from '../../ctx.ts';
import { NodeFailure } from './nodes/node-kind.ts';
import type { NodeWorkRow } from './store/runs.ts';

/** What whoever started a run must still be allowed to for each of its nodes. */
export const nodePermission: Permission = 'pipelines.run';

/**
 * Throws `NodeFailure` with `pipelines.starter-gone`, `pipelines.starter-forbidden` or `pipelines.starter-no-member` when
 * they are gone or disabled, may not run pipelines any more, or do not see the project any more.
 */
export async function actAsStarter(ctx: Ctx, node: NodeWorkRow): Promise<Ctx> {
  const actor = await ctx.findActor(node.actor_id, node.scopes);
  if (actor === null) {
    throw new NodeFailure('pipelines.starter-gone', 'Whoever started this run has no account here any more.', {
      next: 'Start the run again as somebody who may.',
    });
  }
  const acting = actAs(ctx, actor);
  requirePermission(acting, nodePermission);
  if (acting.may('signed-in', { projectId: node.project_id })) return acting;
  throw new NodeFailure(
    'pipelines.starter-no-member',
    'Whoever started this run is no member of its project any more.',
    { next: 'Make them a member again, or start the run as a member.' },
  );
}

/** Throws `NodeFailure` with `pipelines.starter-forbidden`. */
export function requirePermission(ctx: Pick<Ctx, 'may'>, permission: Permission): void {
  if (ctx.may(permission)) return;
  throw new NodeFailure(
    'pipelines.starter-forbidden',
    `Whoever started this run may not do this: it needs the permission ${permission}.`,
    { next: 'Ask an owner for the permission, or start the run again as somebody who has it.' },
  );
}
