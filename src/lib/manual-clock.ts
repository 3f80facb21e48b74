// Time that stands still until it is moved, for tests.

import type { Clock } from './clock.ts';

export class ManualClock implements Clock {
  #now = Date.parse('2030-01-01T00:00:00Z');
  #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  now(): Date {
    return new Date(this.#now);
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }
  /** How many wait. */
  get sleepers(): number {
    return this.#sleepers.size;
  }
  /** Backwards with a negative number. */
  advance(ms: number): void {
    this.#now += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
