// The Store in this process's memory, for tests and for clusters that need not outlive their process. A write checks,
// encodes, stores and tells the watchers without yielding to the event loop, which is what makes it atomic and ordered.

import { type Clock, systemClock } from '#lib/clock.ts';
import { Expiry } from './expiry.ts';
import { State, type StateOptions } from './state.ts';
import {
  type CommitResult,
  type DeleteResult,
  type Encode,
  type Entry,
  type ListOptions,
  type ListResult,
  type PutOptions,
  type PutResult,
  StorageError,
  type Store,
  type Watch,
  type Write,
} from './store.ts';
import { deleteResult, eventsOf, putResult } from './write-events.ts';

export interface MemoryStoreOptions extends StateOptions {
  readonly clock?: Clock | undefined;
  /** How often keys that expire are looked at; a second when absent. */
  readonly expiryPeriodMs?: number | undefined;
}

export class MemoryStore implements Store {
  readonly #state: State;
  readonly #expiry: Expiry;
  #closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.#state = new State(options, 1);
    const expired = (now: number) => this.#state.expired(now);
    this.#expiry = new Expiry(this, expired, options.clock ?? systemClock, options.expiryPeriodMs);
  }

  get revision(): number {
    return this.#state.revision;
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#assertOpen();
    return this.#state.get(key);
  }

  async list(prefix: string, options?: ListOptions): Promise<ListResult> {
    this.#assertOpen();
    return this.#state.list(prefix, options);
  }

  async commit(writes: readonly Write[]): Promise<CommitResult> {
    this.#assertOpen();
    const newest = (key: string) => this.#state.get(key);
    const expiresAt = (ttlSeconds: number | undefined) => this.#expiry.after(ttlSeconds);
    const result = eventsOf(writes, { newest, revision: this.#state.revision + 1, expiresAt });
    if ('lost' in result) {
      const { lost } = result;
      return { ok: false, lost, current: newest((writes[lost] as Write).key) };
    }
    for (const event of result.events) this.#state.apply(event);
    return { ok: true, ...result };
  }

  async put(key: string, expected: number, encode: Encode, options: PutOptions = {}): Promise<PutResult> {
    return putResult(await this.commit([{ ...options, key, expected, encode }]));
  }

  async delete(key: string, expected: number): Promise<DeleteResult> {
    return deleteResult(await this.commit([{ key, expected }]));
  }

  watch(prefix: string, after: number, signal: AbortSignal): Watch {
    this.#assertOpen();
    return this.#state.watch(prefix, after, signal);
  }

  async compact(revision: number): Promise<void> {
    this.#assertOpen();
    this.#state.compact(revision);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#expiry.stop();
    this.#state.endWatches();
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError('the store is closed');
  }
}
