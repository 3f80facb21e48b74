// Directive `prometheus`: /metrics, everything that the process counts, whatever the block that names the address.

import { exposition } from '#lib/exposition.ts';
import { answerMetrics } from '#lib/http-server.ts';
import type { HostPort } from '../config/settings.ts';
import { Endpoint } from './endpoint.ts';
import type { ServerStatus } from './status.ts';

export function metricsEndpoint(at: HostPort, status: Pick<ServerStatus, 'metrics'>): Endpoint {
  const text = exposition(() => status.metrics());
  return new Endpoint('prometheus', 'metrics', at, (_, response) => answerMetrics(response, text));
}
