// The cookie of a browser's session, and what protects it from pages of other sites. The token against forged requests is told
// from the cookie alone, so it needs no place of its own and is the same in every tab.
import { createHmac } from 'node:crypto';
import type { Config } from '../../platform/config.ts';
import type { Caller, Cookie } from '../../platform/http/bind.ts';
import { equalSecrets } from '../../platform/tokens.ts';
import { isOriginAllowed } from '../../platform/ws/check-origin.ts';

type Place = Pick<Config, 'publicUrl' | 'corsOrigins'>;

function isHttps({ publicUrl }: Place): boolean {
  return publicUrl?.startsWith('https:') ?? false;
}

/** Servers on other ports of one machine share their cookies: each has a name of its own. */
export function cookieName(place: Place, instanceId: string): string {
  const name = `gathering-${instanceId.slice(0, 8)}`;
  return isHttps(place) ? `__Host-${name}` : name;
}

export function makeCookie(place: Place, instanceId: string, value: string, expiresAt: Date): Cookie {
  return { name: cookieName(place, instanceId), value, secure: isHttps(place), expiresAt };
}

/** Takes the cookie back. */
export function endedCookie(place: Place, instanceId: string): Cookie {
  return makeCookie(place, instanceId, '', new Date(0));
}

export function csrfTokenOf(cookie: string): string {
  return createHmac('sha256', cookie).update('csrf').digest('base64url');
}

const reading = new Set(['GET', 'HEAD']);

/** Whether a request with this cookie may change something: only pages of ours know the token. */
export function csrfFits({ method, csrfToken }: Pick<Caller, 'method' | 'csrfToken'>, cookie: string): boolean {
  return reading.has(method) || (csrfToken !== undefined && equalSecrets(csrfToken, csrfTokenOf(cookie)));
}

/** Whether a browser says that a page of another site is behind a request. Programs say nothing of the kind. */
export function isForeign(
  { origin, fetchSite, host }: Pick<Caller, 'origin' | 'fetchSite' | 'host'>,
  { publicUrl, corsOrigins }: Place,
): boolean {
  if (origin === undefined) return fetchSite === 'cross-site';
  const own = publicUrl === undefined ? [] : [new URL(publicUrl).origin];
  return !isOriginAllowed(origin, host, [...corsOrigins, ...own]);
}
