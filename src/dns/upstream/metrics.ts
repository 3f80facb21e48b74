// What is counted about servers elsewhere, under CoreDNS's names (spec/dns.md §11). One for all `forward`s of the process:
// two of them may ask the same server, and what is counted outlives a configuration.

import { Counter, Histogram, type Labels, type Metric, type Sample } from '#lib/metrics.ts';
import { rcodeName } from '../wire/index.ts';

const durationBounds = Array.from({ length: 16 }, (_, i) => 0.00025 * 2 ** i);
const duration = 'coredns_proxy_request_duration_seconds';
const ofForward = { proxy_name: 'forward' };

export class ForwardMetrics {
  readonly name = 'forward';
  readonly #durations = new Map<string, { readonly labels: Labels; readonly histogram: Histogram }>();
  readonly #hits = new Counter();
  readonly #misses = new Counter();
  readonly #failedProbes = new Counter();
  #allDown = 0;
  #rejects = 0;

  /** @param to the server's address and port. */
  answered(to: string, rcode: number, seconds: number): void {
    const key = `${rcode} ${to}`;
    let series = this.#durations.get(key);
    if (!series) {
      series = { labels: { ...ofForward, to, rcode: rcodeName(rcode) }, histogram: new Histogram(durationBounds) };
      this.#durations.set(key, series);
    }
    series.histogram.observe(seconds);
  }

  /** A question found a connection that was open already, or did not. */
  connected(to: string, proto: string, isHit: boolean): void {
    (isHit ? this.#hits : this.#misses).add({ ...ofForward, to, proto });
  }

  probeFailed(to: string): void {
    this.#failedProbes.add({ ...ofForward, to });
  }

  /** No server of a `forward` was up when a question came. */
  allDown(): void {
    this.#allDown++;
  }

  /** A question was refused because too many were under way. */
  rejected(): void {
    this.#rejects++;
  }

  metrics(): Metric[] {
    const durations = () =>
      [...this.#durations.values()].flatMap(({ labels, histogram }) => [...histogram.samples(duration, labels)]);
    const single = (value: number): Sample[] => [{ labels: {}, value }];
    const counter = (name: string, help: string, samples: () => Sample[]): Metric => {
      return { name: `coredns_${name}`, help, type: 'counter', samples };
    };
    return [
      { name: duration, help: 'Time until a server answered.', type: 'histogram', samples: durations },
      counter('proxy_healthcheck_failures_total', 'Probes of servers that failed.', () => this.#failedProbes.samples()),
      counter('proxy_conn_cache_hits_total', 'Questions that found an open connection.', () => this.#hits.samples()),
      counter('proxy_conn_cache_misses_total', 'Questions that found none.', () => this.#misses.samples()),
      counter('forward_healthcheck_broken_total', 'Questions while all servers were down.', () =>
        single(this.#allDown),
      ),
      counter('forward_max_concurrent_rejects_total', 'Questions refused as too many.', () => single(this.#rejects)),
    ];
  }
}
