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

export function exposition(metrics: readonly Metric[]): () => Promise<MetricsText> {
  const register = new prometheus.Registry();
  for (const metric of metrics) register.registerMetric(collected(metric));
  if (!ofProcess) {
    ofProcess = new prometheus.Registry();
    prometheus.collectDefaultMetrics({ register: ofProcess });
  }
  const registers = [register, ofProcess];
  return async () => {
    const texts = await Promise.all(registers.map((each) => each.metrics()));
    return { contentType: register.contentType, text: texts.join('\n') };
  };
}

/** Anything that can be asked for its values does for a registry; prom-client's own merging of registries relies on it too. */
function collected({ name, help, type, samples }: Metric): PrometheusMetric<string> {
  const get = async () => ({ name, help, type, aggregator: 'sum', values: [...(await samples())] });
  return { name, help, type, get } as unknown as PrometheusMetric<string>;
}
