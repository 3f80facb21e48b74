// What the pieces of one cache share.

import type { Clock } from '#lib/clock.ts';
import type { CacheSettings } from '../../config/settings.ts';
import type { Resolver } from '../resolver.ts';
import type { Counts } from './cache-metrics.ts';
import type { Entries } from './entries.ts';

export interface SharedParts {
  /** Asked for what is not known. */
  readonly next: Resolver;
  readonly clock: Clock;
  readonly settings: CacheSettings;
  readonly entries: Entries;
  readonly counts: Counts;
}
