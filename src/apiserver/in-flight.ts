// How many requests may be worked on at once (api.md §1): 400 that read, 200 that write. More are turned away with 429
// rather than queued without bound. Watches, logs and the like are long by nature and not counted.

import { ApiError } from '#api/index.ts';

const limits = { read: 400, write: 200 } as const;

export class InFlight {
  readonly #counts = { read: 0, write: 0 };

  /** Administrators are never turned away: they must be able to look when all is overloaded. */
  async run<T>(kind: keyof typeof limits, isExempt: boolean, work: () => Promise<T>): Promise<T> {
    if (!isExempt && this.#counts[kind] >= limits[kind]) {
      throw new ApiError(429, 'TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterSeconds: 1,
      });
    }
    this.#counts[kind]++;
    try {
      return await work();
    } finally {
      this.#counts[kind]--;
    }
  }
}
