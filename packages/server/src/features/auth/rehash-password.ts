// Hashes whose parameters have become too cheap are made anew at sign-in, the only time at which the password is at hand.
import type { Ctx } from '../../ctx.ts';
import { isOutdatedHash, type Passwords, passwords as processPasswords } from './passwords.ts';
import { replacePasswordHash } from './store-users.ts';

/** For a password that was just found right. Does nothing where the hash is as it should be or was changed meanwhile. */
export async function rehashIfOutdated(
  ctx: Pick<Ctx, 'tx'>,
  userId: string,
  passwordHash: string,
  password: string,
  passwords: Passwords = processPasswords,
): Promise<void> {
  if (!isOutdatedHash(passwordHash)) return;
  const renewed = await passwords.hash(password);
  await ctx.tx((tx) => replacePasswordHash(tx, userId, passwordHash, renewed));
}
