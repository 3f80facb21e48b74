// /metrics and /healthz of a part that runs by itself.

import type { BindAddress } from '#lib/bind-address.ts';
import { exposition } from '#lib/exposition.ts';
import { answer, answerMetrics, answerNotFound, listenHttp, pathOf } from '#lib/http-server.ts';
import { listenError } from '#lib/listen-error.ts';
import type { Metric } from '#lib/metrics.ts';

/**
 * Serves until the process ends. Rejects with a UserError when the address cannot be had.
 *
 * @param metrics is asked again for each request
 */
export async function serveMetrics(at: BindAddress, metrics: () => Iterable<Metric>): Promise<void> {
  const text = exposition(metrics);
  try {
    await listenHttp(at, (request, response) => {
      switch (pathOf(request)) {
        case 'healthz':
          return answer(response, 200, 'ok');
        case 'metrics':
          return answerMetrics(response, text);
        default:
          return answerNotFound(response);
      }
    });
  } catch (cause) {
    throw await listenError('serve /metrics', 'tcp', at, cause);
  }
}
