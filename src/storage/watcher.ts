// One watch of a store: a place in its history, up to which a reader has read. It holds no events of its own, so a reader
// who sleeps costs nothing; one who sleeps until its place has left the history is told so.

import type { History } from './history.ts';
import { CompactedError, SlowWatcherError, type StoreEvent, type Watch } from './store.ts';

export interface WatcherOptions {
  readonly prefix: string;
  /** Only events after this revision. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** The newest revision of the store. */
  readonly newest: () => number;
  /** Called when there is something to read for a reader who waits; {@link Watcher.wake} is to follow soon. */
  readonly onReady: (watcher: Watcher) => void;
  /** Called once, when no further event is wanted. */
  readonly onEnd: (watcher: Watcher) => void;
}

/** Events looked at for one batch: a reader of a long backlog lets others have their turn. */
const batchSize = 1000;

export class Watcher implements Watch {
  readonly #options: WatcherOptions;
  readonly #history: History;
  readonly #onAbort = () => this.end();
  /** Where reading goes on while there is something to read; what comes before is read or not wanted. */
  #position: number;
  #hasMore = true;
  #wake: (() => void) | undefined;
  #ended = false;
  #failed = false;

  constructor(history: History, options: WatcherOptions) {
    this.#history = history;
    this.#options = options;
    this.#position = options.after;
    if (options.signal.aborted) this.end();
    else options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get revision(): number {
    return this.#hasMore ? this.#position : Math.max(this.#options.after, this.#options.newest());
  }

  /** Says that an event has entered the history. */
  notify(event: StoreEvent): void {
    if (this.#ended || !this.#wants(event)) return;
    if (this.#hasMore) return;
    this.#hasMore = true;
    this.#position = event.revision - 1;
    if (this.#wake) this.#options.onReady(this);
  }

  /** Lets a reader who waits read on. */
  wake(): void {
    this.#wake?.();
  }

  /** No further events; those that there are can still be read. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#options.onEnd(this);
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<readonly StoreEvent[]>> {
    if (this.#wake) throw new Error('next() was called again before the previous call had settled');
    while (!this.#failed) {
      while (this.#hasMore) {
        const batch = this.#read();
        if (batch.length > 0) return { done: false, value: batch };
      }
      if (this.#ended) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<readonly StoreEvent[]>> {
    this.end();
    this.#hasMore = false;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #read(): StoreEvent[] {
    const events = this.#look();
    const last = events.at(-1);
    if (last) this.#position = last.revision;
    this.#hasMore = events.length === batchSize;
    return events.filter((event) => this.#wants(event));
  }

  #look(): StoreEvent[] {
    try {
      return this.#history.after(this.#position, batchSize);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      this.#failed = true;
      this.end();
      const why = `the watch of ${this.#options.prefix} was closed: its reader is so far behind that its next event is forgotten`;
      throw new SlowWatcherError(why, { cause: error });
    }
  }

  #wants({ revision, key }: StoreEvent): boolean {
    return revision > this.#options.after && key.startsWith(this.#options.prefix);
  }
}
