// A link that works once. Its token is in the fragment, which browsers send to nobody, so that it ends in no log.
import type { OneTimeLink } from '@gathering/contract/auth-users';
import type { Ctx } from '../../ctx.ts';
import { hashToken, randomToken } from '../../platform/tokens.ts';
import { addSeconds } from './rules.ts';
import type { NewLink } from './store-links.ts';

export function makeOneTimeLink(
  ctx: Pick<Ctx, 'clock' | 'actor' | 'serverUrl'>,
  page: 'invitation' | 'reset-password',
  hours: number,
): { readonly link: OneTimeLink; readonly row: NewLink } {
  const token = randomToken();
  const createdAt = ctx.clock.now();
  const expiresAt = addSeconds(createdAt, hours * 3600);
  const url = `${ctx.serverUrl().replace(/\/+$/, '')}/${page}#token=${token}`;
  const madeBy = ctx.actor.kind === 'user' ? ctx.actor.id : null;
  return {
    link: { url, token, expiresAt: expiresAt.toISOString() },
    row: { tokenHash: hashToken(token), madeBy, createdAt, expiresAt },
  };
}
