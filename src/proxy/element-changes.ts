// Collects what changes in the maps and sets. Each element remembers what it was at first and what it is at last, so that
// one which changes hands within a transaction is deleted before it is added, and one that ends as it began is not touched.

import type { Element, NamedSet, Transaction } from '#nftables/index.ts';

interface Transition {
  readonly was: Element | undefined;
  now: Element | undefined;
}

export class ElementChanges {
  readonly #sets = new Map<NamedSet, Map<string, Transition>>();

  record(set: NamedSet, key: string, was: Element | undefined, now: Element | undefined): void {
    let transitions = this.#sets.get(set);
    if (!transitions) {
      transitions = new Map();
      this.#sets.set(set, transitions);
    }
    const found = transitions.get(key);
    if (found) found.now = now;
    else transitions.set(key, { was, now });
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
}

const same = (a: Element | undefined, b: Element | undefined): boolean =>
  a?.value === b?.value && a?.comment === b?.comment && (a === undefined) === (b === undefined);
