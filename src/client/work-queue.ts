// Keys to work on, each at most once in the queue and at most once in work; and the workers that reconcile them. A key
// added while it is in work is handed out again after `done`, so no change is missed and no key is worked on twice at once.

import { setImmediate } from 'node:timers/promises';
import { isConflict, isNotFound } from '#api/index.ts';
import type { Logger } from '#lib/log.ts';
import { type Backoff, delayAfter } from './backoff.ts';
import { type Rate, TokenBucket } from './token-bucket.ts';

interface Delayed {
  readonly due: number;
  readonly timer: NodeJS.Timeout;
}

/** Bounded by the number of different keys. */
export class WorkQueue<K extends string = string> {
  readonly #ready = new Set<K>();
  readonly #working = new Set<K>();
  /** Added while in work. */
  readonly #again = new Set<K>();
  readonly #delayed = new Map<K, Delayed>();
  readonly #waiting: ((key: K | undefined) => void)[] = [];
  #closed = false;

  /** Keys that wait to be worked on now. */
  get length(): number {
    return this.#ready.size;
  }

  add(key: K): void {
    if (this.#closed) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    const waiter = this.#ready.has(key) ? undefined : this.#waiting.shift();
    if (!waiter) {
      this.#ready.add(key);
      return;
    }
    this.#working.add(key);
    waiter(key);
  }

  /** Adds the key after `ms`; of several waits of one key the shortest counts. */
  addAfter(key: K, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const due = performance.now() + ms;
    const earlier = this.#delayed.get(key);
    if (earlier && earlier.due <= due) return;
    clearTimeout(earlier?.timer);
    // A timer holds 31 bits of milliseconds; longer waits are cut, which only means an early look at the key.
    const timer = setTimeout(
      () => {
        this.#delayed.delete(key);
        this.add(key);
      },
      Math.min(ms, 2 ** 31 - 1),
    );
    this.#delayed.set(key, { due, timer });
  }

  /** The next key to work on; undefined when the queue is closed. The taker must call {@link done}. */
  take(): Promise<K | undefined> {
    const [key] = this.#ready;
    if (this.#closed) return Promise.resolve(undefined);
    if (key === undefined) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#ready.delete(key);
    this.#working.add(key);
    return Promise.resolve(key);
  }

  done(key: K): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Drops what waits; takers get undefined from now on. */
  close(): void {
    this.#closed = true;
    this.#ready.clear();
    this.#again.clear();
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    for (const waiter of this.#waiting.splice(0)) waiter(undefined);
  }
}

export interface WorkerOptions {
  readonly signal: AbortSignal;
  /** How many keys are worked on at a time; 1 when absent. */
  readonly workers?: number | undefined;
  readonly log: Logger;
  readonly backoff?: Backoff | undefined;
  /** Of all keys together; no limit when absent. */
  readonly retryRate?: Rate | undefined;
  /** A key that failed so often in a row is given up until somebody adds it again; never when absent. */
  readonly maxRetries?: number | undefined;
}

/** For so long keys are worked on without letting others have the event loop. */
const turnMs = 2;
const defaultBackoff: Backoff = { baseMs: 10, maxMs: 30_000 };

/**
 * Reconciles the queue's keys until `signal` aborts, then closes the queue and resolves. A reconcile that throws is
 * tried again with exponential back-off per key. What is added is worked on at once, whatever failed before.
 */
export async function runWorkers<K extends string>(
  queue: WorkQueue<K>,
  { signal, workers = 1, log, backoff = defaultBackoff, retryRate, maxRetries }: WorkerOptions,
  reconcile: (key: K, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failures = new Map<K, number>();
  const retries = retryRate && new TokenBucket(retryRate);
  const close = () => queue.close();
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  let turnBegan = performance.now();
  const attempt = async (key: K): Promise<void> => {
    try {
      await reconcile(key, signal);
      failures.delete(key);
    } catch (error) {
      if (signal.aborted) return;
      const count = (failures.get(key) ?? 0) + 1;
      if (maxRetries !== undefined && count > maxRetries) {
        failures.delete(key);
        log.error('reconcile failed too often, giving up until something changes', { key, error, failures: count });
        return;
      }
      failures.set(key, count);
      // Losing a compare-and-set, or the object to a deletion, is everyday life among controllers.
      if (isConflict(error) || isNotFound(error)) log.debug('reconcile lost a race, trying again', { key, error });
      else log.warn('reconcile failed, trying again', { key, error, failures: count });
      queue.addAfter(key, Math.max(delayAfter(count, backoff), retries?.take() ?? 0));
    }
  };
  const work = async (): Promise<void> => {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      await attempt(key);
      queue.done(key);
      // In one process with the API server a reconcile may never wait for anything real. Two controllers that undo each
      // other's work would then keep the event loop from everybody else. A turn for each key, on the other hand, would
      // leave the rest to wait for as many turns as there are keys, which are long when there is much to do.
      if (performance.now() - turnBegan < turnMs) continue;
      await setImmediate();
      turnBegan = performance.now();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  signal.removeEventListener('abort', close);
}
