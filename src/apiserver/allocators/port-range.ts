// The node ports (services.md B.2). Protocols share the numbers: two Services never have the same one.

import { BandedPool } from './band.ts';
import type { Refusal } from './ip-range.ts';

export class PortRange {
  readonly #first: number;
  readonly #last: number;
  readonly #pool: BandedPool;

  constructor([first, last]: readonly [number, number]) {
    if (!(Number.isInteger(first) && Number.isInteger(last) && first >= 1 && last <= 65535 && first <= last)) {
      throw new Error(`the node port range ${first}-${last} must lie within 1-65535`);
    }
    const size = last - first + 1;
    this.#first = first;
    this.#last = last;
    this.#pool = new BandedPool(size, size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128));
  }

  /** What a dry run shows for the n-th port that would be chosen: a number that nobody can be given. */
  imagined(n: number): number {
    return Math.min(this.#last + 2 + n, 65535);
  }

  take(port: number, dryRun = false): Refusal | undefined {
    if (port < this.#first || port > this.#last) {
      const range = `${this.#first}-${this.#last}`;
      return { refused: `provided port is not in the valid range. The range of valid ports is ${range}` };
    }
    const index = port - this.#first;
    const taken = dryRun ? this.#pool.isTaken(index) : !this.#pool.take(index);
    return taken ? { refused: 'provided port is already allocated' } : undefined;
  }

  /** Undefined when the range is full. */
  takeAny(): number | undefined {
    const index = this.#pool.takeAny();
    return index === undefined ? undefined : this.#first + index;
  }

  release(port: number): void {
    if (port >= this.#first && port <= this.#last) this.#pool.release(port - this.#first);
  }
}
