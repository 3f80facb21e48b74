// The times at which a watch does something without an event: its bookmarks and its end.

import type { Clock } from '#lib/clock.ts';

export class Alarms {
  readonly #clock: Clock;
  readonly #stopped = new AbortController();
  readonly #ended = new AbortController();
  #due = false;
  #wake: (() => void) | undefined;

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
  every(periodMs: number, lastMs: number): void {
    const again = () => {
      this.#ring();
      this.#after(periodMs, again);
    };
    this.#after(periodMs, again);
    if (lastMs > 0) this.#after(lastMs, () => this.#ring());
  }

  /** What `next` gives, or 'alarm' when one rings first. A waiting `next` may be raced again. */
  async race<T>(next: Promise<T>): Promise<T | 'alarm'> {
    // A promise of its own for every wait: racing against one that lives long would collect reactions on it.
    const { promise, resolve } = Promise.withResolvers<'alarm'>();
    this.#wake = () => resolve('alarm');
    if (this.#due) this.#wake();
    const result = await Promise.race([next, promise]);
    if (result === 'alarm') this.#due = false;
    this.#wake = undefined;
    return result;
  }

  stop(): void {
    this.#stopped.abort();
  }

  #ring(): void {
    this.#due = true;
    this.#wake?.();
  }

  #after(ms: number, action: () => void): void {
    this.#clock.sleep(ms, this.#stopped.signal).then(action, () => {});
  }
}
