// Chance that can be repeated: every request of a fuzz run is made from the run's seed and its own number, so that a failure
// is found again without what went before it being made anew.

import { SeededRandom } from '#lib/seeded-random.ts';

export class Random extends SeededRandom {
  constructor(seed: number, index = 0) {
    const state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
    // Neighbours are alike in the beginning.
    super(Math.floor(new SeededRandom(state).next() * 2 ** 32));
  }

  /** True so many times of a hundred. */
  percent(share: number): boolean {
    return this.next() * 100 < share;
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }
}
