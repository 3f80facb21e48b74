// How long to wait before a container is started, or an image is asked for, again: not at all the first time, then 10 s,
// doubling up to 5 minutes; forgotten after a run of 10 minutes.

const firstMs = 10_000;
const limitMs = 300_000;
const forgetMs = 600_000;

export class BackOff {
  #next = 0;

  /** @param ranMs how long it went well before this failure */
  delay(ranMs = 0): number {
    if (ranMs >= forgetMs) this.#next = 0;
    const delay = this.#next;
    this.#next = delay === 0 ? firstMs : Math.min(delay * 2, limitMs);
    return delay;
  }
}
