// The token of a one-time link: in the fragment of the address, which a browser sends to nobody.
/** Empty where the address has none. */
export function readLinkToken(fragment: string): string {
  if (!fragment.startsWith('#')) return '';
  return new URLSearchParams(fragment.slice(1)).get('token') ?? '';
}
