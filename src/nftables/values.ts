// What nft compares: addresses, ports, protocols, marks and plain numbers. Each is a bigint here, and a text in the one form
// in which nft lists it. A range is a first and a last value, and its text a prefix where there is one.

import { formatAddress, formatCidr, parseAddress, parseCidr, sizeOf } from '#lib/cidr.ts';

export const valueTypes = ['ipv4', 'ipv6', 'port', 'protocol', 'mark', 'integer'] as const;
export type ValueType = (typeof valueTypes)[number];

export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

const protocols = new Map([
  ['icmp', 1n],
  ['tcp', 6n],
  ['udp', 17n],
  ['dccp', 33n],
  ['esp', 50n],
  ['ah', 51n],
  ['ipv6-icmp', 58n],
  ['sctp', 132n],
  ['udplite', 136n],
]);
const protocolNames = new Map([...protocols].map(([name, number]) => [number, name]));

const bits: Record<ValueType, bigint> = { ipv4: 32n, ipv6: 128n, port: 16n, protocol: 8n, mark: 32n, integer: 32n };

/** Undefined for what is no value of that type. nft itself would ask DNS for what is no address. */
export function parseValue(type: ValueType, text: string): bigint | undefined {
  if (type === 'ipv4' || type === 'ipv6') {
    const address = parseAddress(text);
    return address?.family === (type === 'ipv4' ? 'IPv4' : 'IPv6') ? address.value : undefined;
  }
  if (type === 'protocol') {
    const known = protocols.get(text === 'icmpv6' ? 'ipv6-icmp' : text);
    if (known !== undefined) return known;
  }
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) return undefined;
  const number = BigInt(text);
  return number < 1n << bits[type] ? number : undefined;
}

export function valueText(type: ValueType, value: bigint): string {
  switch (type) {
    case 'ipv4':
      return formatAddress({ family: 'IPv4', value });
    case 'ipv6':
      return formatAddress({ family: 'IPv6', value });
    case 'protocol':
      return protocolNames.get(value) ?? String(value);
    case 'mark':
      return `0x${value.toString(16).padStart(8, '0')}`;
    case 'port':
    case 'integer':
      return String(value);
  }
}

/** `10.0.0.0/8`, `80-90`, or a single value. */
export function parseRange(type: ValueType, text: string): Range | undefined {
  if (text.includes('/')) {
    const cidr = parseCidr(text);
    if (!cidr || cidr.family !== (type === 'ipv4' ? 'IPv4' : type === 'ipv6' ? 'IPv6' : undefined)) return undefined;
    return { first: cidr.base, last: cidr.base + sizeOf(cidr) - 1n };
  }
  const single = parseValue(type, text);
  if (single !== undefined) return { first: single, last: single };
  const [first, last] = text.split('-').map((part) => parseValue(type, part));
  return first === undefined || last === undefined || first > last ? undefined : { first, last };
}

export function rangeText(type: ValueType, { first, last }: Range): string {
  if (first === last) return valueText(type, first);
  const size = last - first + 1n;
  const isPrefix = (type === 'ipv4' || type === 'ipv6') && (size & (size - 1n)) === 0n && first % size === 0n;
  if (!isPrefix) return `${valueText(type, first)}-${valueText(type, last)}`;
  const prefix = Number(bits[type]) - (size.toString(2).length - 1);
  return formatCidr({ family: type === 'ipv4' ? 'IPv4' : 'IPv6', base: first, prefix });
}

export const inRange = (value: bigint, { first, last }: Range): boolean => value >= first && value <= last;
export const rangesOverlap = (a: Range, b: Range): boolean => a.first <= b.last && b.first <= a.last;
