// Writes the owner. The caller holds the lock on users and knows that there is none.
import type { User } from '@gathering/contract/auth';
import type { Ctx, Tx } from '../../ctx.ts';
import { emitEvent } from '../events/index.ts';
import { deleteSetupLinks } from './store.ts';
import { insertUser } from './store-users.ts';

export interface NewOwner {
  readonly email: string;
  /** Left out: what stands before the @ of the e-mail. */
  readonly name?: string | undefined;
  readonly passwordHash: string;
}

export async function insertOwner(
  ctx: Pick<Ctx, 'clock' | 'ids' | 'actor'>,
  tx: Tx,
  { email, name, passwordHash }: NewOwner,
): Promise<User> {
  const address = email.trim();
  const user: User = {
    id: ctx.ids.next(),
    email: address,
    name: name ?? address.split('@', 1)[0] ?? address,
    role: 'owner',
    createdAt: ctx.clock.now().toISOString(),
    disabledAt: null,
    secondFactor: false,
  };
  await insertUser(tx, user, passwordHash);
  await deleteSetupLinks(tx);
  await emitEvent(ctx, tx, { type: 'auth.owner-created', subject: `users/${user.id}` });
  return user;
}
