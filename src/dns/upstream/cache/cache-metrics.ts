// What a cache counts, under CoreDNS's names (spec/dns.md §11). Failures are counted as denials there.

import type { Metric, Sample } from '#lib/metrics.ts';
import type { Entry } from './entry.ts';
import type { SharedParts } from './parts.ts';

export interface CacheLabels {
  /** As in `dns://:53`. */
  readonly server: string;
  /** With commas between them. */
  readonly zones: string;
  readonly view: string;
}

export class Counts {
  requests = 0;
  misses = 0;
  successHits = 0;
  denialHits = 0;
  /** Replies that are damaged or about another question. */
  drops = 0;
  prefetches = 0;
  servedStale = 0;

  hit(entry: Entry): void {
    if (entry.lifetime.kind === 'success') this.successHits++;
    else this.denialHits++;
  }
}

export function cacheMetrics(
  labels: CacheLabels,
  { counts, entries }: Pick<SharedParts, 'counts' | 'entries'>,
): Metric[] {
  const { success, denial, failure } = entries;
  const one = (value: () => number) => (): Sample[] => [{ labels: { ...labels }, value: value() }];
  const byType = (ofSuccess: () => number, ofDenial: () => number) => (): Sample[] => [
    { labels: { ...labels, type: 'success' }, value: ofSuccess() },
    { labels: { ...labels, type: 'denial' }, value: ofDenial() },
  ];
  return [
    {
      name: 'coredns_cache_entries',
      help: 'Answers that are kept, those that are past their end included.',
      type: 'gauge',
      samples: byType(
        () => success.size,
        () => denial.size + failure.size,
      ),
    },
    {
      name: 'coredns_cache_requests_total',
      help: 'Queries that the cache was asked for.',
      type: 'counter',
      samples: one(() => counts.requests),
    },
    {
      name: 'coredns_cache_hits_total',
      help: 'Queries that it had an answer to.',
      type: 'counter',
      samples: byType(
        () => counts.successHits,
        () => counts.denialHits,
      ),
    },
    {
      name: 'coredns_cache_misses_total',
      help: 'Queries that another server had to be asked for.',
      type: 'counter',
      samples: one(() => counts.misses),
    },
    {
      name: 'coredns_cache_prefetch_total',
      help: 'Answers that were asked for again before a client missed them.',
      type: 'counter',
      samples: one(() => counts.prefetches),
    },
    {
      name: 'coredns_cache_drops_total',
      help: 'Replies that are not kept because they are damaged or about another question.',
      type: 'counter',
      samples: one(() => counts.drops),
    },
    {
      name: 'coredns_cache_served_stale_total',
      help: 'Queries that got an answer past its end.',
      type: 'counter',
      samples: one(() => counts.servedStale),
    },
    {
      name: 'coredns_cache_evictions_total',
      help: 'Answers that had to go for others.',
      type: 'counter',
      samples: byType(
        () => success.evictions,
        () => denial.evictions + failure.evictions,
      ),
    },
  ];
}
