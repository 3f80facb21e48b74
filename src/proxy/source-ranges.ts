// loadBalancerSourceRanges: who may call the address of a load balancer (services.md D.5).

import { contains, type Family, parseAddress, parseCidr } from '#lib/cidr.ts';
import { disjointRanges } from './addresses.ts';

/** As elements of an interval set; undefined: everybody. */
export function allowedSources(
  sourceRanges: readonly string[],
  family: Family,
  nodeIPs: readonly string[],
  address: string,
): string[] | undefined {
  const ranges = sourceRanges
    .map((range) => range.trim())
    .filter((range) => parseCidr(range)?.family !== other[family]);
  if (ranges.length === 0 || ranges.some((range) => parseCidr(range)?.prefix === 0)) return undefined;
  // What a node sends to an address that it has itself comes from that address.
  const fromNode = nodeIPs.some((ip) => ranges.some((range) => isIn(range, ip)));
  return disjointRanges(fromNode ? [...ranges, address] : ranges, family);
}

const other = { IPv4: 'IPv6', IPv6: 'IPv4' } as const;

function isIn(range: string, ip: string): boolean {
  const [cidr, address] = [parseCidr(range), parseAddress(ip)];
  return cidr !== undefined && address !== undefined && contains(cidr, address);
}
