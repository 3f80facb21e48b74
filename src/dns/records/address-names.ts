// The way back from an address to the Services that have it (spec/dns.md §1.6). Most addresses belong to one.

import { formatAddress, parseAddress } from '#lib/cidr.ts';

/** One spelling for each address. IPv4 has only one. */
export const canonical = (address: string): string => {
  if (!address.includes(':')) return address;
  const parsed = parseAddress(address);
  return parsed ? formatAddress(parsed) : address;
};

export class AddressNames<T extends object> {
  readonly #holders = new Map<string, T | readonly T[]>();

  of(address: string): readonly T[] {
    const found = this.#holders.get(canonical(address));
    return found === undefined ? [] : Array.isArray(found) ? found : [found as T];
  }

  /** Adding what is there already does nothing. */
  add(address: string, holder: T): void {
    const others = this.of(address).filter((other) => other !== holder);
    this.#set(address, [...others, holder]);
  }

  remove(address: string, holder: T): void {
    this.#set(
      address,
      this.of(address).filter((other) => other !== holder),
    );
  }

  #set(address: string, holders: readonly T[]): void {
    const [first] = holders;
    if (first === undefined) this.#holders.delete(canonical(address));
    else this.#holders.set(canonical(address), holders.length === 1 ? first : holders);
  }
}
