// Numbers 0..size-1, each free or taken, one bit each: a cluster's million Service addresses are 128 KiB. Finding a free
// one skips 32 taken ones at a time.

export class Bitmap {
  readonly size: number;
  readonly #words: Uint32Array;
  #taken = 0;

  constructor(size: number) {
    this.size = size;
    this.#words = new Uint32Array(Math.ceil(size / 32));
  }

  get taken(): number {
    return this.#taken;
  }

  has(index: number): boolean {
    return ((this.#word(index) >>> (index & 31)) & 1) === 1;
  }

  /** False when it was taken already. */
  take(index: number): boolean {
    if (this.has(index)) return false;
    this.#words[index >>> 5] = this.#word(index) | (1 << (index & 31));
    this.#taken++;
    return true;
  }

  release(index: number): void {
    if (!this.has(index)) return;
    this.#words[index >>> 5] = this.#word(index) & ~(1 << (index & 31));
    this.#taken--;
  }

  /** The first free number with `from` <= number < `to`. */
  firstFree(from: number, to: number): number | undefined {
    let index = from;
    while (index < to) {
      if (this.#word(index) === 0xffffffff) index = (index | 31) + 1;
      else if (this.has(index)) index++;
      else return index;
    }
    return undefined;
  }

  #word(index: number): number {
    return this.#words[index >>> 5] ?? 0;
  }
}
