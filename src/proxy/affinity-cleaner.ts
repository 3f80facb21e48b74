// Takes out of the affinity maps what names an endpoint that is gone, beside the proxy's loop: after the rules are written,
// since until then the kernel goes on writing such entries.

import type { Family } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { type NamedSet, type Nft, Transaction } from '#nftables/index.ts';
import type { StaleAffinity } from './affinity-index.ts';
import { setsOf, tableOf } from './sets.ts';
import type { Protocol } from './words.ts';

/** What a packet on its way writes while entries are deleted is found by looking again. */
const mostAttempts = 5;

export class AffinityCleaner {
  readonly #family: Family;
  readonly #nft: Nft;
  readonly #log: Logger;
  readonly #pending = new Map<Protocol, StaleAffinity[]>();
  #work: Promise<void> | undefined;

  constructor(family: Family, { nft, log }: { nft: Nft; log: Logger }) {
    this.#family = family;
    this.#nft = nft;
    this.#log = log;
  }

  /** To be called after the rules are written. */
  add(stale: StaleAffinity): void {
    for (const protocol of stale.protocols)
      this.#pending.set(protocol, [...(this.#pending.get(protocol) ?? []), stale]);
    this.#work ??= this.#cleanUp();
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    await this.#work;
  }

  async #cleanUp(): Promise<void> {
    for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) {
      const [protocol, stale] = next;
      try {
        await this.#removeStale(protocol, (key, endpoint) =>
          stale.some((each) => !each.isRight(protocol, key, endpoint)),
        );
      } catch (error) {
        this.#log.warn('cannot end session affinity to endpoints that are gone', {
          family: this.#family,
          protocol,
          error,
        });
      }
    }
    this.#work = undefined;
  }

  #takeNext(): [Protocol, StaleAffinity[]] | undefined {
    const [next] = this.#pending;
    if (next) this.#pending.delete(next[0]);
    return next;
  }

  async #removeStale(protocol: Protocol, isStale: (key: string, endpoint: string) => boolean): Promise<void> {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const stale = (await this.#entries(protocol)).filter(({ key, values }) => isStale(key, values.join(' . ')));
      if (stale.length === 0) return;
      const transaction = new Transaction(tableOf(this.#family));
      for (const [part, { name }] of this.#maps(protocol).entries()) {
        const elements = stale.map(({ key, values }) => ({ key, value: values[part] ?? '' }));
        // Added first, because one that has just ended by itself would make the deletion of all fail.
        transaction.addElements(name, elements);
        transaction.deleteElements(name, elements);
      }
      await this.#nft.run(transaction);
    }
  }

  /** Those that are in all maps; of the others one half has just ended, and the kernel does not use them. */
  async #entries(protocol: Protocol): Promise<Entry[]> {
    const [first = new Map(), ...others] = await Promise.all(this.#maps(protocol).map((map) => this.#valuesIn(map)));
    return [...first].flatMap(([key, value]) => {
      const values = [value, ...others.map((found) => found.get(key))].filter((one) => one !== undefined);
      return values.length === others.length + 1 ? { key, values } : [];
    });
  }

  async #valuesIn(map: NamedSet): Promise<Map<string, string>> {
    const values = new Map<string, string>();
    for await (const piece of this.#nft.elements(tableOf(this.#family), map)) {
      for (const { key, value = '' } of piece) values.set(key, value);
    }
    return values;
  }

  #maps(protocol: Protocol): readonly NamedSet[] {
    return setsOf[this.#family].affinity[protocol];
  }
}

interface Entry {
  readonly key: string;
  /** The endpoint's parts, as the maps have them. */
  readonly values: readonly string[];
}
