// Who the caller is, and whether this server has an owner yet.
import type { BrowserSession, setupStateRoute, User } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import { permissions } from '@gathering/contract/permissions';
import type { ReplyOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { actorMay } from './authorize.ts';
import { mayRegister } from './register.ts';
import { ownerExists } from './store.ts';
import { selectUser } from './store-users.ts';

/** A command of the program on this machine acts for the owner. */
export async function readMe(ctx: Pick<Ctx, 'database' | 'actor'>): Promise<User> {
  const user = await selectUser(ctx.database, ctx.actor.kind === 'user' ? ctx.actor.id : null);
  if (user === undefined) throw new AppError('auth.required');
  return user;
}

/** With what an API key leaves out left out. */
export async function readSession(ctx: Pick<Ctx, 'database' | 'actor' | 'visit'>): Promise<BrowserSession> {
  return {
    user: await readMe(ctx),
    permissions: permissions.filter((permission) => actorMay(ctx.actor, permission)),
    csrfToken: ctx.visit?.csrfToken ?? null,
    expiresAt: ctx.visit?.expiresAt?.toISOString() ?? null,
  };
}

export async function readSetupState(ctx: Pick<Ctx, 'database'>): Promise<ReplyOf<typeof setupStateRoute>> {
  return { ownerExists: await ownerExists(ctx.database), selfRegistration: await mayRegister(ctx) };
}
