// What the EndpointSlice controller counts, under upstream's names (services.md §C.10).

import { Counter, Histogram, type Metric, type Sample } from '#lib/metrics.ts';
import { isTopologyAuto } from './hints.ts';
import type { SliceCounts, SliceInput } from './plan.ts';
import type { Operation, SliceWrites } from './write.ts';

const prefix = 'endpoint_slice_controller_';
const endpointBounds = Array.from({ length: 15 }, (_, i) => 2 ** (i + 1));
const sliceBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface OfService extends SliceCounts {
  readonly trafficDistribution: string;
}

export class EndpointSliceMetrics {
  readonly #services = new Map<string, OfService>();
  readonly #changes = new Counter();
  readonly #syncs = new Counter();
  readonly #added = new Histogram(endpointBounds);
  readonly #removed = new Histogram(endpointBounds);
  /** By the two labels. Their values are few: what the API allows. */
  readonly #changed = new Map<string, { readonly labels: Record<string, string>; readonly histogram: Histogram }>();

  synced(result: 'success' | 'error' | 'stale'): void {
    this.#syncs.add({ result });
  }

  changed(operation: Operation): void {
    this.#changes.add({ operation });
  }

  planned(key: string, { service }: SliceInput, { create, update, delete: gone }: SliceWrites, counts: SliceCounts) {
    const isAuto = isTopologyAuto(service);
    const trafficDistribution = isAuto ? '' : (service.spec.trafficDistribution ?? '');
    this.#services.set(key, { ...counts, trafficDistribution });
    this.#added.observe(counts.added);
    this.#removed.observe(counts.removed);
    const labels = { topology: isAuto ? 'Auto' : 'Disabled', traffic_distribution: trafficDistribution };
    const series = this.#changed.get(JSON.stringify(labels)) ?? { labels, histogram: new Histogram(sliceBounds) };
    this.#changed.set(JSON.stringify(labels), series);
    series.histogram.observe(create.length + update.length + gone.length);
  }

  forget(key: string): void {
    this.#services.delete(key);
  }

  metrics(): Metric[] {
    const sum = (of: keyof SliceCounts) => () => [
      { labels: {}, value: [...this.#services.values()].reduce((all, each) => all + each[of], 0) },
    ];
    const histogram = (name: string, help: string, of: Histogram): Metric => {
      return metric('histogram', name, help, () => [...of.samples(prefix + name, {})]);
    };
    return [
      histogram('endpoints_added_per_sync', 'Endpoints added in each sync of a Service.', this.#added),
      histogram('endpoints_removed_per_sync', 'Endpoints removed in each sync of a Service.', this.#removed),
      metric('gauge', 'endpoints_desired', 'Endpoints that there should be.', sum('endpoints')),
      metric('gauge', 'num_endpoint_slices', 'EndpointSlices of this controller.', sum('slices')),
      metric('gauge', 'desired_endpoint_slices', 'EndpointSlices that would do, were they full.', sum('fewestSlices')),
      metric('counter', 'changes', 'EndpointSlices written, by operation.', () => this.#changes.samples()),
      metric('counter', 'syncs', 'Syncs of Services, by result.', () => this.#syncs.samples()),
      metric('histogram', 'endpointslices_changed_per_sync', 'EndpointSlices changed in each sync of a Service.', () =>
        [...this.#changed.values()].flatMap(({ labels, histogram: of }) => [
          ...of.samples(`${prefix}endpointslices_changed_per_sync`, labels),
        ]),
      ),
      metric('gauge', 'services_count_by_traffic_distribution', 'Services that set trafficDistribution.', () =>
        this.#byTrafficDistribution(),
      ),
    ];
  }

  #byTrafficDistribution(): Sample[] {
    const byValue = Map.groupBy(this.#services.values(), ({ trafficDistribution }) => trafficDistribution);
    byValue.delete('');
    return [...byValue].map(([value, of]) => ({ labels: { traffic_distribution: value }, value: of.length }));
  }
}

const metric = (type: Metric['type'], name: string, help: string, samples: () => Sample[]): Metric => ({
  name: prefix + name,
  help,
  type,
  samples,
});
