// The owner is made once, with the one-time link of the latest start; signing in comes after.
// Invariant: however many come at once, one owner is made, and every link is void from then on.
import type { setupRoute, User } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { InputOf } from '@gathering/contract/route';
import type { Actor, Ctx, Tx } from '../../ctx.ts';
import { hashToken } from '../../platform/tokens.ts';
import { recordAudit } from '../audit/index.ts';
import { refuseWeakPassword } from './common-passwords.ts';
import { insertOwner, type NewOwner } from './insert-owner.ts';
import { passwords } from './passwords.ts';
import { lockUsers, ownerExists, selectIsSetupLink } from './store.ts';

export async function setUpOwner(
  ctx: Pick<Ctx, 'database' | 'tx' | 'clock' | 'ids' | 'actor' | 'requestId'>,
  { body: { token, email, password, name } }: InputOf<typeof setupRoute>,
): Promise<User> {
  const tokenHash = hashToken(token);
  // Before the hash, which costs: strangers without the link get no further.
  const refusal = await judgeLink(ctx.database, tokenHash);
  if (refusal === 'auth.setup-link-invalid') {
    const details = { reason: 'link not valid' };
    await ctx.tx((tx) => recordAudit(ctx, tx, { action: 'auth.set-up-owner', result: 'refused', details }));
  }
  if (refusal !== null) throw new AppError(refusal);
  await refuseWeakPassword('password', password, { email });
  const owner: NewOwner = { email, name, passwordHash: await passwords.hash(password) };
  return ctx.tx(async (tx) => {
    await lockUsers(tx);
    const late = await judgeLink(tx, tokenHash);
    if (late !== null) throw new AppError(late);
    const user = await insertOwner(ctx, tx, owner);
    await recordSetUp(ctx, { ...ctx.actor, kind: 'user', id: user.id, role: user.role }, tx);
    return user;
  });
}

/** Null: it is good. */
async function judgeLink(
  from: Pick<Tx, 'query'>,
  tokenHash: string,
): Promise<'auth.setup-done' | 'auth.setup-link-invalid' | null> {
  if (await ownerExists(from)) return 'auth.setup-done';
  return (await selectIsSetupLink(from, tokenHash)) ? null : 'auth.setup-link-invalid';
}

async function recordSetUp(ctx: Pick<Ctx, 'clock' | 'ids' | 'requestId'>, actor: Actor, tx: Tx): Promise<void> {
  const { clock, ids, requestId } = ctx;
  const details = { by: 'link' };
  await recordAudit({ clock, ids, requestId, actor }, tx, {
    action: 'auth.set-up-owner',
    object: `users/${actor.id}`,
    details,
  });
}
