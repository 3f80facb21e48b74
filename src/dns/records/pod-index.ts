// Pods by their addresses: for `pods verified` records and for the search path of a client (spec/dns.md §1.8, §7).

import { AddressNames } from './address-names.ts';

interface PodEntry {
  readonly namespace: string;
  readonly addresses: readonly string[];
}

export class PodIndex {
  readonly #pods = new Map<string, PodEntry>();
  readonly #addresses = new AddressNames<PodEntry>();

  /** @param key `namespace/name` @param addresses none for a pod that does not count */
  set(key: string, addresses: readonly string[]): void {
    this.remove(key);
    if (addresses.length === 0) return;
    const entry = { namespace: key.slice(0, key.indexOf('/')), addresses };
    this.#pods.set(key, entry);
    for (const address of addresses) this.#addresses.add(address, entry);
  }

  remove(key: string): void {
    const entry = this.#pods.get(key);
    if (!entry) return;
    this.#pods.delete(key);
    for (const address of entry.addresses) this.#addresses.remove(address, entry);
  }

  knows(key: string): boolean {
    return this.#pods.has(key);
  }

  has(namespace: string, address: string): boolean {
    return this.#addresses.of(address).some((entry) => entry.namespace === namespace);
  }

  /** Whose pod has the address; that of the last one seen when several claim it. */
  namespaceOf(address: string): string | undefined {
    return this.#addresses.of(address).at(-1)?.namespace;
  }
}
