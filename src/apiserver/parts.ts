// What the verbs work with.

import type { Clock } from '#lib/clock.ts';
import type { WatchMetrics } from './metrics/watches.ts';
import type { Registry } from './registry.ts';
import type { Writer } from './writer.ts';

export interface Parts {
  readonly registry: Registry;
  readonly writer: Writer;
  readonly clock: Clock;
  readonly watches: WatchMetrics;
  /** Aborts when the server stops: watches end after their last event. */
  readonly closing: AbortSignal;
}
