// The soak's random choices.

import { SeededRandom } from '#lib/seeded-random.ts';

export class Random extends SeededRandom {
  /** True this often, in [0, 1]. */
  chance(often: number): boolean {
    return this.next() < often;
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
