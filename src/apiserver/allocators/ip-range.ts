// The cluster IPs of one CIDR (services.md B.1).

import {
  type Cidr,
  contains,
  type Family,
  formatCidr,
  nthAddress,
  parseAddress,
  parseCidr,
  sizeOf,
} from '#lib/cidr.ts';
import { BandedPool } from './band.ts';

/** More addresses of an IPv6 range than this are never used; a bit is kept for each. */
const maxAddresses = 1n << 20n;

/** Why an address could not be had, to go behind `failed to allocate IP …: `. */
export type Refusal = { readonly refused: string };

export class IpRange {
  readonly family: Family;
  readonly #cidr: Cidr;
  readonly #pool: BandedPool;

  constructor(text: string) {
    const cidr = parseCidr(text);
    if (!cidr) throw new Error(`the Service CIDR ${JSON.stringify(text)} is not a CIDR such as 10.96.0.0/12`);
    const size = sizeOf(cidr);
    if (size < 4n || (cidr.family === 'IPv4' && size > 1n << 24n)) {
      throw new Error(`the Service CIDR ${text} must have between 4 and 2^24 addresses, but it has ${size}`);
    }
    this.family = cidr.family;
    this.#cidr = cidr;
    const counted = Number(cidr.family === 'IPv6' && size > maxAddresses ? maxAddresses : size);
    const band = counted <= 16 ? 0 : Math.min(Math.max(16, Math.floor(counted / 16)), 256);
    // Not the network address, and of IPv4 not the broadcast address.
    this.#pool = new BandedPool(counted - (cidr.family === 'IPv4' ? 2 : 1), band);
  }

  /** What a dry run shows for an address that would be chosen. */
  get networkAddress(): string {
    return nthAddress(this.#cidr, 0);
  }

  /** The address of the `kubernetes` Service. */
  get first(): string {
    return nthAddress(this.#cidr, 1);
  }

  get free(): number {
    return this.#pool.free;
  }

  take(address: string, dryRun = false): Refusal | undefined {
    const index = this.#indexOf(address);
    if (index === undefined) {
      const range = formatCidr(this.#cidr);
      return { refused: `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${range}` };
    }
    const taken = dryRun ? this.#pool.isTaken(index) : !this.#pool.take(index);
    return taken ? { refused: 'provided IP is already allocated' } : undefined;
  }

  /** Undefined when the range is full. */
  takeAny(): string | undefined {
    const index = this.#pool.takeAny();
    return index === undefined ? undefined : nthAddress(this.#cidr, index + 1);
  }

  release(address: string): void {
    const index = this.#indexOf(address);
    if (index !== undefined) this.#pool.release(index);
  }

  #indexOf(text: string): number | undefined {
    const address = parseAddress(text);
    if (!address || !contains(this.#cidr, address)) return undefined;
    const index = address.value - this.#cidr.base - 1n;
    return index >= 0n && index < BigInt(this.#pool.size) ? Number(index) : undefined;
  }
}
