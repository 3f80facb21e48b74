// The text of /metrics, made by prom-client of the numbers that a part keeps itself (metrics.ts), together with the figures
// of the process that prom-client knows.

import type Prometheus from 'prom-client';
import { aggregated, type Metric, type Sample } from './metrics.ts';

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** @param metrics is asked anew for every text, so that a part that starts late is in it from then on */
export function exposition(metrics: () => Iterable<Metric> | Promise<Iterable<Metric>>): () => Promise<MetricsText> {
  return async () => {
    const { Registry } = await library();
    const register = new Registry();
    const all = await Promise.all([metrics(), processMetrics()]);
    for (const metric of aggregated(all.flatMap((some) => [...some]))) register.registerMetric(collected(metric));
    return { contentType: register.contentType, text: await register.metrics() };
  };
}

/** The figures of this process; those of others of the same program can be aggregated with them. */
export async function processMetrics(): Promise<Metric[]> {
  const { ofProcess } = await library();
  const all = await ofProcess.getMetricsAsJSON();
  return (all as unknown as readonly Collected[]).map(({ name, help, type, aggregator, values }) => {
    // Of times and versions, whose sum says nothing, the highest.
    return { name, help, type, aggregator: aggregator === 'sum' ? 'sum' : 'max', samples: () => values };
  });
}

type Collected = Pick<Metric, 'name' | 'help' | 'type'> & {
  readonly aggregator: string;
  readonly values: readonly Sample[];
};

/** It takes longer to load than most parts do to start, and most are never asked: it comes with the first request. */
const library = (): ReturnType<typeof load> => {
  loaded ??= load();
  return loaded;
};
let loaded: ReturnType<typeof load> | undefined;

/** The figures of the process are measured once, however many parts of it are asked. */
async function load() {
  const { default: prometheus } = await import('prom-client');
  const ofProcess = new prometheus.Registry();
  prometheus.collectDefaultMetrics({ register: ofProcess });
  return { Registry: prometheus.Registry, ofProcess };
}

/** Anything that can be asked for its values does for a registry; prom-client's own merging of registries relies on it too. */
function collected({ name, help, type, aggregator = 'sum', samples }: Metric): Prometheus.Metric<string> {
  const get = async () => ({ name, help, type, aggregator, values: [...(await samples())] });
  return { name, help, type, get } as unknown as Prometheus.Metric<string>;
}
