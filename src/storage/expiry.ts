// Deletes the keys of a store whose time is over. A look once a second is exact enough for events of an hour's life, and
// a key that was written anew meanwhile is at another revision, so its deletion loses.

import type { Clock } from '#lib/clock.ts';
import type { Entry, Store } from './store.ts';

/** Deleted at once: an hour after a storm of events, thousands are due within a second, and others want to write too. */
const batchSize = 500;

export class Expiry {
  readonly #store: Pick<Store, 'delete'>;
  readonly #expired: (now: number) => Entry[];
  readonly #clock: Clock;
  readonly #periodMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(store: Pick<Store, 'delete'>, expired: (now: number) => Entry[], clock: Clock, periodMs = 1000) {
    this.#store = store;
    this.#expired = expired;
    this.#clock = clock;
    this.#periodMs = periodMs;
  }

  /** When a key that is to expire begins to live, in ms since 1970. */
  after(ttlSeconds: number | undefined): number | undefined {
    if (ttlSeconds === undefined) return undefined;
    this.start();
    return this.#clock.now().getTime() + ttlSeconds * 1000;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#run(), this.#periodMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const due = this.#expired(this.#clock.now().getTime());
    for (let at = 0; at < due.length; at += batchSize) {
      const batch = due.slice(at, at + batchSize);
      const results = await Promise.allSettled(batch.map((entry) => this.#store.delete(entry.key, entry.modRevision)));
      // A store that fails or closes says so to those who write to it; what is due now is still due in a second.
      if (results.some(({ status }) => status === 'rejected')) break;
    }
    this.#running = false;
  }
}
