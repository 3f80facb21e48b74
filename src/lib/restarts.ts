// When a process that ended is started again: at once the first time, more and more patiently while it does not run well, and
// not at all when that has happened too often in a row.

const firstWaitMs = 400;
const longestWaitMs = 10_000;

export class Restarts {
  readonly #goodRunMs: number;
  readonly #attempts: number;
  #failures = 0;

  /** @param attempts in a row, none of which ran for `goodRunMs`; without a limit when absent */
  constructor({ goodRunMs, attempts = Number.POSITIVE_INFINITY }: { goodRunMs: number; attempts?: number }) {
    this.#goodRunMs = goodRunMs;
    this.#attempts = attempts;
  }

  /** How long to wait before the next start, in milliseconds; undefined when there is to be none. */
  next(ranMs: number): number | undefined {
    this.#failures = ranMs < this.#goodRunMs ? this.#failures + 1 : 1;
    if (this.#failures > this.#attempts) return undefined;
    return this.#failures === 1 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** (this.#failures - 2));
  }
}
