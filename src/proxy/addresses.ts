// Addresses and ports that come from objects, as nft would list them. What cannot be anybody's address is taken out here:
// one element that nft refuses would keep the elements of all other Services from being written.

import { isIPv4, isIPv6 } from 'node:net';
import { type Cidr, type Family, formatAddress, formatCidr, overlaps, parseCidr } from '#lib/cidr.ts';

/** The address in its usual notation; undefined when it is none, of the other family, or cannot be called. */
export function usualAddress(text: unknown, family: Family): string | undefined {
  if (typeof text !== 'string') return undefined;
  return family === 'IPv4' ? usualIPv4(text) : usualIPv6(text);
}

/** There is one notation. Not among those that can be called: unspecified, loopback, link-local, multicast (services.md 0.2). */
function usualIPv4(text: string): string | undefined {
  if (!isIPv4(text)) return undefined;
  const first = Number.parseInt(text, 10);
  return first === 0 || first === 127 || first >= 224 || text.startsWith('169.254.') ? undefined : text;
}

/** The same, and all that stands for an IPv4 address. By way of a URL, which is ten times as fast as arithmetic on bigints. */
function usualIPv6(text: string): string | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const usual = new URL(`http://[${text}]`).hostname.slice(1, -1);
  return /^(::|fe[89ab].:|ff..:)/.test(usual) ? undefined : usual;
}

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
