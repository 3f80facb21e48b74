// The end of a pod or container as two moments: when it is asked to end, and when its grace is over. The second can come
// closer (`kubectl delete --now` after `kubectl delete`), never go farther.

export class Termination {
  readonly #begun = new AbortController();
  readonly #expired = new AbortController();
  #deadline = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** Aborts when the end was asked for. */
  get begun(): AbortSignal {
    return this.#begun.signal;
  }
  /** Aborts when the grace period is over. */
  get expired(): AbortSignal {
    return this.#expired.signal;
  }

  begin(graceMs: number): void {
    const deadline = Date.now() + graceMs;
    if (deadline < this.#deadline && !this.#expired.signal.aborted) {
      this.#deadline = deadline;
      clearTimeout(this.#timer);
      // A timer holds 31 bits of milliseconds.
      this.#timer = setTimeout(() => this.#expired.abort(), Math.min(graceMs, 2 ** 31 - 1));
    }
    this.#begun.abort();
  }

  /** Lets go of the timer when everything has ended in time. */
  dispose(): void {
    clearTimeout(this.#timer);
  }
}

/** Resolves when the signal aborts. Never rejects; leaves a listener behind until then. */
export const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Sleeps; false when the signal aborted first. */
export const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const onAbort = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', onAbort);
        resolve(true);
      },
      Math.min(ms, 2 ** 31 - 1),
    );
    signal.addEventListener('abort', onAbort, { once: true });
  });
