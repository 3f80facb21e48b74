// What the server as a whole can tell of itself, to those who ask over HTTP.

import type { Metric } from '#lib/metrics.ts';

export interface ServerStatus {
  /** Each name once. */
  metrics(): Iterable<Metric> | Promise<Iterable<Metric>>;
  /** The names of the parts that cannot answer yet. */
  unready(): readonly string[];
}
