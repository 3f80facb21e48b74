// The text of /metrics, made by prom-client of the numbers that a part keeps itself (metrics.ts), together with the figures
// of the process that prom-client knows.

import type Prometheus from 'prom-client';
import type { Metric } from './metrics.ts';

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** @param metrics is asked anew for every text, so that a part that starts late is in it from then on */
export function exposition(metrics: () => Iterable<Metric>): () => Promise<MetricsText> {
  return async () => {
    library ??= load();
    const { Registry, ofProcess } = await library;
    const register = new Registry();
    for (const metric of metrics()) register.registerMetric(collected(metric));
    const texts = await Promise.all([register, ofProcess].map((each) => each.metrics()));
    return { contentType: register.contentType, text: texts.join('\n') };
  };
}

/** It takes longer to load than most parts do to start, and most are never asked: it comes with the first request. */
let library: ReturnType<typeof load> | undefined;

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
