// The clock of golden exchanges: it stands still until a file moves it, so that times and ages are the same in every run.
// What only waits a moment for something else to happen (under a second) is not made to wait for that.

import type { Clock } from '#lib/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export class GoldenClock implements Clock {
  #now = Date.parse('2026-01-02T03:04:05Z');
  readonly #sleepers = new Set<Sleeper>();

  now(): Date {
    return new Date(this.#now);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (ms < 1000) {
      setImmediate(resolve);
      return promise;
    }
    const sleeper = { at: this.#now + ms, wake: resolve };
    this.#sleepers.add(sleeper);
    const onAbort = () => {
      this.#sleepers.delete(sleeper);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    return promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000;
    for (const sleeper of [...this.#sleepers].sort((a, b) => a.at - b.at)) {
      if (sleeper.at > this.#now) break;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
