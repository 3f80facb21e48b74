// The servers of the proxy itself, by which others see how it is: health for load balancers and the kubelet, metrics and
// settings for those on the node (services.md D.9).

import type { RequestListener, ServerResponse } from 'node:http';
import type { BindAddress } from '#lib/bind-address.ts';
import type { MetricsText } from '#lib/exposition.ts';
import type { Logger } from '#lib/log.ts';
import type { ProxyMetrics } from '../metrics/proxy-metrics.ts';
import type { ProxyHealth } from '../proxy-health.ts';
import { serveHttp } from './http.ts';
import type { Listeners } from './listeners.ts';

export interface OwnServersParts {
  readonly listeners: Listeners;
  readonly health: ProxyHealth;
  readonly metrics: ProxyMetrics;
  readonly log: Logger;
}

export interface OwnServersOptions {
  /** Undefined: none. */
  readonly healthz: BindAddress | undefined;
  readonly metrics: BindAddress | undefined;
  /** What /configz shows: the proxy's settings. */
  readonly config: unknown;
}

/** Opens them, and keeps trying where an address is taken. */
export function serveOwn(parts: OwnServersParts, { healthz, metrics, config }: OwnServersOptions): void {
  if (healthz) want(parts, 'healthz', healthz, healthAnswers(parts));
  if (metrics) want(parts, 'metrics', metrics, metricsAnswers(parts, config));
}

function want({ listeners, log }: OwnServersParts, name: string, at: BindAddress, handle: RequestListener): void {
  listeners.want(`own ${name}`, {
    hosts: [at.host],
    port: at.port,
    dualStack: true,
    serve: (socket) => serveHttp(socket, handle),
    failed: ({ message }) =>
      log.error(`cannot serve ${name} of the service proxy, trying again`, {
        error: message,
        hint: `is another service proxy running on this machine? --${name}-bind-address chooses another address`,
      }),
  });
}

const noSniff = { 'X-Content-Type-Options': 'nosniff' };

function healthAnswers({ health, metrics }: OwnServersParts): RequestListener {
  return (request, response) => {
    const path = pathOf(request.url);
    if (path !== 'healthz' && path !== 'livez') return answer(response, 404, 'text/plain; charset=utf-8', notFound);
    const report = health.report(path === 'healthz');
    const code = report.healthy ? 200 : 503;
    metrics.answered(path, code);
    answer(response, code, 'application/json', JSON.stringify(report));
  };
}

function metricsAnswers({ metrics, health }: OwnServersParts, config: unknown): RequestListener {
  let text: Promise<() => Promise<MetricsText>> | undefined;
  return (request, response) => {
    switch (pathOf(request.url)) {
      case 'metrics':
        // The library is loaded for those who ask.
        text ??= import('#lib/exposition.ts').then(({ exposition }) => exposition(metrics.metrics()));
        text
          .then((make) => make())
          .then(({ contentType, text }) => answer(response, 200, contentType, text))
          .catch((error) => answer(response, 500, 'text/plain; charset=utf-8', `cannot collect metrics: ${error}\n`));
        break;
      case 'proxyMode':
        answer(response, 200, 'text/plain; charset=utf-8', 'nftables');
        break;
      case 'configz':
        answer(response, 200, 'application/json', JSON.stringify({ 'kubeproxy.config.k8s.io': config }));
        break;
      case 'healthz':
        if (health.isHealthy) answer(response, 200, 'text/plain; charset=utf-8', 'ok');
        else answer(response, 503, 'text/plain; charset=utf-8', 'service rules are not up to date\n');
        break;
      default:
        answer(response, 404, 'text/plain; charset=utf-8', notFound);
    }
  };
}

const notFound = '404 page not found\n';

const pathOf = (url = '/'): string => (url.split('?')[0] ?? '').slice(1);

function answer(response: ServerResponse, code: number, type: string, body: string): void {
  response.req.resume();
  response.writeHead(code, { 'Content-Type': type, ...noSniff }).end(body);
}
