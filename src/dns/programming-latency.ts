// How long it takes from a change of a pod or Service to answers that show it: from the annotation that the endpoints'
// controller writes, one observation for each changed slice (spec/dns.md §4, §11; DNS programming latency SLI).

import { type EndpointSlice, triggerTimeAnnotation } from '#api/index.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { Histogram, type Metric } from '#lib/metrics.ts';

const name = 'coredns_kubernetes_dns_programming_duration_seconds';
const secondBounds = Array.from({ length: 20 }, (_, i) => 0.001 * 2 ** i);

/** Only slices of Services with a selector have the annotation. */
const kinds = ['cluster_ip', 'headless_with_selector'] as const;

export class ProgrammingLatency {
  readonly #clock: Clock;
  readonly #seconds = kinds.map(() => new Histogram(secondBounds));

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** A watch told of the slice, and from now on answers show it. */
  shown({ metadata }: EndpointSlice, isHeadless: boolean): void {
    const triggeredAt = Date.parse(metadata.annotations?.[triggerTimeAnnotation] ?? '');
    if (Number.isNaN(triggeredAt)) return;
    // Another machine's clock may be ahead of ours.
    const ms = Math.max(0, this.#clock.now().getTime() - triggeredAt);
    this.#seconds[isHeadless ? 1 : 0]?.observe(ms / 1000);
  }

  metrics(): Metric[] {
    const samples = () =>
      kinds.flatMap((service_kind, i) => {
        const histogram = this.#seconds[i] as Histogram;
        return histogram.count > 0 ? [...histogram.samples(name, { service_kind })] : [];
      });
    return [{ name, help: 'Seconds from a change of endpoints to answers that show it.', type: 'histogram', samples }];
  }
}
