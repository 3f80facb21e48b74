// A cache of what was used lately, in two generations: when the young one is full it becomes the old one, and what was not
// asked for since then goes. Cheaper than an order of use, and bounded as well, in bytes: one object may be as large as a
// thousand others.

/** What an entry costs beside its bytes. */
const entrySize = 200;

export class Recent<K extends object, V> {
  readonly #limit: number;
  readonly #sizeOf: (key: K, value: V) => number;
  #size = 0;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** @param limit bytes of each generation, of which at least one value is kept. */
  constructor(limit: number, sizeOf: (key: K, value: V) => number) {
    this.#limit = limit;
    this.#sizeOf = sizeOf;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    const size = this.#sizeOf(key, value) + entrySize;
    if (this.#young.size > 0 && this.#size + size > this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#size = 0;
    }
    this.#size += size;
    this.#young.set(key, value);
  }
}
