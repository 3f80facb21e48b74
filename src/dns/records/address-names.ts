// The way back from an address to the names that have it, kept up to date name by name (spec/dns.md §1.6).

import { formatAddress, parseAddress } from '#lib/cidr.ts';
import type { Name } from '../wire/name.ts';
import type { AddressName } from './service-records.ts';

/** One spelling for each address. IPv4 has only one. */
const canonical = (address: string): string => {
  if (!address.includes(':')) return address;
  const parsed = parseAddress(address);
  return parsed ? formatAddress(parsed) : address;
};

export class AddressNames {
  readonly #entries = new Map<string, readonly AddressName[]>();

  add(entry: AddressName): void {
    const key = canonical(entry.address);
    this.#entries.set(key, [...(this.#entries.get(key) ?? []), entry]);
  }

  /** Removes exactly the entry object that was added. */
  remove(entry: AddressName): void {
    const key = canonical(entry.address);
    const left = (this.#entries.get(key) ?? []).filter((other) => other !== entry);
    if (left.length > 0) this.#entries.set(key, left);
    else this.#entries.delete(key);
  }

  /** The Service that owns the address as its cluster address, or else each name that has it as an endpoint. */
  namesOf(address: string): readonly Name[] {
    const entries = this.#entries.get(canonical(address)) ?? [];
    const cluster = entries.find(({ isCluster }) => isCluster);
    return cluster ? [cluster.name] : [...new Set(entries.map(({ name }) => name))];
  }

  /** The names that have the address as an endpoint. */
  endpointNamesOf(address: string): readonly Name[] {
    const entries = this.#entries.get(canonical(address)) ?? [];
    return entries.filter(({ isCluster }) => !isCluster).map(({ name }) => name);
  }
}
