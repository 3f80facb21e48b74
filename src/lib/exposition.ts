// The text of /metrics, made by prom-client of the numbers that a part keeps itself (metrics.ts), together with the figures
// of the process that prom-client knows. Loaded with the first request for it.

import prometheus, { type Metric as PrometheusMetric } from 'prom-client';
import type { Metric } from './metrics.ts';

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** The figures of the process, which are measured once however many parts of it are asked. */
let ofProcess: prometheus.Registry | undefined;

/** @param metrics is gone through for every text, so that a part that starts late is in it from then on */
export function exposition(metrics: Iterable<Metric>): () => Promise<MetricsText> {
  ofProcess ??= processFigures();
  const process = ofProcess;
  return async () => {
    const register = new prometheus.Registry();
    for (const metric of metrics) register.registerMetric(collected(metric));
    const texts = await Promise.all([register, process].map((each) => each.metrics()));
    return { contentType: register.contentType, text: texts.join('\n') };
  };
}

function processFigures(): prometheus.Registry {
  const register = new prometheus.Registry();
  prometheus.collectDefaultMetrics({ register });
  return register;
}

/** Anything that can be asked for its values does for a registry; prom-client's own merging of registries relies on it too. */
function collected({ name, help, type, samples }: Metric): PrometheusMetric<string> {
  const get = async () => ({ name, help, type, aggregator: 'sum', values: [...(await samples())] });
  return { name, help, type, get } as unknown as PrometheusMetric<string>;
}
