// What the API server asks of its storage: etcd's model, cut to what Kubernetes uses. One revision counter for the whole
// store; every write takes the next revision; writes are compare-and-set on the revision that last modified the key.
// Implementations: memory.ts and lmdb.ts here, others behind the same interface; store-suite.ts runs on each.

/** One key's state at one revision. Immutable: the same object is handed to every reader, so it can key a cache. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision that last wrote the key: the object's `resourceVersion`. */
  readonly modRevision: number;
  readonly createRevision: number;
  /** When the store deletes the key by itself, in ms since 1970; absent for what stays. */
  readonly expiresAt?: number | undefined;
}

interface Written {
  readonly type: 'put';
  readonly key: string;
  readonly revision: number;
  readonly entry: Entry;
  /** The state before, absent when the key was created. Selector transitions of a watch need it. */
  readonly previous?: Entry | undefined;
}
interface Deleted {
  readonly type: 'delete';
  readonly key: string;
  readonly revision: number;
  readonly entry?: undefined;
  /** The last state. */
  readonly previous: Entry;
}
/** One change. Immutable and shared by all watches, as entries are. */
export type StoreEvent = Written | Deleted;

/** A write of one key, which must be at the revision `expected`; 0 means that it must not exist. */
export type Write = PutWrite | DeleteWrite;
interface PutWrite extends PutOptions {
  readonly key: string;
  readonly expected: number;
  readonly encode: Encode;
}
interface DeleteWrite {
  readonly key: string;
  readonly expected: number;
  readonly encode?: undefined;
  readonly ttlSeconds?: undefined;
}
/** Of each write its event; or which write lost, by its place, and what that key holds now. */
export type CommitResult =
  | { readonly ok: true; readonly events: readonly StoreEvent[] }
  | (Lost & { readonly lost: number });

/** Lost: the key was not at the expected revision. `current` is what is there now, absent when nothing is. */
interface Lost {
  readonly ok: false;
  readonly current?: Entry | undefined;
}
export type PutResult = { readonly ok: true; readonly entry: Entry } | Lost;
/** `last` is the state before the deletion, which happened at `revision`. */
export type DeleteResult = { readonly ok: true; readonly revision: number; readonly last: Entry } | Lost;

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

export interface PutOptions {
  /** The store deletes the key by itself when it was not written for so long: what etcd does with a lease. */
  readonly ttlSeconds?: number | undefined;
}

/** Batches of events; they end after the last event, when the watch's signal aborts. */
export interface Watch extends AsyncIterableIterator<readonly StoreEvent[]> {
  /** Everything up to this revision has been read, or is nothing that this watch is about. */
  readonly revision: number;
  /** Gives a reader who waits, or else the next who would have to, a batch without events: the only way to get one. */
  interrupt(): void;
}

export interface Store {
  /** The newest revision; 1 in a new store. Every watch can read the events up to it. */
  readonly revision: number;
  get(key: string): Promise<Entry | undefined>;
  list(prefix: string, options?: ListOptions): Promise<ListResult>;
  /**
   * All of the writes, or none: none unless every key, each named once, is at the revision that is expected of it. They take
   * the next revisions in their order. Resolves when they are as durable as this store gets; nobody sees any of them before,
   * and whoever reads after that sees all.
   */
  commit(writes: readonly Write[]): Promise<CommitResult>;
  /** Writes one key: {@link commit} of it alone. */
  put(key: string, expected: number, encode: Encode, options?: PutOptions): Promise<PutResult>;
  /** Deletes one key: {@link commit} of that alone. */
  delete(key: string, expected: number): Promise<DeleteResult>;
  /**
   * Every event under `prefix` with a revision greater than `after`, in revision order, none twice, none left out.
   * Throws CompactedError when `after` is older than the history that is kept; reading throws SlowWatcherError when the
   * reader has fallen so far behind that its next event is no longer in the history.
   */
  watch(prefix: string, after: number, signal: AbortSignal): Watch;
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

/** The storage itself failed: a full disk, a damaged file, a folder that another process uses. */
export class StorageError extends Error {
  override name = 'StorageError';
}
