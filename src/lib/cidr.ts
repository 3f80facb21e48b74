// IPv4 and IPv6 addresses and ranges as bigints: parsing, printing, membership. No sockets, no DNS.

import { isIP, isIPv4, isIPv6 } from 'node:net';

export type Family = 'IPv4' | 'IPv6';
export const bitsOf = (family: Family): 32 | 128 => (family === 'IPv4' ? 32 : 128);

/** One for each IP family that there is, the primary one first. */
export type PerFamily<T> = readonly [T, ...T[]];
export const mapFamilies = <T, U>([primary, ...others]: PerFamily<T>, make: (of: T) => U): PerFamily<U> => [
  make(primary),
  ...others.map(make),
];

export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** Undefined for anything that is not an address in its usual notation (no leading zeros, no port, no zone). */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) {
    return { family: 'IPv4', value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  }
  if (isIP(text) !== 6 || text.includes('%')) return undefined;
  let source = text;
  const tail = /(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (tail) {
    const v4 = parseAddress(tail)?.value ?? 0n;
    source = `${text.slice(0, -tail.length)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  }
  const [head = '', rest] = source.split('::');
  const left = head ? head.split(':') : [];
  const right = rest ? rest.split(':') : [];
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return { family: 'IPv6', value: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) };
}

/** Canonical text: dotted IPv4, or IPv6 by RFC 5952. */
export function formatAddress({ family, value }: Address): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const runs = [...groups.join(':').matchAll(/(?:^|:)(0(?::0)+)(?=:|$)/g)].map((match) => match[1] as string);
  const longest = runs.sort((a, b) => b.length - a.length)[0];
  if (!longest) return groups.join(':');
  const text = groups.join(':');
  const at = new RegExp(`(^|:)${longest}(:|$)`).exec(text);
  return at ? `${text.slice(0, at.index)}::${text.slice(at.index + at[0].length)}` : text;
}

/** Each address once and as one text only; what is no address is left out. */
export function canonicalAddresses(texts: readonly (string | undefined)[]): string[] {
  const parsed = texts.map((text) => parseAddress(text ?? '')).filter((address) => address !== undefined);
  return [...new Set(parsed.map(formatAddress))];
}

/** @param address in its usual notation */
export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** A host as URLs and `host:port` write it: IPv6 addresses in brackets, everything else as it is. */
export const inBrackets = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

export interface Cidr {
  readonly family: Family;
  /** The network address: host bits are zero. */
  readonly base: bigint;
  readonly prefix: number;
}

/** Undefined for anything but `address/length`. Host bits are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '', ...more] = text.split('/');
  const parsed = parseAddress(address);
  if (!parsed || more.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const bits = bitsOf(parsed.family);
  const prefix = Number(length);
  if (prefix > bits) return undefined;
  const host = BigInt(bits - prefix);
  return { family: parsed.family, base: (parsed.value >> host) << host, prefix };
}

export const sizeOf = ({ family, prefix }: Cidr): bigint => 1n << BigInt(bitsOf(family) - prefix);
export const formatCidr = ({ family, base, prefix }: Cidr): string =>
  `${formatAddress({ family, value: base })}/${prefix}`;
export const contains = (cidr: Cidr, address: Address): boolean =>
  cidr.family === address.family && address.value >= cidr.base && address.value < cidr.base + sizeOf(cidr);
/** The n-th address of the range, counted from the network address. */
export const nthAddress = (cidr: Cidr, n: number | bigint): string =>
  formatAddress({ family: cidr.family, value: cidr.base + BigInt(n) });
export const overlaps = (a: Cidr, b: Cidr): boolean =>
  a.family === b.family && a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);

/** The first two ranges, one of each list, that have an address in common. What is no range has none. */
export function findOverlap(ours: readonly string[], theirs: readonly string[]): [string, string] | undefined {
  for (const one of ours) {
    const range = parseCidr(one);
    const other = theirs.find((text) => {
      const parsed = parseCidr(text);
      return range && parsed && overlaps(range, parsed);
    });
    if (other !== undefined) return [one, other];
  }
  return undefined;
}
