// What the proxy counts, under the names, labels and buckets of kube-proxy in nftables mode (services.md D.10).

import type { EndpointSlice, Service } from '#api/index.ts';
import type { Change } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { Histogram, type Metric, type Sample, single } from '#lib/metrics.ts';
import type { ProxyObserver, ServiceState, Written } from '../observer.ts';
import { NoLocalEndpoints } from './no-local-endpoints.ts';
import { ProgrammingLatency } from './programming-latency.ts';

const range = (from: number, step: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * step);
/** 1 ms to 16 s. */
const syncBounds = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);
const programmingBounds = [0, 0.25, 0.5, ...range(1, 1, 59), ...range(60, 5, 12), ...range(120, 30, 7)];

class FamilyNumbers {
  readonly syncs = new Histogram(syncBounds);
  readonly fullSyncs = new Histogram(syncBounds);
  readonly partialSyncs = new Histogram(syncBounds);
  readonly programming = new Histogram(programmingBounds);
  readonly conntrackCleanups = new Histogram(syncBounds);
  readonly latency: ProgrammingLatency;
  readonly noLocalEndpoints = new NoLocalEndpoints();
  /** Seconds since 1970. */
  lastSync = 0;
  lastQueued = 0;
  syncFailures = 0;
  deletedFlows = 0;
  /** Changes that are in the rules, and that are in the rules being written, of all that came. */
  readonly shown = { services: 0, endpoints: 0 };
  readonly inWork = { services: 0, endpoints: 0 };

  constructor(start: number) {
    this.latency = new ProgrammingLatency(start);
  }
}

export class ProxyMetrics implements ProxyObserver {
  readonly #clock: Clock;
  readonly #families: ReadonlyMap<Family, FamilyNumbers>;
  readonly #changes = { services: 0, endpoints: 0 };
  readonly #answers = { healthz: new Map<number, number>(), livez: new Map<number, number>() };

  constructor(families: readonly Family[], clock: Clock = systemClock) {
    this.#clock = clock;
    const start = clock.now().getTime();
    this.#families = new Map(families.map((family) => [family, new FamilyNumbers(start)]));
  }

  serviceChanged(_: Change<Service>): void {
    this.#changes.services++;
    for (const numbers of this.#families.values()) numbers.lastQueued = this.#now() / 1000;
  }

  sliceChanged(change: Change<EndpointSlice>): void {
    this.#changes.endpoints++;
    const numbers = this.#families.get(change.object.addressType as Family);
    if (!numbers) return;
    numbers.lastQueued = this.#now() / 1000;
    numbers.latency.changed(change);
  }

  begin(family: Family): void {
    const numbers = this.#families.get(family);
    if (!numbers) return;
    Object.assign(numbers.inWork, this.#changes);
    numbers.latency.begin();
  }

  set(family: Family, key: string, state: ServiceState | undefined): void {
    this.#families.get(family)?.noLocalEndpoints.set(key, state?.wants);
  }

  written(family: Family, { seconds, full }: Pick<Written, 'seconds' | 'full'>): void {
    const numbers = this.#families.get(family);
    if (!numbers) return;
    numbers.syncs.observe(seconds);
    (full ? numbers.fullSyncs : numbers.partialSyncs).observe(seconds);
    numbers.lastSync = this.#now() / 1000;
    Object.assign(numbers.shown, numbers.inWork);
    for (const each of numbers.latency.written(this.#now())) numbers.programming.observe(each);
  }

  failed(family: Family): void {
    const numbers = this.#families.get(family);
    if (numbers) numbers.syncFailures++;
  }

  flowsCleaned(family: Family, seconds: number, deleted: number): void {
    const numbers = this.#families.get(family);
    if (!numbers) return;
    numbers.conntrackCleanups.observe(seconds);
    numbers.deletedFlows += deleted;
  }

  answered(path: 'healthz' | 'livez', code: number): void {
    const answers = this.#answers[path];
    answers.set(code, (answers.get(code) ?? 0) + 1);
  }

  metrics(): Metric[] {
    return [
      this.#histogram(
        'sync_proxy_rules_duration_seconds',
        'Seconds that a write of the rules took.',
        ({ syncs }) => syncs,
      ),
      this.#histogram(
        'sync_full_proxy_rules_duration_seconds',
        'Seconds that a write of all rules took.',
        ({ fullSyncs }) => fullSyncs,
      ),
      this.#histogram(
        'sync_partial_proxy_rules_duration_seconds',
        'Seconds that a write of what changed took.',
        ({ partialSyncs }) => partialSyncs,
      ),
      this.#histogram(
        'network_programming_duration_seconds',
        'Seconds from a change of a pod or Service to the rules that show it.',
        ({ programming }) => programming,
      ),
      this.#histogram(
        'conntrack_reconciler_sync_duration_seconds',
        'Seconds that a clean-up of UDP flows took.',
        ({ conntrackCleanups }) => conntrackCleanups,
      ),
      this.#perFamily(
        'conntrack_reconciler_deleted_entries_total',
        'counter',
        'UDP flows ended because they went the wrong way.',
        ({ deletedFlows }) => deletedFlows,
      ),
      this.#perFamily(
        'sync_proxy_rules_last_timestamp_seconds',
        'gauge',
        'When the rules were last written.',
        ({ lastSync }) => lastSync,
      ),
      this.#perFamily(
        'sync_proxy_rules_last_queued_timestamp_seconds',
        'gauge',
        'When the last change came.',
        ({ lastQueued }) => lastQueued,
      ),
      this.#perFamily(
        'sync_proxy_rules_nftables_sync_failures_total',
        'counter',
        'Writes of the rules that failed.',
        ({ syncFailures }) => syncFailures,
      ),
      this.#perFamily(
        'sync_proxy_rules_nftables_cleanup_failures_total',
        'counter',
        'Always 0: chains out of use go with the next write, which fails or works as a whole.',
        () => 0,
      ),
      {
        name: 'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
        help: 'Services with a Local traffic policy that have endpoints, but none on this node.',
        type: 'gauge',
        samples: () =>
          [...this.#families].flatMap(([ip_family, { noLocalEndpoints }]) =>
            (['internal', 'external'] as const).map((traffic_policy) => ({
              labels: { ip_family, traffic_policy },
              value: noLocalEndpoints.count(traffic_policy),
            })),
          ),
      },
      ...this.#changeCounts('service', 'services'),
      ...this.#changeCounts('endpoint', 'endpoints'),
      this.#answerCounts('healthz'),
      this.#answerCounts('livez'),
    ];
  }

  #histogram(name: string, help: string, of: (numbers: FamilyNumbers) => Histogram): Metric {
    const full = `kubeproxy_${name}`;
    const samples = (): Sample[] =>
      [...this.#families].flatMap(([ip_family, numbers]) => [...of(numbers).samples(full, { ip_family })]);
    return { name: full, help, type: 'histogram', samples };
  }

  #perFamily(name: string, type: 'counter' | 'gauge', help: string, of: (numbers: FamilyNumbers) => number): Metric {
    const samples = (): Sample[] =>
      [...this.#families].map(([ip_family, numbers]) => ({ labels: { ip_family }, value: of(numbers) }));
    return { name: `kubeproxy_${name}`, help, type, samples };
  }

  #changeCounts(what: 'service' | 'endpoint', of: 'services' | 'endpoints'): Metric[] {
    const name = `kubeproxy_sync_proxy_rules_${what}_changes`;
    const total = () => this.#changes[of];
    const shown = () => Math.min(...[...this.#families.values()].map((numbers) => numbers.shown[of]));
    return [
      single(`${name}_pending`, 'gauge', `Changes of ${of} that the rules do not show yet.`, () => total() - shown()),
      single(`${name}_total`, 'counter', `Changes of ${of} that came.`, total),
    ];
  }

  #answerCounts(path: 'healthz' | 'livez'): Metric {
    return {
      name: `kubeproxy_proxy_${path}_total`,
      help: `Answers to /${path}, by HTTP status.`,
      type: 'counter',
      samples: () => [...this.#answers[path]].map(([code, value]) => ({ labels: { code: `${code}` }, value })),
    };
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}
