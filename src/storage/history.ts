// The last events of a store, oldest first: bounded in number and in bytes, so that a store that runs for months keeps no
// more than a window to replay watches and to read past revisions from.

import { CompactedError, type StoreEvent } from './store.ts';

export interface HistoryLimits {
  readonly events: number;
  readonly bytes: number;
}

export class History {
  readonly #limits: HistoryLimits;
  readonly #onForget: (event: StoreEvent) => void;
  /** Events before #head are forgotten; the array is cut when they are half of it. */
  #events: StoreEvent[] = [];
  #head = 0;
  #bytes = 0;
  #compacted: number;
  /** The last answer, while it holds: many watches ask for the same events one after the other. */
  #last: { readonly revision: number; readonly limit: number; readonly events: readonly StoreEvent[] } | undefined;

  /** @param start the revision of the store when the history begins. */
  constructor(limits: HistoryLimits, start: number, onForget: (event: StoreEvent) => void = () => {}) {
    this.#limits = limits;
    this.#compacted = start;
    this.#onForget = onForget;
  }

  /** Everything up to and including this revision is forgotten. */
  get compacted(): number {
    return this.#compacted;
  }

  append(event: StoreEvent): void {
    this.#last = undefined;
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    while (this.#length > this.#limits.events || (this.#bytes > this.#limits.bytes && this.#length > 1)) this.#forget();
  }

  compact(revision: number): void {
    while (this.#length > 0 && (this.#events[this.#head] as StoreEvent).revision <= revision) this.#forget();
    this.#compacted = Math.max(this.#compacted, revision);
  }

  /** The events after `revision`, oldest first, at most `limit`. Throws CompactedError when some of them are gone. */
  after(revision: number, limit = Number.POSITIVE_INFINITY): readonly StoreEvent[] {
    if (revision < this.#compacted) throw new CompactedError(revision, this.#compacted);
    if (revision === this.#last?.revision && limit === this.#last.limit) return this.#last.events;
    const first = this.#firstAfter(revision);
    const events = this.#events.slice(first, Math.min(first + limit, this.#events.length));
    this.#last = { revision, limit, events };
    return events;
  }

  get #length(): number {
    return this.#events.length - this.#head;
  }

  #forget(): void {
    this.#last = undefined;
    const event = this.#events[this.#head] as StoreEvent;
    this.#head++;
    this.#bytes -= sizeOf(event);
    this.#compacted = event.revision;
    if (this.#head > 1024 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
    this.#onForget(event);
  }

  #firstAfter(revision: number): number {
    // Nearly always it is about the very last events.
    const last = this.#events.at(-1);
    if (!last || last.revision <= revision) return this.#events.length;
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle] as StoreEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What keeping an event costs: the state before it, which without it would be free to go. */
const sizeOf = ({ previous, key }: StoreEvent): number => (previous?.value.length ?? 0) + key.length + 64;
