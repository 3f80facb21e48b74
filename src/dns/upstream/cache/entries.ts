// Everything that is kept. Each kind has a store of its own, so that a flood of one leaves the others alone: names that do
// not exist never put out those that do, and failures neither.

import type { CacheSettings } from '../../config/settings.ts';
import type { Entry } from './entry.ts';
import { Store } from './store.ts';

/** Failures last for seconds: there are never many that are of use. */
const failureCapacity = 1024;

export class Entries {
  readonly success: Store;
  readonly denial: Store;
  /** The keys are others than those of answers and denials. */
  readonly failure: Store;
  readonly #staleMs: number;
  readonly #prefersPositive: boolean;

  constructor({ success, denial, serveStale }: CacheSettings) {
    this.success = new Store(success.capacity);
    this.denial = new Store(denial.capacity);
    this.failure = new Store(failureCapacity);
    this.#staleMs = serveStale?.durationMs ?? 0;
    this.#prefersPositive = serveStale?.preferPositive ?? false;
  }

  /** An answer or denial that is alive, or may be served stale. */
  find(key: string, now: number): Entry | undefined {
    const answer = this.success.get(key);
    if (answer && this.#isOfUse(answer, now)) return answer;
    const denial = this.denial.get(key);
    return denial && this.#isOfUse(denial, now) ? denial : undefined;
  }

  /** A failure that is alive. */
  findFailure(key: string, now: number): Entry | undefined {
    const failure = this.failure.get(key);
    return failure && failure.left(now) > 0 ? failure : undefined;
  }

  /** An answer or denial, in place of what was known before. */
  set(key: string, entry: Entry): void {
    if (entry.lifetime.kind === 'success') {
      this.denial.delete(key);
      this.success.set(key, entry);
    } else {
      if (!this.#prefersPositive) this.success.delete(key);
      this.denial.set(key, entry);
    }
  }

  setFailure(key: string, entry: Entry): void {
    this.failure.set(key, entry);
  }

  delete(key: string): void {
    this.success.delete(key);
    this.denial.delete(key);
  }

  #isOfUse(entry: Entry, now: number): boolean {
    return entry.left(now) > -this.#staleMs;
  }
}
