// What a store holds in memory: the newest entry of every key, in order, the events that led there, and those who watch.
// All reads are answered from here, whatever makes the writes durable; a store checks and encodes a write, and applies its
// event here once it is as durable as it gets.

import { History, type HistoryLimits } from './history.ts';
import { prefixEnd, SortedKeys } from './sorted-keys.ts';
import { type Entry, FutureRevisionError, type ListOptions, type ListResult, type StoreEvent } from './store.ts';
import { Wakeups } from './wakeups.ts';
import { Watcher } from './watcher.ts';

export interface StateOptions {
  /** Events kept to replay watches and read past revisions from; 10,000 when absent. */
  readonly historyEvents?: number | undefined;
  /** Bytes of values that those events may hold; 16 MiB when absent. */
  readonly historyBytes?: number | undefined;
}

export class State {
  readonly #entries = new Map<string, Entry>();
  readonly #keys = new SortedKeys();
  readonly #watchers = new Set<Watcher>();
  readonly #wakeups = new Wakeups();
  /** When keys expire that do. */
  readonly #expiries = new Map<string, number>();
  readonly #history: History;
  #revision: number;

  /** An empty state at `revision`, whose history begins there. */
  constructor(options: StateOptions, revision: number, onForget?: (event: StoreEvent) => void) {
    const limits: HistoryLimits = {
      events: options.historyEvents ?? 10_000,
      bytes: options.historyBytes ?? 16 * 1024 * 1024,
    };
    this.#history = new History(limits, revision, onForget);
    this.#revision = revision;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Everything up to and including this revision is forgotten. */
  get compacted(): number {
    return this.#history.compacted;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  list(prefix: string, options: ListOptions = {}): ListResult {
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

  /** Events must come in the order of their revisions, without gaps. */
  apply(event: StoreEvent): void {
    this.set(event.key, event.entry);
    this.#revision = event.revision;
    this.#history.append(event);
    for (const watcher of this.#watchers) watcher.notify(event);
  }

  /** Sets what a key holds, without an event: what was there when the history began. */
  set(key: string, entry: Entry | undefined): void {
    if (entry) {
      if (!this.#entries.has(key)) this.#keys.add(key);
      this.#entries.set(key, entry);
    } else if (this.#entries.delete(key)) {
      this.#keys.delete(key);
    }
    if (entry?.expiresAt !== undefined) this.#expiries.set(key, entry.expiresAt);
    else this.#expiries.delete(key);
  }

  watch(prefix: string, after: number, signal: AbortSignal): Watcher {
    // Throws when they are gone.
    this.#history.after(after, 0);
    const watcher = new Watcher(this.#history, {
      prefix,
      after,
      signal,
      newest: () => this.#revision,
      onReady: (ready) => this.#wakeups.add(ready),
      onEnd: (ended) => this.#watchers.delete(ended),
    });
    if (!signal.aborted) this.#watchers.add(watcher);
    return watcher;
  }

  endWatches(): void {
    for (const watcher of this.#watchers) watcher.end();
  }

  compact(revision: number): void {
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    this.#history.compact(revision);
  }

  /** The entries whose time is over. */
  expired(now: number): Entry[] {
    const entries: Entry[] = [];
    for (const [key, expiresAt] of this.#expiries) {
      if (expiresAt <= now) entries.push(this.#entries.get(key) as Entry);
    }
    return entries;
  }

  /** The keys in the range that changed after `revision`, each with its entry as of then: absent if there was none. */
  #changedSince(revision: number, from: string, end: string): Map<string, Entry | undefined> {
    const past = new Map<string, Entry | undefined>();
    for (const { key, previous } of this.#history.after(revision)) {
      if (key >= from && key < end && !past.has(key)) past.set(key, previous);
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
}
