// Wakes the readers of watches, so many in a millisecond. A thousand of them that all ran on at once would hold up the
// answer to the very write that woke them; and what is written before a reader's turn has come is read in one go, so the
// work for each write becomes less the more there are. A thousand readers wait 20 ms at most, fifty not at all.

import type { Watcher } from './watcher.ts';

const atOnce = 50;
const pauseMs = 1;

export class Wakeups {
  /** In the order of their turns, each once. */
  readonly #waiting = new Set<Pick<Watcher, 'wake'>>();
  /** How many may still be woken before the pause is over. */
  #left = atOnce;
  #isPausing = false;

  add(watcher: Pick<Watcher, 'wake'>): void {
    this.#waiting.add(watcher);
    this.#run();
  }

  #run(): void {
    for (const watcher of this.#waiting) {
      if (this.#left === 0) break;
      this.#left--;
      this.#waiting.delete(watcher);
      watcher.wake();
    }
    if (this.#left === atOnce || this.#isPausing) return;
    this.#isPausing = true;
    setTimeout(() => {
      this.#isPausing = false;
      this.#left = atOnce;
      this.#run();
    }, pauseMs);
  }
}
