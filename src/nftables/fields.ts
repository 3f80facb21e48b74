// The expressions that read a packet, by the words of nft(8), with the type of what they read. `typeof` in the definition of a
// set is written in the same words.

import type { ValueType } from './values.ts';

/** Families of a packet for which it can be read; for others a rule with it does not match. */
type Families = 'ip' | 'ip6' | 'both';

export interface Field {
  readonly type: ValueType | 'ct state' | 'ct status' | 'address type';
  readonly families: Families;
  /** Only read from packets of this protocol; `th` reads any that has ports. */
  readonly protocol?: 'tcp' | 'udp' | 'sctp' | 'th';
}

const addresses = { 'ip saddr': 'ip', 'ip daddr': 'ip', 'ip6 saddr': 'ip6', 'ip6 daddr': 'ip6' } as const;
const addressType = { ip: 'ipv4', ip6: 'ipv6' } as const;

export const fields: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...Object.entries(addresses).flatMap(([words, family]): [string, Field][] => [
    [words, { type: addressType[family], families: family }],
    [`ct original ${words}`, { type: addressType[family], families: family }],
  ]),
  ...(['tcp', 'udp', 'sctp', 'th'] as const).flatMap((protocol): [string, Field][] => [
    [`${protocol} sport`, { type: 'port', families: 'both', protocol }],
    [`${protocol} dport`, { type: 'port', families: 'both', protocol }],
  ]),
  ['ct original proto-src', { type: 'port', families: 'both', protocol: 'th' }],
  ['ct original proto-dst', { type: 'port', families: 'both', protocol: 'th' }],
  ['meta l4proto', { type: 'protocol', families: 'both' }],
  ['meta mark', { type: 'mark', families: 'both' }],
  ['ct state', { type: 'ct state', families: 'both' }],
  ['ct status', { type: 'ct status', families: 'both' }],
  ['fib saddr type', { type: 'address type', families: 'both' }],
  ['fib daddr type', { type: 'address type', families: 'both' }],
]);

/** The types of the parts of a key or value, from the text after `typeof`; undefined when it is not understood. */
export function typesOf(text: string): ValueType[] | undefined {
  const types = text.split(' . ').map((part): ValueType | undefined => {
    if (/^numgen (random|inc) mod \d+( offset \d+)?$/.test(part)) return 'integer';
    const type = fields.get(part)?.type;
    return type === 'ct state' || type === 'ct status' || type === 'address type' ? undefined : type;
  });
  return types.every((type) => type !== undefined) ? types : undefined;
}
