// Collects what changes in the maps and sets. Each element remembers what it was at first and what it is at last, so that
// one which changes hands within a transaction is deleted before it is added, and one that ends as it began is not touched.

import type { Element, NamedSet, Transaction } from '#nftables/index.ts';

interface Transition {
  readonly was: Element | undefined;
  now: Element | undefined;
}

/** Elements by set and key. */
export type FoundElements = ReadonlyMap<string, Map<string, Element>>;

export class ElementChanges {
  readonly #sets = new Map<NamedSet, Map<string, Transition>>();
  readonly #found: FoundElements;

  /** @param found what the kernel had from before, to be used where it is right. It is taken out as it is asked for. */
  constructor(found: FoundElements = new Map()) {
    this.#found = found;
  }

  record(set: NamedSet, key: string, was: Element | undefined, now: Element | undefined): void {
    let transitions = this.#sets.get(set);
    if (!transitions) {
      transitions = new Map();
      this.#sets.set(set, transitions);
    }
    const transition = transitions.get(key);
    if (transition) transition.now = now;
    else transitions.set(key, { was: was ?? this.#takeFound(set, key), now });
  }

  /** Whatever was found in the set and nobody asked for goes. */
  dropRest(set: NamedSet): void {
    for (const key of [...(this.#found.get(set.name)?.keys() ?? [])]) this.record(set, key, undefined, undefined);
  }

  /** What was in the set and will not be. */
  leaving(set: NamedSet): string[] {
    return [...(this.#sets.get(set) ?? [])].flatMap(([key, { was, now }]) => (was && !now ? key : []));
  }

  writeTo(transaction: Transaction): void {
    for (const [set, transitions] of this.#sets) {
      const changed = [...transitions.values()].filter(({ was, now }) => !same(was, now));
      transaction.deleteElements(
        set.name,
        changed.flatMap(({ was }) => was ?? []),
      );
      transaction.addElements(
        set.name,
        changed.flatMap(({ now }) => now ?? []),
      );
    }
    this.#sets.clear();
  }

  #takeFound(set: NamedSet, key: string): Element | undefined {
    const elements = this.#found.get(set.name);
    const element = elements?.get(key);
    if (element) elements?.delete(key);
    return element;
  }
}

const same = (a: Element | undefined, b: Element | undefined): boolean =>
  a?.value === b?.value && a?.comment === b?.comment && (a === undefined) === (b === undefined);
