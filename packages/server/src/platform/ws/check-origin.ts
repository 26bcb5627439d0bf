// Pages of other origins may not open a socket with a visitor's ticket. Programs send no origin and are let in.
export function isOriginAllowed(origin: string | undefined, host: string, allowed: readonly string[]): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, host: originHost, origin: written } = new URL(origin);
  // A browser writes scheme, host and port, and nothing else; pages of other schemes are none of ours.
  if (written !== origin || (protocol !== 'http:' && protocol !== 'https:')) return false;
  if (allowed.includes(origin)) return true;
  const own = `${protocol}//${host}`;
  // Parsed as well, since a browser leaves the default port of a scheme out.
  return URL.canParse(own) && new URL(own).host === originHost;
}
