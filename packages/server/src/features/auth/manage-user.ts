// One person changes another: the frame that every such change goes through.
// Invariant: who may is decided under the lock on users, from rows as they are then, so of two owners who demote each
// other at once one is refused, and somebody can always sign in as an owner.
import type { User } from '@gathering/contract/auth';
import { AppError, type ErrorCode } from '@gathering/contract/errors';
import { roleGrants } from '@gathering/contract/permissions';
import type { Ctx, Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { refuseUserChange, type UserChange, type UserManager } from './rules.ts';
import { lockUsers } from './store.ts';
import { countOtherOwners, selectUser } from './store-users.ts';

export type ManageCtx = Pick<Ctx, 'database' | 'tx' | 'clock' | 'ids' | 'actor' | 'requestId'>;

/** A refusal leaves its audit row too. */
export async function manageUser<T>(
  ctx: ManageCtx,
  { id, action, change }: { readonly id: string; readonly action: string; readonly change: UserChange },
  carryOut: (tx: Tx, user: User) => Promise<T>,
): Promise<T> {
  const outcome = await ctx.tx(async (tx): Promise<{ done: T } | { refusal: ErrorCode }> => {
    await lockUsers(tx);
    const manager = await readManager(ctx, tx);
    const user = await selectUser(tx, id);
    if (user === undefined) throw new AppError('auth.user-not-found');
    const refusal = refuseUserChange(manager, user, change, await countOtherOwners(tx, id));
    if (refusal === null) return { done: await carryOut(tx, user) };
    await recordAudit(ctx, tx, { action, object: `users/${id}`, result: 'refused', details: { reason: refusal } });
    return { refusal };
  });
  if ('refusal' in outcome) throw new AppError(outcome.refusal);
  return outcome.done;
}

/** As they are now: the request may have begun before somebody took their rights. */
export async function readManager({ actor }: Pick<Ctx, 'actor'>, tx: Tx): Promise<UserManager> {
  if (actor.kind === 'system') {
    if (actor.role === null) throw new AppError('auth.required');
    return { id: null, role: actor.role };
  }
  const user = await selectUser(tx, actor.id);
  if (user === undefined || user.disabledAt !== null) throw new AppError('auth.required');
  if (!roleGrants(user.role, 'users.write')) throw new AppError('auth.forbidden');
  return { id: user.id, role: user.role };
}
