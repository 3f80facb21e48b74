// Entries by key, up to a number and an amount of memory. Whoever has to go is found by giving a second chance, oldest
// first (the CLOCK algorithm): an entry that was asked since it was last looked at stays. So a flood of names that are asked
// once replaces itself and leaves alone what others use.

import type { Entry } from './entry.ts';

/** Octets for each entry of the capacity: answers are 50 to 500 octets, but one may have 65535. */
const octetsPerEntry = 1024;
/** So that the largest message fits many times. */
const minCapacity = 1024;
/** Entries that are passed over for one that has to go: a large store must not keep a query waiting. */
const maxChances = 1000;

export class Store {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  readonly #maxOctets: number;
  #octets = 0;
  /** Goes over the entries in the order in which they came; a round ends with those that were there at its start. */
  #hand: Iterator<[string, Entry]>;
  #leftOfRound = 0;
  /** Entries that had to go for others. */
  evictions = 0;

  constructor(capacity: number) {
    this.#capacity = Math.max(capacity, minCapacity);
    this.#maxOctets = this.#capacity * octetsPerEntry;
    this.#hand = this.#entries.entries();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Of all messages. */
  get octets(): number {
    return this.#octets;
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry) entry.isAsked = true;
    return entry;
  }

  /** In place of the one with the same key, if there is one. */
  set(key: string, entry: Entry): void {
    entry.isAsked = this.delete(key);
    while (this.#entries.size >= this.#capacity || this.#octets + entry.size > this.#maxOctets) this.#evict();
    this.#entries.set(key, entry);
    this.#octets += entry.size;
  }

  /** Whether it was there. */
  delete(key: string): boolean {
    this.#octets -= this.#entries.get(key)?.size ?? 0;
    return this.#entries.delete(key);
  }

  #evict(): void {
    for (let chances = maxChances; ; chances--) {
      const [key, entry] = this.#next();
      if (!entry.isAsked || chances === 0) {
        this.evictions++;
        this.delete(key);
        return;
      }
      entry.isAsked = false;
    }
  }

  /** There is at least one entry. */
  #next(): [string, Entry] {
    const step = this.#leftOfRound-- > 0 ? this.#hand.next() : undefined;
    if (step && !step.done) return step.value;
    this.#hand = this.#entries.entries();
    this.#leftOfRound = this.#entries.size - 1;
    return this.#hand.next().value;
  }
}
