// A connection's first packet on its way, as the kernel sees it: what it was, what it has become, and what conntrack
// remembers of it (services.md D.1: only first packets come to the rules of a proxy).

import { NftError } from '../errors.ts';
import type { Field } from '../fields.ts';
import { parseValue, type ValueType } from '../values.ts';

export interface Packet {
  /** Where it meets the rules first: it arrived at the machine, or was sent by a process on it. */
  readonly from: 'prerouting' | 'output';
  readonly family: 'ip' | 'ip6';
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp' | 'ipv6-icmp';
  readonly saddr: string;
  /** 40000 when absent. */
  readonly sport?: number;
  readonly daddr: string;
  /** Absent for ICMP. */
  readonly dport?: number;
  /** 0 when absent. */
  readonly mark?: number;
  /** Of the machine, both families; loopback goes without saying. The first of a family is what masquerading puts in. */
  readonly localAddresses: readonly string[];
}

interface Ends {
  saddr: bigint;
  sport: bigint;
  daddr: bigint;
  dport: bigint;
}

export class Flow {
  readonly family: 'ip' | 'ip6';
  readonly protocol: bigint;
  readonly hasPorts: boolean;
  /** As the packet is now. */
  readonly now: Ends;
  /** As it was before any translation. */
  readonly original: Readonly<Ends>;
  mark: bigint;
  isTranslated = false;
  isMasqueraded = false;
  /** How often a rule has said how to translate, if only into what it was. */
  translations = 0;
  readonly #local: readonly bigint[];

  constructor({ family, protocol, saddr, sport, daddr, dport, mark, localAddresses }: Packet) {
    this.family = family;
    this.protocol = required('protocol', protocol);
    this.hasPorts = protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp';
    if (this.hasPorts !== (dport !== undefined))
      throw new NftError('Invalid', `a packet of ${protocol} with port ${dport}`);
    this.now = {
      saddr: required(this.addressType, saddr),
      sport: BigInt(sport ?? 40_000),
      daddr: required(this.addressType, daddr),
      dport: BigInt(dport ?? 0),
    };
    this.original = { ...this.now };
    this.mark = BigInt(mark ?? 0);
    this.#local = localAddresses.flatMap((address) => parseValue(this.addressType, address) ?? []);
  }

  get addressType(): 'ipv4' | 'ipv6' {
    return this.family === 'ip' ? 'ipv4' : 'ipv6';
  }

  /** Undefined: the packet has no such thing, and a rule that asks for it does not match. */
  read(words: string, { families, protocol, type }: Field): bigint | undefined {
    if (families !== 'both' && families !== this.family) return undefined;
    if (protocol !== undefined && !this.hasPorts) return undefined;
    if (protocol !== undefined && protocol !== 'th' && parseValue('protocol', protocol) !== this.protocol)
      return undefined;
    if (type === 'protocol') return this.protocol;
    if (type === 'mark') return this.mark;
    const ends = words.startsWith('ct original') ? this.original : this.now;
    switch (words.split(' ').at(-1)) {
      case 'saddr':
        return ends.saddr;
      case 'daddr':
        return ends.daddr;
      case 'sport':
      case 'proto-src':
        return ends.sport;
      case 'dport':
      case 'proto-dst':
        return ends.dport;
    }
    throw new NftError('Invalid', `"${words}" cannot be read from a packet`);
  }

  isLocal(address: bigint): boolean {
    const isLoopback = this.family === 'ip' ? address >> 24n === 127n : address === 1n;
    return isLoopback || this.#local.includes(address);
  }

  translate(daddr: bigint, dport: bigint | undefined): void {
    const { now } = this;
    if (now.daddr !== daddr || (dport !== undefined && now.dport !== dport)) this.isTranslated = true;
    this.translations++;
    now.daddr = daddr;
    if (dport !== undefined) now.dport = dport;
  }

  /** The kernel takes the address of the link by which the packet leaves. */
  masquerade(): void {
    const [address] = this.#local;
    if (address === undefined)
      throw new NftError('Invalid', 'to masquerade, the packet must say an address of the machine');
    this.translations++;
    this.now.saddr = address;
    this.isMasqueraded = true;
  }

  /** `ct status` as far as it is known at the first packet. */
  hasStatus(name: string): boolean {
    return (name === 'dnat' && this.isTranslated) || (name === 'snat' && this.isMasqueraded);
  }
}

function required(type: ValueType, text: string): bigint {
  const value = parseValue(type, text);
  if (value === undefined) throw new NftError('Invalid', `a packet with "${text}" for its ${type}`);
  return value;
}
