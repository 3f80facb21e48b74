// --nodeport-addresses: at which of its addresses a node serves node ports (services.md D.6).

import { isIP, isIPv6 } from 'node:net';
import { contains, type Family, isLoopback, parseAddress, parseCidr } from '#lib/cidr.ts';
import { UserError } from '#lib/user-error.ts';

/** The node's own addresses, those in its Node object. */
export const primary = 'primary';
/** 127.0.0.1 and ::1, by a relay to the primary address (KEP-6032). */
export const localhost = 'localhost';

/**
 * As ranges, of both families. Throws UserError for what is neither a word nor a range, and for `localhost` without
 * `primary`, where the relay would have nowhere to go.
 */
export function nodePortRanges(nodePortAddresses: readonly string[], nodeIPs: readonly string[]): string[] {
  if (nodePortAddresses.includes(localhost) && !nodePortAddresses.includes(primary)) {
    throw new UserError(
      `Cannot serve node ports at "${localhost}" alone: it relays to the node's own address. Use "${primary},${localhost}".`,
    );
  }
  return nodePortAddresses.flatMap((each) => {
    if (each === primary) return nodeIPs;
    if (each === localhost) return [];
    if (parseCidr(each) || isIP(each)) return each;
    throw new UserError(
      `Cannot serve node ports at "${each}": not a range of addresses, such as 10.0.0.0/8, not "${primary}" and not "${localhost}"`,
    );
  });
}

const anyOf: Record<Family, string> = { IPv4: '0.0.0.0', IPv6: '::' };

/**
 * Where to listen, so that it is at these ranges.
 *
 * @param addresses all that the node has; those of the loopback do not count
 */
export function hostsIn(ranges: readonly string[], addresses: readonly string[]): string[] {
  const cidrs = ranges.flatMap(
    (range) => parseCidr(range.includes('/') ? range : `${range}/${isIPv6(range) ? 128 : 32}`) ?? [],
  );
  const open = new Set(cidrs.filter(({ prefix }) => prefix === 0).map(({ family }) => family));
  const single = addresses.filter((text) => {
    const address = parseAddress(text);
    return address && !isLoopback(text) && !open.has(address.family) && cidrs.some((cidr) => contains(cidr, address));
  });
  return [...[...open].map((family) => anyOf[family]), ...new Set(single)].sort();
}
