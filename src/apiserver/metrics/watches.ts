// What watches have sent, by kind, under upstream's names (api.md §2).

import type { Kind } from '#api/index.ts';
import { Histogram, type Metric } from '#lib/metrics.ts';

const sizeBounds = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

/** Of one kind. */
export class WatchCount {
  readonly sizes = new Histogram(sizeBounds);
  /** Events that told of objects that were there when the watch began. */
  initial = 0;

  sent(bytes: number): void {
    this.sizes.observe(bytes);
  }
}

export class WatchMetrics {
  readonly #counts = new Map<Kind, WatchCount>();

  of(kind: Kind): WatchCount {
    let count = this.#counts.get(kind);
    if (!count) {
      count = new WatchCount();
      this.#counts.set(kind, count);
    }
    return count;
  }

  metrics(): Metric[] {
    const all = () => [...this.#counts].map(([kind, count]) => ({ kind, count, labels: labelsOf(kind) }));
    return [
      {
        name: 'apiserver_watch_events_total',
        help: 'Events sent to clients that watch.',
        type: 'counter',
        samples: () => all().map(({ labels, count }) => ({ labels, value: count.sizes.count })),
      },
      {
        name: 'apiserver_watch_events_sizes',
        help: 'Bytes of the events sent to clients that watch.',
        type: 'histogram',
        samples: () =>
          all().flatMap(({ labels, count }) => [...count.sizes.samples('apiserver_watch_events_sizes', labels)]),
      },
      {
        name: 'apiserver_init_events_total',
        help: 'Events with which watches began: one for each object that was there.',
        type: 'counter',
        samples: () =>
          all().map(({ kind, count }) => ({ labels: { resource: qualified(kind) }, value: count.initial })),
      },
    ];
  }
}

const labelsOf = ({ group, version, kind }: Kind) => ({ group, version, kind });

/** As upstream names a resource in a single label: `deployments.apps`. */
export const qualified = ({ group, resource }: Kind): string => (group ? `${resource}.${group}` : resource);
