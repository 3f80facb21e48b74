// The text of /metrics, made by prom-client of the numbers that this server keeps itself, together with the figures of the
// process that prom-client knows. Loaded with the first request for it.

import prometheus, { type Metric as PrometheusMetric } from 'prom-client';
import type { Metric } from './numbers.ts';

export function exposition(metrics: readonly Metric[]): () => Promise<{ contentType: string; text: string }> {
  const register = new prometheus.Registry();
  for (const metric of metrics) register.registerMetric(collected(metric));
  prometheus.collectDefaultMetrics({ register });
  return async () => ({ contentType: register.contentType, text: await register.metrics() });
}

/** Anything that can be asked for its values does for a registry; prom-client's own merging of registries relies on it too. */
function collected({ name, help, type, samples }: Metric): PrometheusMetric<string> {
  const get = async () => ({ name, help, type, aggregator: 'sum', values: [...(await samples())] });
  return { name, help, type, get } as unknown as PrometheusMetric<string>;
}
