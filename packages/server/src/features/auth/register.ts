// Making an account of one's own, where the settings allow it. Closed unless somebody opened it.
import type { registerRoute, User } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { InputOf } from '@gathering/contract/route';
import type { Ctx } from '../../ctx.ts';
import { refuseWeakPassword } from './common-passwords.ts';
import { makeUser } from './make-user.ts';
import { type Passwords, passwords as processPasswords } from './passwords.ts';
import { type AccountCtx, recordRefusal } from './prove-password.ts';
import { ownerExists } from './store.ts';
import { selectUserByEmail } from './store-users.ts';

type SelfRegistration = (ctx: Pick<Ctx, 'database'>) => Promise<boolean>;
let readSelfRegistration: SelfRegistration = async () => false;

/** Called by `boot`: settings belong to a feature that this one does not know. */
export function registerSelfRegistration(read: SelfRegistration): void {
  readSelfRegistration = read;
}

/** Never before there is an owner. */
export async function mayRegister(ctx: Pick<Ctx, 'database'>): Promise<boolean> {
  return (await readSelfRegistration(ctx)) && (await ownerExists(ctx.database));
}

export async function register(
  ctx: AccountCtx,
  { body: { email, password, name } }: InputOf<typeof registerRoute>,
  passwords: Passwords = processPasswords,
): Promise<User> {
  if (!(await mayRegister(ctx))) throw new AppError('auth.registration-closed');
  await refuseWeakPassword('password', password, { email });
  const known = await selectUserByEmail(ctx.database, email);
  if (known !== undefined) return refuseTaken(ctx, known.user);
  const passwordHash = await passwords.hash(password);
  return ctx.tx((tx) => makeUser(ctx, tx, { email, name, role: 'viewer', passwordHash, by: 'registration' }));
}

/** On the record, since it tells who has an account here. */
async function refuseTaken(ctx: AccountCtx, user: User): Promise<never> {
  await ctx.tx((tx) => recordRefusal(ctx, tx, 'auth.register', user, 'e-mail taken'));
  throw new AppError('auth.email-taken');
}
