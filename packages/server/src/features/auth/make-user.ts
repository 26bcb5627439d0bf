// A new user who is not the owner: by invitation or by registering.
import type { User } from '@gathering/contract/auth';
import type { Role } from '@gathering/contract/permissions';
import type { Tx } from '../../ctx.ts';
import { recordAudit } from '../audit/index.ts';
import { emitEvent } from '../events/index.ts';
import { type AccountCtx, actAs } from './prove-password.ts';
import { insertUser } from './store-users.ts';

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
  /** What let them in, for the record. */
  readonly by: 'invitation' | 'registration';
  readonly invitedBy?: string | null;
}

/** Throws AppError `auth.email-taken`. */
export async function makeUser(ctx: AccountCtx, tx: Tx, given: NewUser): Promise<User> {
  const { email, name, role, passwordHash, by, invitedBy = null } = given;
  const user: User = {
    id: ctx.ids.next(),
    email,
    name,
    role,
    createdAt: ctx.clock.now().toISOString(),
    disabledAt: null,
    secondFactor: false,
  };
  await insertUser(tx, user, passwordHash);
  const asUser = actAs(ctx, user);
  const details = { by, email, role, ...(invitedBy !== null && { invitedBy }) };
  await recordAudit(asUser, tx, { action: 'auth.create-user', object: `users/${user.id}`, details });
  await emitEvent(asUser, tx, { type: 'auth.user-created', subject: `users/${user.id}`, payload: { role } });
  return user;
}
