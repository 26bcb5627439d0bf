// The door of HTTP: who a caller is by what came with the request. An `Authorization` decides; without one the cookie does, and
// then the request must come from a page of ours.
// Invariant: whatever is wrong with a token, the caller hears one and the same refusal; why stands in the audit.
import { browserLoginRoute } from '@gathering/contract/auth';
import { AppError } from '@gathering/contract/errors';
import type { Route } from '@gathering/contract/route';
import type { Actor, Ground, Visit } from '../../ctx.ts';
import type { Caller } from '../../platform/http/bind.ts';
import { authenticate, authenticateCookie, type Known } from './authenticate.ts';
import { anonymousActor } from './authorize.ts';
import { cookieName, csrfFits, csrfTokenOf, isForeign } from './browser-cookie.ts';
import type { RecentIdentities } from './recent-identities.ts';
import { recordRefusal } from './record-refusal.ts';
import { type RefusalReason, shortenUserAgent } from './rules.ts';
import { readInstanceId } from './signing-keys.ts';

export interface DoorPorts extends Pick<Ground, 'config' | 'database' | 'clock' | 'ids'> {
  readonly identities: RecentIdentities;
  /** Token of commands on this machine; null: none are let in. */
  readonly localToken: string | null;
}
type Came = Omit<Caller, 'signal' | 'log'>;

/** Throws AppError `auth.csrf-invalid` or `auth.foreign-origin`; whoever is not known comes in as nobody. */
export async function letIn(ports: DoorPorts, caller: Came, route: Route): Promise<{ actor: Actor; visit: Visit }> {
  const userAgent = shortenUserAgent(caller.userAgent);
  const nobody = {
    actor: anonymousActor(caller.address),
    visit: { userAgent, csrfToken: null, expiresAt: null },
  };
  if (route.permission === 'public') {
    if (route.name === browserLoginRoute.name) await refuseForeign(ports, caller);
    return nobody;
  }
  const cookie = caller.hasAuthorization ? null : await cookieOf(ports, caller);
  if (cookie !== null) await refuseForeign(ports, caller);
  const known = await identify(ports, caller, cookie);
  if (known === null) return nobody;
  if (typeof known === 'string') {
    await recordRefusal(ports, caller, known);
    return nobody;
  }
  if (cookie !== null && !csrfFits(caller, cookie)) {
    await recordRefusal(ports, caller, 'no csrf token');
    throw new AppError('auth.csrf-invalid');
  }
  const csrfToken = cookie === null ? null : csrfTokenOf(cookie);
  return { actor: known.actor, visit: { userAgent, csrfToken, expiresAt: known.expiresAt } };
}

/** Null: nothing was shown. */
async function identify(
  ports: DoorPorts,
  { hasAuthorization, bearerToken, address }: Came,
  cookie: string | null,
): Promise<Known | RefusalReason | null> {
  if (cookie !== null) return authenticateCookie(ports, cookie, address);
  if (!hasAuthorization) return null;
  return bearerToken === null
    ? 'malformed'
    : authenticate(ports, bearerToken, { address, localToken: ports.localToken });
}

async function cookieOf({ config, database }: DoorPorts, { cookies }: Came): Promise<string | null> {
  // Without any cookie the database is not asked for the name that ours has.
  if (Object.keys(cookies).length === 0) return null;
  return cookies[cookieName(config, await readInstanceId(database))] || null;
}

async function refuseForeign(ports: DoorPorts, caller: Came): Promise<void> {
  if (!isForeign(caller, ports.config)) return;
  await recordRefusal(ports, caller, 'foreign origin');
  throw new AppError('auth.foreign-origin');
}
