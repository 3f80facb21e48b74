// The pod addresses of one node in one IP family: from the second of its range on, the first being the gateway. A freed address is not
// given out again while others are free, so that a client with an old answer in its cache does not meet a stranger.

import { contains, nthAddress, parseAddress, parseCidr, sizeOf } from '#lib/cidr.ts';

export class AddressPool {
  readonly gateway: string;
  readonly #cidr: NonNullable<ReturnType<typeof parseCidr>>;
  readonly #used = new Set<number>();
  /** Numbers of the usable addresses: [2, end). */
  readonly #end: number;
  #next = 2;

  constructor(podCIDR: string) {
    const cidr = parseCidr(podCIDR);
    // The last address of the range is its broadcast address, which some programs refuse to talk to.
    const size = cidr ? Number(sizeOf(cidr)) - 1 : 0;
    if (!cidr || size <= 2) throw new Error(`podCIDR "${podCIDR}" has no room for pods`);
    this.#cidr = cidr;
    this.#end = Math.min(size, 1 << 20);
    this.gateway = nthAddress(cidr, 1);
  }

  /** Throws when all are in use. */
  take(): string {
    for (let tries = 2; tries < this.#end; tries++) {
      const number = this.#next;
      this.#next = number + 1 < this.#end ? number + 1 : 2;
      if (this.#used.has(number)) continue;
      this.#used.add(number);
      return nthAddress(this.#cidr, number);
    }
    throw new Error(`no free pod address: all ${this.#end - 2} of the node's range are in use`);
  }

  /** Goes on behind an address that an earlier kubelet gave out: its users may not have heard yet that it is free. */
  skip(address: string): void {
    const number = this.#numberOf(address);
    if (number !== undefined && number >= this.#next) this.#next = number + 1 < this.#end ? number + 1 : 2;
  }

  #numberOf(text: string): number | undefined {
    const address = parseAddress(text);
    if (!address || !contains(this.#cidr, address)) return undefined;
    const number = Number(address.value - this.#cidr.base);
    return number >= 2 && number < this.#end ? number : undefined;
  }

  free(address: string): void {
    const number = this.#numberOf(address);
    if (number !== undefined) this.#used.delete(number);
  }
}
