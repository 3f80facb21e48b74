// The Store in this process's memory, for tests and for clusters that need not outlive their process. A write checks,
// encodes, stores and tells the watchers without yielding to the event loop, which is what makes it atomic and ordered.

import { type Clock, systemClock } from '#lib/clock.ts';
import { Expiry } from './expiry.ts';
import { putEvent } from './put-event.ts';
import { State, type StateOptions } from './state.ts';
import {
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
} from './store.ts';

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

  async put(key: string, expected: number, encode: Encode, options: PutOptions = {}): Promise<PutResult> {
    this.#assertOpen();
    const previous = this.#state.get(key);
    if ((previous?.modRevision ?? 0) !== expected) return { ok: false, current: previous };
    const revision = this.#state.revision + 1;
    const expiresAt = this.#expiry.after(options.ttlSeconds);
    const event = putEvent({ key, previous, revision, encode, expiresAt });
    this.#state.apply(event);
    return { ok: true, entry: event.entry };
  }

  async delete(key: string, expected: number): Promise<DeleteResult> {
    this.#assertOpen();
    const previous = this.#state.get(key);
    if (!previous || previous.modRevision !== expected) return { ok: false, current: previous };
    const revision = this.#state.revision + 1;
    this.#state.apply({ type: 'delete', key, revision, previous });
    return { ok: true, revision, last: previous };
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
