// Exponential back-off with jitter: how long to wait after the n-th failure in a row.

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** @param failures in a row, from 1. Half of the delay is random, so that many clients do not come back at once. */
export function delayAfter(failures: number, { baseMs, maxMs }: Backoff): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (Math.random() * full) / 2;
}
