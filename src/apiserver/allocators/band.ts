// Numbers handed out of two bands (services.md B.1, B.2): the lower, static one is for those who name a number, the
// upper, dynamic one for those who take any. So a number written in a manifest is seldom gone before it is asked for.

import { randomInt } from 'node:crypto';
import { Bitmap } from './bitmap.ts';

export class BandedPool {
  readonly #bitmap: Bitmap;
  readonly #dynamicStart: number;

  /** @param staticLength how many of the numbers 0..size-1 are the static band. */
  constructor(size: number, staticLength: number) {
    this.#bitmap = new Bitmap(size);
    this.#dynamicStart = staticLength;
  }

  get size(): number {
    return this.#bitmap.size;
  }

  get free(): number {
    return this.#bitmap.size - this.#bitmap.taken;
  }

  isTaken(index: number): boolean {
    return this.#bitmap.has(index);
  }

  /** False when it was taken already. */
  take(index: number): boolean {
    return this.#bitmap.take(index);
  }

  /** Any number: of the dynamic band while there is one, from a random place on; else of the static band. */
  takeAny(): number | undefined {
    const { size } = this.#bitmap;
    const start = this.#dynamicStart < size ? randomInt(this.#dynamicStart, size) : size;
    const found =
      this.#bitmap.firstFree(start, size) ??
      this.#bitmap.firstFree(this.#dynamicStart, start) ??
      this.#bitmap.firstFree(0, this.#dynamicStart);
    if (found !== undefined) this.#bitmap.take(found);
    return found;
  }

  release(index: number): void {
    this.#bitmap.release(index);
  }
}
