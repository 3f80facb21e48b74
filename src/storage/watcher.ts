// One watch of a store: a bounded queue between the writes, which never wait, and a reader, who may be slow.

import { SlowWatcherError, type StoreEvent } from './store.ts';

export interface WatcherOptions {
  readonly prefix: string;
  /** Only events after this revision. */
  readonly after: number;
  /** Events that may wait beyond the backlog the watch begins with. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Called once, when no further event is wanted. */
  readonly onEnd: (watcher: Watcher) => void;
}

export class Watcher implements AsyncIterableIterator<StoreEvent> {
  readonly #options: WatcherOptions;
  readonly #onAbort = () => this.end();
  #queue: StoreEvent[];
  #head = 0;
  #room: number;
  #waiting: { resolve: (result: IteratorResult<StoreEvent>) => void; reject: (error: unknown) => void } | undefined;
  #ended = false;
  #failure: Error | undefined;

  constructor(options: WatcherOptions, backlog: readonly StoreEvent[]) {
    this.#options = options;
    this.#queue = backlog.filter((event) => this.#wants(event));
    this.#room = this.#queue.length + options.limit;
    if (options.signal.aborted) this.end();
    else options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Takes an event, if it is one of those watched. Events must come in the order of their revisions. */
  offer(event: StoreEvent): void {
    if (this.#ended || !this.#wants(event)) return;
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ done: false, value: event });
    } else if (this.#queue.length - this.#head >= this.#room) {
      const why = `the watch of ${this.#options.prefix} was closed: its reader is ${this.#room} events behind`;
      this.end(new SlowWatcherError(why));
    } else {
      this.#queue.push(event);
    }
  }

  end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#queue = [];
    this.#head = 0;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#options.onEnd(this);
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  next(): Promise<IteratorResult<StoreEvent>> {
    const event = this.#queue[this.#head];
    if (event) {
      this.#head++;
      if (this.#head > 1024 && this.#head * 2 > this.#queue.length) this.#dropRead();
      return Promise.resolve({ done: false, value: event });
    }
    this.#dropRead();
    // The backlog has been read: from now on only the limit counts.
    this.#room = this.#options.limit;
    if (this.#failure) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    if (this.#waiting) return Promise.reject(new Error('next() was called again before the previous call had settled'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<StoreEvent>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wants(event: StoreEvent): boolean {
    return event.revision > this.#options.after && event.entry.key.startsWith(this.#options.prefix);
  }

  #dropRead(): void {
    if (this.#head === 0) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }
}
