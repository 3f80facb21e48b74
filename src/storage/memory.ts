// The Store in this process's memory, for tests and for clusters that need not outlive their process. A write checks,
// encodes, stores and tells the watchers without yielding to the event loop, which is what makes it atomic and ordered.

import { History } from './history.ts';
import { prefixEnd, SortedKeys } from './sorted-keys.ts';
import {
  type Encode,
  type Entry,
  FutureRevisionError,
  type ListOptions,
  type ListResult,
  type Store,
  type StoreEvent,
  type WriteResult,
} from './store.ts';
import { Watcher } from './watcher.ts';

export interface MemoryStoreOptions {
  /** Events kept to replay watches and read past revisions from; 10,000 when absent. */
  readonly historyEvents?: number;
  /** Bytes of values that those events may hold; 24 MiB when absent. */
  readonly historyBytes?: number;
  /** Events that may wait for a watch's reader; 10,000 when absent. */
  readonly watchBuffer?: number;
}

export class MemoryStore implements Store {
  readonly #entries = new Map<string, Entry>();
  readonly #keys = new SortedKeys();
  readonly #watchers = new Set<Watcher>();
  readonly #history: History;
  readonly #watchBuffer: number;
  #revision = 1;
  #closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    const limits = { events: options.historyEvents ?? 10_000, bytes: options.historyBytes ?? 24 * 1024 * 1024 };
    this.#history = new History(limits, this.#revision);
    this.#watchBuffer = options.watchBuffer ?? 10_000;
  }

  get revision(): number {
    return this.#revision;
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#assertOpen();
    return this.#entries.get(key);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    this.#assertOpen();
    const revision = options.revision ?? this.#revision;
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    const end = prefixEnd(prefix);
    const from = options.startKey !== undefined && options.startKey > prefix ? options.startKey : prefix;
    const past = this.#changedSince(revision, from, end);
    const limit = options.limit ?? Number.POSITIVE_INFINITY;

    let total = this.#keys.count(from, end);
    for (const [key, entry] of past) total += (entry ? 1 : 0) - (this.#entries.has(key) ? 1 : 0);
    const entries: Entry[] = [];
    for (const entry of this.#entriesAt(past, from, end)) {
      if (entries.length >= limit) break;
      entries.push(entry);
    }
    return { entries, revision, remaining: total - entries.length };
  }

  async put(key: string, expected: number, encode: Encode): Promise<WriteResult> {
    this.#assertOpen();
    const previous = this.#entries.get(key);
    if ((previous?.modRevision ?? 0) !== expected) return { ok: false, current: previous };
    const revision = this.#revision + 1;
    const createRevision = previous?.createRevision ?? revision;
    const entry: Entry = { key, value: encode(revision), modRevision: revision, createRevision };
    this.#entries.set(key, entry);
    if (!previous) this.#keys.add(key);
    this.#commit({ type: 'put', entry, previous, revision });
    return { ok: true, entry };
  }

  async delete(key: string, expected: number, encode: Encode): Promise<WriteResult> {
    this.#assertOpen();
    const previous = this.#entries.get(key);
    if (!previous || previous.modRevision !== expected) return { ok: false, current: previous };
    const revision = this.#revision + 1;
    const { createRevision } = previous;
    const entry: Entry = { key, value: encode(revision), modRevision: revision, createRevision };
    this.#entries.delete(key);
    this.#keys.delete(key);
    this.#commit({ type: 'delete', entry, previous, revision });
    return { ok: true, entry };
  }

  watch(prefix: string, after: number, signal: AbortSignal): AsyncIterable<StoreEvent> {
    this.#assertOpen();
    const backlog = this.#history.after(after);
    const onEnd = (ended: Watcher) => this.#watchers.delete(ended);
    const watcher = new Watcher({ prefix, after, limit: this.#watchBuffer, signal, onEnd }, backlog);
    if (!signal.aborted) this.#watchers.add(watcher);
    return watcher;
  }

  async compact(revision: number): Promise<void> {
    this.#assertOpen();
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    this.#history.compact(revision);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher.end();
  }

  #commit(event: StoreEvent): void {
    this.#revision = event.revision;
    this.#history.append(event);
    for (const watcher of this.#watchers) watcher.offer(event);
  }

  /** The keys in the range that changed after `revision`, each with its entry as of then: absent if there was none. */
  #changedSince(revision: number, from: string, end: string): Map<string, Entry | undefined> {
    const past = new Map<string, Entry | undefined>();
    for (const { entry, previous } of this.#history.after(revision)) {
      if (entry.key >= from && entry.key < end && !past.has(entry.key)) past.set(entry.key, previous);
    }
    return past;
  }

  /** The entries of the range in key order, with those in `past` taking the place of the newest. */
  *#entriesAt(past: ReadonlyMap<string, Entry | undefined>, from: string, end: string): Generator<Entry> {
    const pastKeys = [...past.keys()].sort();
    let next = 0;
    for (const key of this.#keys.range(from, end)) {
      for (; next < pastKeys.length && (pastKeys[next] as string) < key; next++) {
        const entry = past.get(pastKeys[next] as string);
        if (entry) yield entry;
      }
      if (!past.has(key)) yield this.#entries.get(key) as Entry;
    }
    for (; next < pastKeys.length; next++) {
      const entry = past.get(pastKeys[next] as string);
      if (entry) yield entry;
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('the store is closed');
  }
}
