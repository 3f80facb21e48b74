// Sets of addresses as people write them: `10.0.0.16/28`, `10.0.0.16-10.0.0.31` or `10.0.0.16`, several joined by commas.

import {
  type Address,
  bitsOf,
  type Cidr,
  type Family,
  formatAddress,
  parseAddress,
  parseCidr,
  sizeOf,
} from './cidr.ts';

export interface AddressRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** Throws an Error that says which part is not understood. */
export function parseAddressRanges(text: string): AddressRange[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.map((part) => {
    const range = parseRange(part);
    if (range) return range;
    throw new Error(
      `${JSON.stringify(part)} is no range of addresses: write it like 192.0.2.0/28, 192.0.2.10-192.0.2.20 or 192.0.2.10`,
    );
  });
}

function parseRange(text: string): AddressRange | undefined {
  if (text.includes('/')) {
    const cidr = parseCidr(text);
    return cidr && rangeOf(cidr);
  }
  const [first = '', last = first, ...more] = text.split('-');
  const [from, to] = [parseAddress(first.trim()), parseAddress(last.trim())];
  if (!from || !to || more.length > 0 || from.family !== to.family || from.value > to.value) return undefined;
  return { family: from.family, first: from.value, last: to.value };
}

export const rangeOf = (cidr: Cidr): AddressRange => ({
  family: cidr.family,
  first: cidr.base,
  last: cidr.base + sizeOf(cidr) - 1n,
});

export const inRange = ({ family, first, last }: AddressRange, address: Address): boolean =>
  address.family === family && address.value >= first && address.value <= last;

export const rangesOverlap = (a: AddressRange, b: AddressRange): boolean =>
  a.family === b.family && a.first <= b.last && b.first <= a.last;

/** The fewest CIDRs that cover the range exactly. */
export function cidrsOf({ family, first, last }: AddressRange): Cidr[] {
  const cidrs: Cidr[] = [];
  for (let base = first; base <= last; ) {
    let host = 0n;
    const fits = (bits: bigint) => base % (1n << bits) === 0n && base + (1n << bits) - 1n <= last;
    while (host < BigInt(bitsOf(family)) && fits(host + 1n)) host += 1n;
    cidrs.push({ family, base, prefix: bitsOf(family) - Number(host) });
    base += 1n << host;
  }
  return cidrs;
}

export function formatRange({ family, first, last }: AddressRange): string {
  const from = formatAddress({ family, value: first });
  return first === last ? from : `${from}-${formatAddress({ family, value: last })}`;
}
