// Who the caller is, and whether this server has an owner yet.
import type { setupStateRoute, User } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { mayRegister } from './register.ts';
import { ownerExists, selectUser } from './store.ts';

/** A command of the program on this machine acts for the owner. */
export async function readMe(ctx: Pick<Ctx, 'database' | 'actor'>): Promise<User> {
  const user = await selectUser(ctx.database, ctx.actor.kind === 'user' ? ctx.actor.id : null);
  if (user === undefined) throw new AppError('auth.required');
  return user;
}

export async function readSetupState(ctx: Pick<Ctx, 'database'>): Promise<ReplyOf<typeof setupStateRoute>> {
  return { ownerExists: await ownerExists(ctx.database), selfRegistration: await mayRegister(ctx) };
}
