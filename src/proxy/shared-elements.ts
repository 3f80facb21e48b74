// Elements that several Services may ask for: there as long as one of them does.

import type { NamedSet } from '#nftables/index.ts';
import type { ElementChanges } from './element-changes.ts';

export class SharedElements {
  readonly set: NamedSet;
  readonly #users = new Map<string, number>();

  constructor(set: NamedSet) {
    this.set = set;
  }

  keys(): Iterable<string> {
    return this.#users.keys();
  }

  /** One user asks for `next` instead of `had`. */
  change(had: readonly string[], next: readonly string[], changes: ElementChanges): void {
    for (const key of next) this.#count(key, 1, changes);
    for (const key of had) this.#count(key, -1, changes);
  }

  #count(key: string, by: 1 | -1, changes: ElementChanges): void {
    const before = this.#users.get(key) ?? 0;
    const after = before + by;
    if (after > 0) this.#users.set(key, after);
    else this.#users.delete(key);
    if (before > 0 === after > 0) return;
    changes.record(this.set, key, before > 0 ? { key } : undefined, after > 0 ? { key } : undefined);
  }
}
