// The node ports (services.md B.2). Protocols share the numbers: two Services never have the same one.

import { BandedPool } from './band.ts';
import { AllocationCounts } from './counts.ts';
import type { Refusal } from './reservation.ts';

export class PortRange {
  readonly counts = new AllocationCounts();
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

  get text(): string {
    return `${this.#first}-${this.#last}`;
  }

  get available(): number {
    return this.#pool.free;
  }

  get allocated(): number {
    return this.#pool.size - this.#pool.free;
  }

  has(port: number): boolean {
    return port >= this.#first && port <= this.#last;
  }

  isTaken(port: number): boolean {
    return this.has(port) && this.#pool.isTaken(port - this.#first);
  }

  /** All that are taken. */
  *taken(): Generator<number> {
    for (let port = this.#first; port <= this.#last; port++) if (this.isTaken(port)) yield port;
  }

  /** What a dry run shows for the n-th port that would be chosen: a number that nobody can be given. */
  imagined(n: number): number {
    return Math.min(this.#last + 2 + n, 65535);
  }

  /** Says that a port is taken. False when it was, or when it is none of these. */
  mark(port: number): boolean {
    return this.has(port) && this.#pool.take(port - this.#first);
  }

  /** Takes a port that was asked for; a dry run only asks. */
  take(port: number, dryRun = false): Refusal | undefined {
    const refusal = this.#refusal(port);
    if (dryRun) return refusal;
    if (refusal) this.counts.failed('static');
    else {
      this.mark(port);
      this.counts.succeeded('static');
    }
    return refusal;
  }

  /** Undefined when the range is full. */
  takeAny(): number | undefined {
    const index = this.#pool.takeAny();
    if (index === undefined) this.counts.failed('dynamic');
    else this.counts.succeeded('dynamic');
    return index === undefined ? undefined : this.#first + index;
  }

  release(port: number): void {
    if (this.has(port)) this.#pool.release(port - this.#first);
  }

  #refusal(port: number): Refusal | undefined {
    if (!this.has(port)) {
      return { refused: `provided port is not in the valid range. The range of valid ports is ${this.text}` };
    }
    return this.isTaken(port) ? { refused: 'provided port is already allocated' } : undefined;
  }
}
