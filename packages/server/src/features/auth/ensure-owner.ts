// At every start: with the owner's e-mail and password configured the owner is made unattended; without them, and while
// there is no owner, a new one-time link is made and all earlier ones are void.
import type { Ctx } from '../../ctx.ts';
import { ConfigFaults } from '../../platform/config.ts';
import { hashToken, randomToken } from '../../platform/tokens.ts';
import { recordAudit } from '../audit/index.ts';
import { findWeakness } from './common-passwords.ts';
import { insertOwner } from './insert-owner.ts';
import { passwords } from './passwords.ts';
import { lockUsers, ownerExists, replaceSetupLink } from './store.ts';

type StartCtx = Pick<Ctx, 'config' | 'database' | 'tx' | 'clock' | 'ids' | 'actor' | 'requestId'>;

/** The token of the link that `main` prints, `http://HOST:PORT/setup?token=...`; null where there is an owner. */
export async function ensureOwner(ctx: StartCtx): Promise<{ setupToken: string | null }> {
  if (await ownerExists(ctx.database)) return { setupToken: null };
  const { owner } = ctx.config;
  if (owner === undefined) return { setupToken: await makeSetupToken(ctx) };
  await refuseWeakConfiguration(owner);
  const passwordHash = await passwords.hash(owner.password);
  await ctx.tx(async (tx) => {
    await lockUsers(tx);
    // Another instance may have started at the same moment.
    if (await ownerExists(tx)) return;
    const user = await insertOwner(ctx, tx, { email: owner.email, passwordHash });
    const details = { by: 'configuration' };
    await recordAudit(ctx, tx, { action: 'auth.set-up-owner', object: `users/${user.id}`, details });
  });
  return { setupToken: null };
}

/** Throws ConfigFaults: whoever set it reads why the start was refused. */
async function refuseWeakConfiguration({ email, password }: { email: string; password: string }): Promise<void> {
  const found = await findWeakness(password, { email });
  if (found.length === 0) return;
  const got = `a password of ${password.length} characters (not shown) that is too easy to guess`;
  const expected = `another one. ${found.map(({ message }) => message).join(' ')}`;
  const example = 'four or more words that do not belong together';
  throw new ConfigFaults([{ name: 'GATHERING_OWNER_PASSWORD', got, expected, example }]);
}

async function makeSetupToken(ctx: StartCtx): Promise<string | null> {
  const token = randomToken();
  return ctx.tx(async (tx) => {
    await lockUsers(tx);
    if (await ownerExists(tx)) return null;
    await replaceSetupLink(tx, hashToken(token), ctx.clock.now());
    return token;
  });
}
