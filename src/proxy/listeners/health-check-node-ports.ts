// The health check node port of a LoadBalancer Service with externalTrafficPolicy Local: a load balancer asks each node
// whether it has endpoints of the Service, and sends nothing to those that have none (services.md D.9). A node whose last
// endpoint is ending says no while it still serves: nothing new comes, and nothing is lost.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import type { EndpointSlice, Service } from '#api/index.ts';
import type { EventRecorder } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import { serveHttp } from '#lib/http-server.ts';
import type { Logger } from '#lib/log.ts';
import type { ProxyObserver, ServiceState } from '../observer.ts';
import type { Listeners } from './listeners.ts';
import { referenceTo } from './reference.ts';

export interface HealthCheckParts {
  readonly listeners: Listeners;
  readonly recorder: Pick<EventRecorder, 'event'>;
  /** Of the proxy as a whole. */
  readonly health: { readonly isHealthy: boolean };
  readonly log: Logger;
}

export interface HealthCheckOptions {
  readonly nodeName: string;
  /** Addresses of the node at which node ports are served, or `0.0.0.0` and `::` for all of a family. */
  readonly hosts: () => Promise<readonly string[]>;
}

type Counts = Partial<Record<Family, number>>;

export class HealthCheckNodePorts implements ProxyObserver {
  readonly #parts: HealthCheckParts;
  readonly #options: HealthCheckOptions;
  /** By Service; of those alone that have such a port. */
  readonly #counts = new Map<string, Counts>();
  /** What the rules of a family will be made of next. */
  readonly #next = new Map<Family, Map<string, { readonly service: Service; readonly count: number } | undefined>>();

  constructor(parts: HealthCheckParts, options: HealthCheckOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  set(family: Family, key: string, state: ServiceState | undefined): void {
    const port = state && healthCheckNodePort(state.service);
    if (!port && !this.#counts.has(key) && !this.#next.get(family)?.has(key)) return;
    const next = this.#next.get(family) ?? new Map();
    this.#next.set(family, next);
    const count = state && port ? this.#localEndpoints(state.slices, family) : 0;
    next.set(key, state && port ? { service: state.service, count } : undefined);
  }

  written(family: Family): void {
    const next = this.#next.get(family);
    if (!next) return;
    this.#next.delete(family);
    for (const [key, state] of next) {
      if (state) this.#counts.set(key, { ...this.#counts.get(key), [family]: state.count });
      else this.#counts.delete(key);
    }
    void this.#listen([...next].map(([key, state]) => [key, state?.service]));
  }

  async #listen(services: readonly (readonly [string, Service | undefined])[]): Promise<void> {
    const { listeners, recorder, log } = this.#parts;
    const { nodeName } = this.#options;
    const hosts = await this.#options.hosts().catch((error) => {
      log.warn('cannot find the addresses of the node, health checks are served at all of them', { error });
      return ['0.0.0.0'];
    });
    for (const [key, service] of services) {
      const port = service && healthCheckNodePort(service);
      if (!port) {
        listeners.want(`healthcheck ${key}`, undefined);
        continue;
      }
      const involved = referenceTo(service);
      listeners.want(`healthcheck ${key}`, {
        hosts,
        port,
        serve: (socket, host) =>
          serveHttp(socket, (request, response) => this.#answer(key, familyOf(host), request, response)),
        failed: ({ message }) => {
          const text = `node ${nodeName} failed to start healthcheck "${key}" on port ${port}: ${message}`;
          recorder.event(involved, 'Warning', 'FailedToStartServiceHealthcheck', text);
          log.warn('cannot serve the health check of a Service', { service: key, port, error: message });
        },
      });
    }
  }

  #localEndpoints(slices: readonly EndpointSlice[], family: Family): number {
    const addresses = new Set<string>();
    for (const { addressType, endpoints } of slices) {
      if (addressType !== family) continue;
      for (const { addresses: [address] = [], conditions, nodeName } of endpoints ?? []) {
        const counts = nodeName === this.#options.nodeName && (conditions?.ready ?? true) && !conditions?.terminating;
        if (address && counts) addresses.add(address);
      }
    }
    return addresses.size;
  }

  #answer(key: string, family: Family, request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const count = this.#counts.get(key)?.[family] ?? 0;
    const isHealthy = this.#parts.health.isHealthy;
    const [namespace = '', name = ''] = key.split('/');
    const body = { service: { namespace, name }, localEndpoints: count, serviceProxyHealthy: isHealthy };
    response
      .writeHead(count > 0 && isHealthy ? 200 : 503, {
        'Content-Type': 'application/json',
        'X-Content-Type-Options': 'nosniff',
        'X-Load-Balancing-Endpoint-Weight': `${count}`,
      })
      .end(JSON.stringify(body, undefined, '\t'));
  }
}

const familyOf = (host: string): Family => (isIPv6(host) ? 'IPv6' : 'IPv4');

const healthCheckNodePort = ({ spec }: Service): number | undefined =>
  (spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && spec.healthCheckNodePort) || undefined;
