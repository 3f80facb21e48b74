// The servers of the proxy itself, by which others see how it is: health for load balancers and the kubelet, metrics and
// settings for those on the node (services.md D.9).

import type { RequestListener } from 'node:http';
import type { BindAddress } from '#lib/bind-address.ts';
import { exposition } from '#lib/exposition.ts';
import { answer, answerMetrics, answerNotFound, pathOf, serveHttp } from '#lib/http-server.ts';
import type { Logger } from '#lib/log.ts';
import type { ProxyMetrics } from '../metrics/proxy-metrics.ts';
import type { ProxyHealth } from '../proxy-health.ts';
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

function healthAnswers({ health, metrics }: OwnServersParts): RequestListener {
  return (request, response) => {
    const path = pathOf(request);
    if (path !== 'healthz' && path !== 'livez') return answerNotFound(response);
    const report = health.report(path === 'healthz');
    const code = report.healthy ? 200 : 503;
    metrics.answered(path, code);
    answer(response, code, JSON.stringify(report), 'application/json');
  };
}

function metricsAnswers({ metrics, health }: OwnServersParts, config: unknown): RequestListener {
  const text = exposition(() => metrics.metrics());
  return (request, response) => {
    switch (pathOf(request)) {
      case 'metrics':
        return answerMetrics(response, text);
      case 'proxyMode':
        return answer(response, 200, 'nftables');
      case 'configz':
        return answer(response, 200, JSON.stringify({ 'kubeproxy.config.k8s.io': config }), 'application/json');
      case 'healthz':
        if (health.isHealthy) return answer(response, 200, 'ok');
        return answer(response, 503, 'service rules are not up to date\n');
      default:
        return answerNotFound(response);
    }
  };
}
