// The zone of one octet or nibble boundary under in-addr.arpa or ip6.arpa: address → PTR (spec/dns.md §1.6).

import { bitsOf, type Cidr, type Family, formatAddress, sizeOf } from '#lib/cidr.ts';
import { fromLabels, isWithin, labelsOf, type Name } from '../wire/name.ts';
import { type Apex, apexOwner } from './apex.ts';
import { Owner, type Relative } from './owner.ts';
import type { Soa } from './soa.ts';
import type { Zone } from './zone.ts';

/** How addresses are spelled in reverse: bits a label, how a label is read, and the zone at the top. */
const notation = {
  IPv4: { bits: 8, radix: 10, label: /^(0|[1-9]\d{0,2})$/, top: ['in-addr', 'arpa'] },
  IPv6: { bits: 4, radix: 16, label: /^[0-9a-f]$/, top: ['ip6', 'arpa'] },
} as const;

const tops = Object.values(notation).map(({ top }) => fromLabels(top) as Name);

/** Whether the zone is one for addresses. */
export const isReverse = (zone: Name): boolean => tops.some((top) => isWithin(zone, top));

/** A range that ends between two boundaries becomes several zones: 10.96.0.0/12 → 96.10.in-addr.arpa … 111.10.in-addr.arpa. */
export function reverseZoneNames(cidr: Cidr): Name[] {
  const { bits, radix, top } = notation[cidr.family];
  const prefix = Math.ceil(cidr.prefix / bits) * bits;
  const host = BigInt(bitsOf(cidr.family) - prefix);
  const count = Number(sizeOf(cidr) >> host);
  return Array.from({ length: count }, (_, i) => {
    const network = (cidr.base >> host) + BigInt(i);
    const labels = Array.from({ length: prefix / bits }, (_, at) =>
      Number((network >> BigInt(at * bits)) & ((1n << BigInt(bits)) - 1n)).toString(radix),
    );
    return fromLabels([...labels, ...top]) as Name;
  });
}

/** The address that a name spells; `partial` for the first part of one, `undefined` for what spells none. */
export function addressOf(key: Name): string | 'partial' | undefined {
  const labels = labelsOf(key);
  const family: Family = labels.at(-2) === 'ip6' ? 'IPv6' : 'IPv4';
  const { bits, radix, label } = notation[family];
  const parts = labels.slice(0, -2);
  const size = bitsOf(family) / bits;
  const values = parts.map((part) => (label.test(part) ? Number.parseInt(part, radix) : Number.NaN));
  if (parts.length > size || values.some((value) => !(value < 1 << bits))) return undefined;
  if (parts.length < size) return 'partial';
  const value = values.reduceRight((sum, part) => (sum << BigInt(bits)) + BigInt(part), 0n);
  return formatAddress({ family, value });
}

export interface ReverseZoneParts {
  readonly namesOf: (address: string) => readonly Relative[];
  /** The cluster domain that the names are told in. */
  readonly primary: Name;
  readonly apex: () => Apex;
}

export class ReverseZone implements Zone {
  readonly name: Name;
  readonly #parts: ReverseZoneParts;

  constructor(name: Name, parts: ReverseZoneParts) {
    this.name = name;
    this.#parts = parts;
  }

  get soa(): Soa {
    return this.#parts.apex().soa;
  }

  find(key: Name): Owner | undefined {
    const { namesOf, primary, apex } = this.#parts;
    if (key === this.name) return apexOwner(apex(), primary);
    const name = key.slice(0, key.length - this.name.length);
    const address = addressOf(key);
    if (address === undefined) return undefined;
    // Names between the zone and its addresses exist without data: a resolver that asks label by label must get through.
    if (address === 'partial') return new Owner(name, { isOnTheWay: true });
    const names = namesOf(address);
    const pointers = names.map((target) => ({ type: 'PTR', target: target + primary }) as const);
    return names.length === 0 ? undefined : new Owner(name, { other: () => pointers });
  }
}
