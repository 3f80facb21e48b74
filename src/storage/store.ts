// What the API server asks of its storage: etcd's model, cut to what Kubernetes uses. One revision counter for the whole
// store; every write takes the next revision; writes are compare-and-set on the revision that last modified the key.
// Implementations: memory.ts here, durable ones behind the same interface; store-suite.ts runs on each.

/** One key's state at one revision. Immutable: the same object is handed to every reader, so it can key a cache. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision that last wrote the key: the object's `resourceVersion`. */
  readonly modRevision: number;
  readonly createRevision: number;
}

export interface StoreEvent {
  readonly type: 'put' | 'delete';
  /** The state after a put; the last state, re-encoded at the revision of the deletion, after a delete. */
  readonly entry: Entry;
  /** The state before, absent when the key was created. Selector transitions of a watch need it. */
  readonly previous?: Entry | undefined;
  readonly revision: number;
}

export type WriteResult =
  | { readonly ok: true; readonly entry: Entry }
  /** Lost: the key was not at the expected revision. `current` is what is there now, absent when nothing is. */
  | { readonly ok: false; readonly current?: Entry | undefined };

export interface ListOptions {
  /** Read the store as it was at this revision; the newest when absent. Throws CompactedError or FutureRevisionError. */
  readonly revision?: number | undefined;
  /** At most this many entries, starting at `startKey` (inclusive). */
  readonly limit?: number | undefined;
  readonly startKey?: string | undefined;
}

export interface ListResult {
  /** In key order. */
  readonly entries: readonly Entry[];
  /** The revision that was read. */
  readonly revision: number;
  /** How many further entries the prefix holds beyond those returned. */
  readonly remaining: number;
}

/** Makes the bytes to store, given the revision that the write will have. Called once for each successful write. */
export type Encode = (revision: number) => Uint8Array;

export interface Store {
  /** The newest revision; 1 in a new store. The events up to it have reached every watch's buffer. */
  readonly revision: number;
  get(key: string): Promise<Entry | undefined>;
  list(prefix: string, options?: ListOptions): Promise<ListResult>;
  /**
   * Writes the key if it was last modified at `expected`; 0 means that it must not exist.
   * Resolves when the write is as durable as this store gets.
   */
  put(key: string, expected: number, encode: Encode): Promise<WriteResult>;
  /** Deletes the key if it was last modified at `expected`. `encode` makes the last state as watchers see it. */
  delete(key: string, expected: number, encode: Encode): Promise<WriteResult>;
  /**
   * Every event under `prefix` with a revision greater than `after`, in revision order, none twice, none left out.
   * Ends when `signal` aborts. Throws CompactedError when `after` is older than the history that is kept, and
   * SlowWatcherError when the consumer falls so far behind that its buffer is full.
   */
  watch(prefix: string, after: number, signal: AbortSignal): AsyncIterable<StoreEvent>;
  /** Forgets history up to and including `revision`. */
  compact(revision: number): Promise<void>;
  close(): Promise<void>;
}

export class CompactedError extends Error {
  override name = 'CompactedError';
  readonly requested: number;
  readonly oldest: number;
  constructor(requested: number, oldest: number) {
    super(`too old resource version: ${requested} (${oldest})`);
    this.requested = requested;
    this.oldest = oldest;
  }
}

export class FutureRevisionError extends Error {
  override name = 'FutureRevisionError';
  readonly requested: number;
  readonly current: number;
  constructor(requested: number, current: number) {
    super(`Too large resource version: ${requested}, current: ${current}`);
    this.requested = requested;
    this.current = current;
  }
}

export class SlowWatcherError extends Error {
  override name = 'SlowWatcherError';
}
