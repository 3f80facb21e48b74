// The way back from an address to those who have it (spec/dns.md §1.6). Most addresses belong to one, some to hundreds.

import { formatAddress, parseAddress } from '#lib/cidr.ts';

/** One spelling for each address. IPv4 has only one. */
export const canonical = (address: string): string => {
  if (!address.includes(':')) return address;
  const parsed = parseAddress(address);
  return parsed ? formatAddress(parsed) : address;
};

/** A PTR answer has room for no more. */
const maxHolders = 4096;

export class AddressNames<T extends object> {
  readonly #holders = new Map<string, T | Set<T>>();

  /** In the order in which they came. */
  of(address: string): readonly T[] {
    const found = this.#holders.get(canonical(address));
    if (found === undefined) return [];
    return found instanceof Set ? [...found.values().take(maxHolders)] : [found];
  }

  /** Adding what is there already does nothing. */
  add(address: string, holder: T): void {
    const key = canonical(address);
    const found = this.#holders.get(key);
    if (found instanceof Set) found.add(holder);
    else if (found === undefined) this.#holders.set(key, holder);
    else if (found !== holder) this.#holders.set(key, new Set([found, holder]));
  }

  remove(address: string, holder: T): void {
    const key = canonical(address);
    const found = this.#holders.get(key);
    if (found === holder) this.#holders.delete(key);
    if (!(found instanceof Set) || !found.delete(holder)) return;
    const [first, ...others] = found.values().take(2);
    if (first !== undefined && others.length === 0) this.#holders.set(key, first);
  }
}
