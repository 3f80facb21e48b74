// How many requests may be worked on at once (api.md §1): 400 that read, 200 that write. More are turned away with 429
// rather than queued without bound. Watches, logs and the like are long by nature and not counted.

import { ApiError } from '#api/index.ts';

const limits = { read: 400, write: 200 } as const;
export type RequestKind = keyof typeof limits;

const windowMs = 1000;

export class InFlight {
  readonly #counts = { read: 0, write: 0 };
  readonly #rejected = { read: 0, write: 0 };
  /** The most at once in this second and in the one before. */
  readonly #peaks = { read: [0, 0], write: [0, 0] } satisfies Record<RequestKind, [number, number]>;
  #windowStart = performance.now();

  /** Administrators are never turned away: they must be able to look when all is overloaded. */
  async run<T>(kind: RequestKind, isExempt: boolean, work: () => Promise<T>): Promise<T> {
    if (!isExempt && this.#counts[kind] >= limits[kind]) {
      this.#rejected[kind]++;
      throw new ApiError(429, 'TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterSeconds: 1,
      });
    }
    this.#turn();
    const count = ++this.#counts[kind];
    if (count > this.#peaks[kind][0]) this.#peaks[kind][0] = count;
    try {
      return await work();
    } finally {
      this.#counts[kind]--;
    }
  }

  /** The most requests at once in the last second or two; what upstream reports too, as the moment says little. */
  peak(kind: RequestKind): number {
    this.#turn();
    return Math.max(...this.#peaks[kind]);
  }

  /** How many were turned away since the start. */
  rejected(kind: RequestKind): number {
    return this.#rejected[kind];
  }

  #turn(): void {
    const passed = performance.now() - this.#windowStart;
    if (passed < windowMs) return;
    this.#windowStart += Math.floor(passed / windowMs) * windowMs;
    for (const kind of ['read', 'write'] as const) {
      const peaks = this.#peaks[kind];
      peaks[1] = passed < 2 * windowMs ? peaks[0] : this.#counts[kind];
      peaks[0] = this.#counts[kind];
    }
  }
}
