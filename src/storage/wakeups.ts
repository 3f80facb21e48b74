// Wakes the readers of watches, a few in each millisecond. A thousand of them that all ran on at once would hold up the
// answer to the very write that woke them; and what is written before a reader's turn has come is read in one go, so the
// work for each write becomes less the more there are. A thousand readers wait 20 ms at most, fifty not at all.

import type { Watcher } from './watcher.ts';

const atOnce = 50;
const pauseMs = 1;

export class Wakeups {
  #waiting: Watcher[] = [];
  #next = 0;
  #isScheduled = false;

  add(watcher: Watcher): void {
    this.#waiting.push(watcher);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    const end = Math.min(this.#next + atOnce, this.#waiting.length);
    while (this.#next < end) this.#waiting[this.#next++]?.wake();
    if (this.#next < this.#waiting.length) {
      setTimeout(() => this.#run(), pauseMs);
    } else {
      this.#waiting = [];
      this.#next = 0;
      this.#isScheduled = false;
    }
  }
}
