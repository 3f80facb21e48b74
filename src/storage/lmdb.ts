// The Store on disk, in LMDB: a log of records, one a revision, as etcd keeps them. All reads are answered from memory
// (state.ts), which opening the store fills from the log. Writes that come while a commit is under way share the next one;
// each is answered, and its event seen, only when its commit has reached the disk. A record goes when history is forgotten
// and a later one has taken its place, so the log holds every key's newest record and a window of history.

import { mkdir } from 'node:fs/promises';
import { open, type RootDatabase } from 'lmdb';
import { type Clock, systemClock } from '#lib/clock.ts';
import { Expiry } from './expiry.ts';
import { decodeRecord, decodeRevision, encodeRecord, encodeRevision } from './lmdb-record.ts';
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
  type StoreEvent,
  type Watch,
  type Write,
} from './store.ts';
import { deleteResult, eventsOf, putResult } from './write-events.ts';

export interface LmdbStoreOptions extends StateOptions {
  /** The folder of the database; made when it is not there. */
  readonly path: string;
  readonly clock?: Clock | undefined;
  /** How often keys that expire are looked at; a second when absent. */
  readonly expiryPeriodMs?: number | undefined;
}

/** What is true of the whole log. It stands where revision 0 would. */
interface Head {
  readonly format: number;
  /** History up to and including this revision is forgotten. */
  readonly compacted: number;
}
const format = 1;
const headKey = encodeRevision(0);
/** Keys of this many bytes are the longest that a record can name. */
const maxKeyLength = 0xffff;

/** Writes on their way to the disk, all in one transaction. */
interface Pending {
  readonly events: readonly StoreEvent[];
  readonly settled: PromiseWithResolvers<void>;
}

export class LmdbStore implements Store {
  readonly #path: string;
  readonly #database: RootDatabase<Buffer, Buffer>;
  readonly #state: State;
  readonly #expiry: Expiry;
  /** Records that nobody can ask for any more; they go with the next commit. */
  #forgotten: number[] = [];
  #savedCompacted: number;
  /** Writes that wait for the next commit, and what keys hold once all writes under way are on disk. */
  #queue: Pending[] = [];
  readonly #ahead = new Map<string, StoreEvent>();
  #nextRevision: number;
  #committing: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** Opens the database, making it when there is none. Throws StorageError when it cannot be used. */
  static async open(options: LmdbStoreOptions): Promise<LmdbStore> {
    const { path } = options;
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      const database = open<Buffer, Buffer>({
        path,
        encoding: 'binary',
        keyEncoding: 'binary',
        // A write counts once it is on disk, and not before.
        overlappingSync: false,
        eventTurnBatching: false,
      });
      try {
        return new LmdbStore(database, options);
      } catch (error) {
        await database.close();
        throw error;
      }
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw new StorageError(`Cannot open the store in ${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  private constructor(database: RootDatabase<Buffer, Buffer>, options: LmdbStoreOptions) {
    this.#path = options.path;
    this.#database = database;
    const head = this.#readHead();
    this.#savedCompacted = head?.compacted ?? 0;
    this.#state = new State(options, head?.compacted ?? 1, (event) => this.#forget(event));
    this.#load(this.#state.compacted);
    this.#nextRevision = this.#state.revision + 1;
    const expired = (now: number) => this.#state.expired(now);
    this.#expiry = new Expiry(this, expired, options.clock ?? systemClock, options.expiryPeriodMs);
    this.#expiry.start();
  }

  #readHead(): Head | undefined {
    const bytes = this.#database.get(headKey);
    if (!bytes) return undefined;
    const head = JSON.parse(bytes.toString()) as Head;
    if (head.format === format) return head;
    throw new StorageError(
      `Cannot use the store in ${this.#path}: it has format ${head.format}, and this version of Portolan knows format ${format}. ` +
        'Use the version of Portolan that wrote it.',
    );
  }

  #load(compacted: number): void {
    for (const { key: name, value } of this.#database.getRange({ start: encodeRevision(1) })) {
      const revision = decodeRevision(name);
      const { key, entry } = decodeRecord(revision, value);
      const previous = this.#state.get(key);
      if (revision <= compacted) {
        // A crash between a compaction and its clean-up leaves records behind that a later one has replaced.
        if (previous) this.#forgotten.push(previous.modRevision);
        if (!entry) this.#forgotten.push(revision);
        this.#state.set(key, entry);
      } else if (entry) {
        this.#state.apply({ type: 'put', key, revision, entry, previous });
      } else if (previous) {
        this.#state.apply({ type: 'delete', key, revision, previous });
      } else {
        throw new StorageError(
          `the store in ${this.#path} is damaged: revision ${revision} deletes ${key}, which was not there`,
        );
      }
    }
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
    for (const { key } of writes) {
      if (Buffer.byteLength(key) > maxKeyLength) {
        throw new StorageError(`Cannot store a key of ${key.length} characters`);
      }
    }
    const newest = (key: string) => this.#newest(key);
    const expiresAt = (ttlSeconds: number | undefined) => this.#expiry.after(ttlSeconds);
    const result = eventsOf(writes, { newest, revision: this.#nextRevision, expiresAt });
    if ('lost' in result) return this.#lost(writes, result.lost);
    await this.#commit(result.events);
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
    await this.#flush();
  }

  /** Resolves when all writes that were begun are on disk and the database is closed. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#expiry.stop();
    await this.#committing;
    this.#state.endWatches();
    await this.#database.close();
  }

  /** What a key holds once every write that was begun is on disk: what the next write to it competes with. */
  #newest(key: string): Entry | undefined {
    const event = this.#ahead.get(key);
    return event ? event.entry : this.#state.get(key);
  }

  /** The answer to a write that lost; it may have lost against one that is not on disk yet, which nobody may see. */
  async #lost(writes: readonly Write[], lost: number): Promise<CommitResult> {
    const { key } = writes[lost] as Write;
    while (this.#ahead.has(key) && this.#committing) await this.#committing;
    return { ok: false, lost, current: this.#state.get(key) };
  }

  #commit(events: readonly StoreEvent[]): Promise<void> {
    const settled = Promise.withResolvers<void>();
    this.#nextRevision += events.length;
    for (const event of events) this.#ahead.set(event.key, event);
    this.#queue.push({ events, settled });
    void this.#flush();
    return settled.promise;
  }

  /** Commits until nothing waits. Resolves, whatever becomes of the writes: they are told themselves. */
  #flush(): Promise<void> {
    this.#committing ??= this.#commitAll();
    return this.#committing;
  }

  async #commitAll(): Promise<void> {
    // Whatever is written in this turn of the event loop comes along.
    await Promise.resolve();
    do {
      const batch = this.#queue;
      this.#queue = [];
      const failure = await this.#write(batch).catch(reasonOf);
      if (failure) this.#fail(batch, failure);
      else this.#succeed(batch);
    } while (this.#queue.length > 0);
    // Together with the last look at the queue: what is put into it from here on begins a commit of its own.
    this.#committing = undefined;
  }

  #succeed(batch: readonly Pending[]): void {
    for (const { events, settled } of batch) {
      for (const event of events) {
        this.#state.apply(event);
        if (this.#ahead.get(event.key) === event) this.#ahead.delete(event.key);
      }
      settled.resolve();
    }
  }

  /** One transaction: all of it is on disk when this resolves, or nothing. */
  async #write(batch: readonly Pending[]): Promise<undefined> {
    const forgotten = this.#forgotten;
    const compacted = this.#state.compacted;
    const database = this.#database;
    // Of the promises that the library gives, each rejects when the transaction fails; all must be listened to.
    const writes: Promise<unknown>[] = [];
    const transaction = database.batch(() => {
      for (const { events } of batch) {
        for (const event of events) writes.push(database.put(encodeRevision(event.revision), encodeRecord(event)));
      }
      for (const revision of forgotten) writes.push(database.remove(encodeRevision(revision)));
      if (compacted !== this.#savedCompacted) {
        const head: Head = { format, compacted };
        writes.push(database.put(headKey, Buffer.from(JSON.stringify(head))));
      }
    });
    await Promise.all([transaction, ...writes]);
    this.#forgotten = this.#forgotten.slice(forgotten.length);
    this.#savedCompacted = compacted;
  }

  /** Later writes built on those that failed: they fail with them, and the next write starts from what is on disk. */
  #fail(batch: readonly Pending[], cause: Error): void {
    const lost = [...batch, ...this.#queue];
    this.#queue = [];
    this.#ahead.clear();
    this.#nextRevision = this.#state.revision + 1;
    const error = new StorageError(
      `Cannot write to the store in ${this.#path}: ${cause.message}. Is there room on its disk?`,
      { cause },
    );
    for (const { settled } of lost) settled.reject(error);
  }

  #forget({ type, revision, previous }: StoreEvent): void {
    if (previous) this.#forgotten.push(previous.modRevision);
    if (type === 'delete') this.#forgotten.push(revision);
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError('the store is closed');
  }
}

/** The library rejects with an error that carries a promise of the one that says what happened. */
async function reasonOf(error: unknown): Promise<Error> {
  const { commitError } = error as { commitError?: Promise<never> };
  return (commitError ? await commitError.catch((reason: Error) => reason) : error) as Error;
}
