// Random choices that a seed repeats.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** True this often, in [0, 1]. */
  chance(often: number): boolean {
    return this.next() < often;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to choose from');
    return from[this.below(from.length)] as T;
  }

  /** Each with the same chance. */
  some<T>(from: readonly T[], often = 0.5): T[] {
    return from.filter(() => this.chance(often));
  }

  /** At least one. */
  several<T>(from: readonly T[], often = 0.5): T[] {
    const found = this.some(from, often);
    return found.length > 0 ? found : [this.pick(from)];
  }
}
