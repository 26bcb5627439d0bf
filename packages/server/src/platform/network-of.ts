// The network that a caller is counted by: an IPv4 address, or the /64 that an IPv6 customer has to choose addresses from.
import ipaddr from 'ipaddr.js';

/** Whatever a proxy hands on that is no address counts as one network, so that no text of a stranger becomes a key. */
export function networkOf(address: string): string {
  const bare = address.split('%', 1)[0] ?? '';
  if (!ipaddr.isValid(bare)) return 'unknown';
  const parsed = ipaddr.process(bare);
  if (parsed instanceof ipaddr.IPv6) {
    const groups = parsed.parts.slice(0, 4).map((part) => part.toString(16));
    return `${groups.join(':')}::/64`;
  }
  return parsed.toString();
}
