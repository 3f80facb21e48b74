// The times at which a watch does something without an event: its bookmarks and its end.

import type { Clock } from '#lib/clock.ts';

export class Alarms {
  readonly #clock: Clock;
  readonly #stopped = new AbortController();
  readonly #ended = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborts when the time set by {@link end} has come. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  end(afterMs: number): void {
    this.#after(afterMs, () => this.#ended.abort());
  }

  /** Rings again and again, and once more at `lastMs`. */
  every(periodMs: number, lastMs: number, ring: () => void): void {
    const again = () => {
      ring();
      this.#after(periodMs, again);
    };
    this.#after(periodMs, again);
    if (lastMs > 0) this.#after(lastMs, ring);
  }

  stop(): void {
    this.#stopped.abort();
  }

  #after(ms: number, action: () => void): void {
    this.#clock.sleep(ms, this.#stopped.signal).then(action, () => {});
  }
}
