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

type Result = IteratorResult<readonly StoreEvent[]>;

/** Events looked at for one batch: a reader of a long backlog lets others have their turn. */
const batchSize = 1000;

export class Watcher implements Watch {
  readonly #options: WatcherOptions;
  readonly #wants: (event: StoreEvent) => boolean;
  readonly #history: History;
  readonly #onAbort = () => this.end();
  /** Where reading goes on while there is something to read; what comes before is read or not wanted. */
  #position: number;
  #hasMore = true;
  /** The reader, when it waits. */
  #waiting: PromiseWithResolvers<Result> | undefined;
  #interrupted = false;
  #ended = false;

  constructor(history: History, options: WatcherOptions) {
    const { after, prefix } = options;
    this.#wants = ({ revision, key }) => revision > after && key.startsWith(prefix);
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
    if (this.#waiting) this.#options.onReady(this);
  }

  /** Lets a reader who waits read on. */
  wake(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    try {
      const result = this.#take();
      if (result) waiting.resolve(result);
      else this.#waiting = waiting;
    } catch (error) {
      waiting.reject(error);
    }
  }

  interrupt(): void {
    this.#interrupted = true;
    this.wake();
  }

  /** No further events; those that there are can still be read. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#options.onEnd(this);
    this.wake();
  }

  // Not an async function, and one promise for each wait: a thousand readers of a hundred changes a second come by here
  // so often that every object more shows in the pauses of the collector.
  next(): Promise<Result> {
    if (this.#waiting) throw new Error('next() was called again before the previous call had settled');
    const waiting = Promise.withResolvers<Result>();
    this.#waiting = waiting;
    this.wake();
    return waiting.promise;
  }

  async return(): Promise<Result> {
    this.end();
    this.#hasMore = false;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What a reader gets now, if anything. */
  #take(): Result | undefined {
    while (this.#hasMore) {
      const batch = this.#read();
      if (batch.length > 0) return { done: false, value: batch };
    }
    if (this.#ended) return { done: true, value: undefined };
    if (!this.#interrupted) return undefined;
    this.#interrupted = false;
    return { done: false, value: [] };
  }

  #read(): readonly StoreEvent[] {
    const events = this.#look();
    const last = events.at(-1);
    if (last) this.#position = last.revision;
    this.#hasMore = events.length === batchSize;
    // Those of many readers who are all at the same place stay one array.
    return events.every(this.#wants) ? events : events.filter(this.#wants);
  }

  #look(): readonly StoreEvent[] {
    try {
      return this.#history.after(this.#position, batchSize);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      // Whoever reads on has reached the end.
      this.#hasMore = false;
      this.end();
      const why = `the watch of ${this.#options.prefix} was closed: its reader is so far behind that its next event is forgotten`;
      throw new SlowWatcherError(why, { cause: error });
    }
  }
}
