// Addresses and ports that come from objects, as nft would list them. What cannot be anybody's address is taken out here:
// one element that nft refuses would keep the elements of all other Services from being written.

import {
  type Cidr,
  contains,
  type Family,
  formatAddress,
  formatCidr,
  overlaps,
  parseAddress,
  parseCidr,
} from '#lib/cidr.ts';

/** Unspecified, loopback, link-local, multicast; of IPv6 also all that stands for an IPv4 address (services.md 0.2). */
const special = {
  IPv4: ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'],
  IPv6: ['::/96', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'],
};
const specialRanges: Record<Family, Cidr[]> = {
  IPv4: special.IPv4.flatMap((text) => parseCidr(text) ?? []),
  IPv6: special.IPv6.flatMap((text) => parseCidr(text) ?? []),
};

/** The address in its usual notation; undefined when it is none, of the other family, or cannot be called. */
export function usualAddress(text: unknown, family: Family): string | undefined {
  const address = typeof text === 'string' ? parseAddress(text) : undefined;
  if (address?.family !== family) return undefined;
  return specialRanges[family].some((range) => contains(range, address)) ? undefined : formatAddress(address);
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

export const isPort = (port: unknown): port is number =>
  Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65535;

/**
 * The ranges of one family as elements of an interval set: host bits cleared, a single address without its length, and
 * none inside another, which nft would refuse. What is no range is left out.
 */
export function disjointRanges(texts: readonly string[], family: Family): string[] {
  const ranges = texts.flatMap(
    (text) => parseCidr(text.includes('/') ? text : `${text}/${family === 'IPv4' ? 32 : 128}`) ?? [],
  );
  const largestFirst = ranges.filter((range) => range.family === family).sort((a, b) => a.prefix - b.prefix);
  const disjoint: Cidr[] = [];
  for (const range of largestFirst) if (!disjoint.some((other) => overlaps(other, range))) disjoint.push(range);
  return disjoint.map(rangeText).sort();
}

const rangeText = (range: Cidr): string => {
  const isOne = range.prefix === (range.family === 'IPv4' ? 32 : 128);
  return isOne ? formatAddress({ family: range.family, value: range.base }) : formatCidr(range);
};
