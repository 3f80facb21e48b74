// What is counted while work is done: plain numbers, so that counting costs next to nothing and needs no library until
// somebody asks for /metrics. exposition.ts turns them into text.

export type Labels = Readonly<Record<string, string>>;

/** One line of the text, without its help. */
export interface Sample {
  readonly labels: Record<string, string | number>;
  readonly value: number;
  /** When it is not the name of its metric: a histogram's `_bucket`, `_sum` and `_count`. */
  readonly metricName?: string;
}

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What several parts say together that count for themselves: `sum` when absent. */
  readonly aggregator?: 'sum' | 'max';
  readonly samples: () => Iterable<Sample> | Promise<Iterable<Sample>>;
}

/** One number without labels. */
export const single = (name: string, type: 'counter' | 'gauge', help: string, value: () => number): Metric => ({
  name,
  help,
  type,
  samples: () => [{ labels: {}, value: value() }],
});

/**
 * Metrics of one name become one, with the samples of all; of those with the same labels one is made, as the metric's
 * aggregator says. For parts that each count for themselves, also in other processes.
 */
export function aggregated(metrics: Iterable<Metric>): Metric[] {
  const byName = new Map<string, Metric[]>();
  for (const metric of metrics) byName.set(metric.name, [...(byName.get(metric.name) ?? []), metric]);
  return [...byName.values()].map((same) => {
    const [first] = same as [Metric];
    return same.length === 1 ? first : { ...first, samples: () => samplesOf(same) };
  });
}

async function samplesOf(metrics: readonly Metric[]): Promise<Sample[]> {
  const samples = new Map<string, { -readonly [Key in keyof Sample]: Sample[Key] }>();
  for (const metric of metrics) {
    for (const sample of await metric.samples()) {
      const key = JSON.stringify([sample.metricName, sample.labels]);
      const same = samples.get(key);
      if (same)
        same.value = metric.aggregator === 'max' ? Math.max(same.value, sample.value) : same.value + sample.value;
      else samples.set(key, { ...sample });
    }
  }
  return [...samples.values()];
}

/** Counts by labels. Their values must not be what others make up, so that there is a bound to the number of series. */
export class Counter {
  readonly #counts = new Map<string, { readonly labels: Labels; value: number }>();

  add(labels: Labels, by = 1): void {
    const key = JSON.stringify(labels);
    const count = this.#counts.get(key);
    if (count) count.value += by;
    else this.#counts.set(key, { labels, value: by });
  }

  samples(): Sample[] {
    return [...this.#counts.values()].map(({ labels, value }) => ({ labels: { ...labels }, value }));
  }
}

/** Observations by size, in buckets with inclusive upper bounds. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** Of each bucket alone, the last being for what is beyond all bounds. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { length } = this.#bounds;
    let at = 0;
    while (at < length && value > (this.#bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
  }

  get count(): number {
    return this.#counts.reduce((all, count) => all + count, 0);
  }

  /** @param from leaves out the buckets below, whose observations are in the next one all the same. */
  *samples(name: string, labels: Labels, from = 0): Generator<Sample> {
    let count = 0;
    for (const [at, bound] of this.#bounds.entries()) {
      count += this.#counts[at] as number;
      if (bound >= from) yield { metricName: `${name}_bucket`, labels: { ...labels, le: bound }, value: count };
    }
    count += this.#counts[this.#bounds.length] as number;
    yield { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count };
    yield { metricName: `${name}_sum`, labels: { ...labels }, value: this.#sum };
    yield { metricName: `${name}_count`, labels: { ...labels }, value: count };
  }
}
