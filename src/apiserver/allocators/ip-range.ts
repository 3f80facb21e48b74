// The cluster IPs of one CIDR (services.md B.1): which there are, and which of them to give out next.

import { canGive } from '#api/index.ts';
import { type Address, type Cidr, type Family, formatCidr, nthAddress, parseCidr, sizeOf } from '#lib/cidr.ts';
import { BandedPool } from './band.ts';

/** Only the first of a large range are chosen from, a bit being kept for each; the others can be had by name. */
const maxChosen = 1n << 20n;

export class IpRange {
  readonly text: string;
  readonly #cidr: Cidr;
  readonly #pool: BandedPool;
  /** Addresses that are taken beyond those that are chosen from. */
  #beyond = 0;

  constructor(cidr: Cidr) {
    this.text = formatCidr(cidr);
    this.#cidr = cidr;
    const counted = Number(sizeOf(cidr) < maxChosen ? sizeOf(cidr) : maxChosen);
    const band = counted <= 16 ? 0 : Math.min(Math.max(16, Math.floor(counted / 16)), 256);
    this.#pool = new BandedPool(counted - this.#unused, Math.min(band, counted - this.#unused));
  }

  get family(): Family {
    return this.#cidr.family;
  }

  /** What a dry run shows for an address that would be chosen. */
  get networkAddress(): string {
    return nthAddress(this.#cidr, 0);
  }

  /** The address of the `kubernetes` Service. */
  get first(): string {
    return nthAddress(this.#cidr, 1);
  }

  get allocated(): number {
    return this.#pool.size - this.#pool.free + this.#beyond;
  }

  get available(): number {
    return Number(sizeOf(this.#cidr)) - this.#unused - this.allocated;
  }

  has(address: Address): boolean {
    return canGive(this.#cidr, address);
  }

  /** Takes an address that the range has and that is free. */
  take(address: Address): void {
    const index = this.#indexOf(address);
    if (index === undefined) this.#beyond++;
    else this.#pool.take(index);
  }

  /** Any free address, which is taken then; undefined when there is none. */
  takeAny(): string | undefined {
    const index = this.#pool.takeAny();
    return index === undefined ? undefined : nthAddress(this.#cidr, index + 1);
  }

  /** Gives back an address that the range has and that is taken. */
  release(address: Address): void {
    const index = this.#indexOf(address);
    if (index === undefined) this.#beyond--;
    else this.#pool.release(index);
  }

  /** The network address, and of IPv4 the broadcast address. The smallest ranges have no other. */
  get #unused(): number {
    const size = sizeOf(this.#cidr);
    return this.#cidr.family === 'IPv6' || size === 1n ? 1 : 2;
  }

  #indexOf({ value }: Address): number | undefined {
    const index = value - this.#cidr.base - 1n;
    return index < BigInt(this.#pool.size) ? Number(index) : undefined;
  }
}

/** The ranges that the server is started with: one, or two of different families. Throws for what cannot be meant. */
export function parseServiceRanges(given: string | readonly string[]): readonly [Cidr, ...Cidr[]] {
  const texts = typeof given === 'string' ? given.split(',') : given;
  const [first, second, ...more] = texts.map((text) => parseServiceRange(text.trim()));
  if (!first) throw new Error('a server needs a Service CIDR such as 10.96.0.0/12');
  if (!second) return [first];
  if (more.length > 0 || first.family === second.family) {
    throw new Error(`two Service CIDRs must be one of IPv4 and one of IPv6, but they are ${texts.join(', ')}`);
  }
  return [first, second];
}

function parseServiceRange(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`the Service CIDR ${JSON.stringify(text)} is not a CIDR such as 10.96.0.0/12`);
  const size = sizeOf(cidr);
  if (size < 4n) throw new Error(`the Service CIDR ${text} must have 4 addresses or more, but it has ${size}`);
  if (!isServiceRange(cidr)) {
    throw new Error(`the Service CIDR ${text} must have a prefix of ${shortestPrefix[cidr.family]} bits or more`);
  }
  return cidr;
}

const shortestPrefix = { IPv4: 8, IPv6: 64 } as const;
/** Larger ranges give nothing; for IPv6 it is so upstream too. */
export const isServiceRange = ({ family, prefix }: Cidr): boolean => prefix >= shortestPrefix[family];
